//! What a document says that its subject is made of: CycloneDX and SPDX. The same readers find the flaws in it.

use std::collections::BTreeMap;
use std::io::Read;

use scanhelm_core::component::{ComponentRecord, united};

use crate::error::ReadError;
use crate::input::Input;
use crate::options::ReadOptions;
use crate::own;
use crate::registry;
use crate::report::{Report, ReportItem};

/// Their readers have an [`Inventory`].
const INVENTORIES: [&str; 4] = ["cyclonedx", "cyclonedx-xml", "spdx", "spdx-tag-value"];

/// The components that a reader has met.
#[derive(Debug, Default)]
pub(crate) struct Inventory {
    components: Vec<ComponentRecord>,
    met: u64,
    /// Why not all of them could be taken.
    fault: Option<String>,
}

impl Inventory {
    pub(crate) fn add(&mut self, component: Result<ComponentRecord, String>) {
        self.met += 1;
        match component {
            Ok(component) => self.components.push(component),
            Err(reason) => {
                self.fault.get_or_insert_with(|| format!("component {} cannot be taken: {reason}", self.met));
            }
        }
    }
}

/// The components of a document that is an inventory, each once; `None` for a report that is none.
///
/// # Errors
/// When the document cannot be read, is cut short, or has a component that cannot be taken: half a list would say that the
/// rest is gone.
pub fn components(
    input: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<Option<Vec<ComponentRecord>>, ReadError> {
    let input = Input::open(input, &options.limits)?;
    let format = registry::recognise(&input.sample, options)?;
    if !INVENTORIES.contains(&format.id) {
        return Ok(None);
    }
    let mut report = Report::new(format, (format.open)(input, options)?);
    let mut whole = false;
    for item in &mut report {
        whole |= matches!(item?, ReportItem::Footer { .. });
    }
    let Some(inventory) = report.inventory().map(std::mem::take) else { return Ok(None) };
    match inventory.fault {
        Some(detail) => Err(ReadError::Malformed { position: 0, detail }),
        None if !whole => Err(ReadError::Truncated { position: 0, detail: "the document has no end".to_owned() }),
        None => Ok(Some(united(inventory.components))),
    }
}

/// What each scanner of a run of `scanhelm scan` lists, as the run was sent to a hub.
///
/// # Errors
/// As of [`components`].
pub fn components_of_run(
    input: Box<dyn Read + Send>,
    options: &ReadOptions,
) -> Result<BTreeMap<String, Vec<ComponentRecord>>, ReadError> {
    let input = Input::open(input, &options.limits)?;
    let format = registry::recognise(&input.sample, options)?;
    if format.id == own::JSON.id { own::listed_by_scanner(input, options) } else { Ok(BTreeMap::new()) }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn read(document: &str) -> Result<Option<Vec<ComponentRecord>>, ReadError> {
        components(Box::new(std::io::Cursor::new(document.to_owned())), &ReadOptions::default())
    }

    fn told(document: &str) -> Value {
        serde_json::to_value(read(document).unwrap().unwrap()).unwrap()
    }

    const XML: &str = r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.5"><components>
        <component type="library"><group>@babel</group><name>core</name><version>7.0.0</version>
        <licenses><license><id>MIT</id></license></licenses><purl>pkg:npm/%40babel/core@7.0.0?x=y</purl></component>
        </components></bom>"#;

    #[test]
    fn cyclonedx_tells_what_its_subject_is_made_of() {
        let component = json!({
            "type": "library", "group": "@babel", "name": "core", "version": "7.0.0",
            "purl": "pkg:npm/%40babel/core@7.0.0?x=y", "licenses": [{"license": {"id": "MIT"}}],
        });
        let within = json!({
            "type": "file", "name": "a.js", "licenses": [{"expression": "MIT OR ISC"}],
            "evidence": {"occurrences": [{"location": "b/a.js"}]},
        });
        let mut outer = component.clone();
        outer["components"] = json!([within]);
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5",
            "metadata": {"component": {"type": "application", "name": "shop"}}, "components": [outer, component],
        });
        let core = json!({
            "name": "core", "group": "@babel", "version": "7.0.0", "kind": "library",
            "purl": "pkg:npm/%40babel/core@7.0.0", "licenses": ["MIT"],
        });
        let file = json!({"name": "a.js", "kind": "file", "licenses": ["MIT OR ISC"], "locations": ["b/a.js"]});
        assert_eq!(told(&document.to_string()), json!([file, core]));
        assert_eq!(told(XML), json!([core]));
    }

    #[test]
    fn spdx_tells_it_too_and_leaves_out_what_it_describes() {
        let purl = |category: &str| json!({"referenceCategory": category, "referenceType": "purl", "referenceLocator": "pkg:npm/ini@1"});
        let document = json!({
            "spdxVersion": "SPDX-2.3", "SPDXID": "SPDXRef-DOCUMENT", "name": "shop", "documentDescribes": ["SPDXRef-shop"],
            "packages": [
                {"SPDXID": "SPDXRef-shop", "name": "shop"},
                {"SPDXID": "SPDXRef-ini", "name": "ini", "versionInfo": "1", "licenseConcluded": "NOASSERTION",
                    "licenseDeclared": "ISC", "externalRefs": [purl("PACKAGE-MANAGER")]},
            ],
        });
        let ini =
            json!([{"name": "ini", "version": "1", "kind": "library", "purl": "pkg:npm/ini@1", "licenses": ["ISC"]}]);
        assert_eq!(told(&document.to_string()), ini);
        let lines = "SPDXVersion: SPDX-2.3\nDocumentName: shop\nPackageName: shop\nSPDXID: SPDXRef-DocumentRoot-shop\n\
                     PackageName: ini\nSPDXID: SPDXRef-ini\nPackageVersion: 1\nPackageLicenseConcluded: ISC\n\
                     ExternalRef: PACKAGE-MANAGER purl pkg:npm/ini@1\n";
        assert_eq!(told(lines), ini);
    }

    #[test]
    fn half_a_list_is_none() {
        let document = json!({
            "bomFormat": "CycloneDX", "specVersion": "1.5", "components": [{"name": "a"}, {"version": "1"}],
        });
        let refused = read(&document.to_string()).unwrap_err().to_string();
        assert!(refused.contains("component 2 cannot be taken: it has no `name`"), "{refused}");
        assert!(matches!(read(XML.trim_end_matches("</bom>")), Err(ReadError::Truncated { .. })));
        assert!(read(r#"{"version": "2.1.0", "runs": []}"#).unwrap().is_none());
    }
}
