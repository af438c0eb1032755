//! SPDX 2.2 and 2.3, as JSON and as lines of tags and values.
//!
//! SPDX is an inventory. The only thing that it says of flaws is which published advisories may concern a package (`SECURITY
//! advisory` references): each is a finding, medium, because SPDX gives no severity. Everything else of it is no finding,
//! and a note of the report says that nobody looked for vulnerabilities; nothing is closed.

mod json;
mod tags;

pub(crate) use json::FORMAT as JSON;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::component::ComponentRecord;
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::{Severity, Timestamp};
pub(crate) use tags::FORMAT as TAGS;

use crate::json::records::Beginning;
use crate::options::ReadOptions;
use crate::package::{canonical, draft, generic, package_location, package_title, subject};
use crate::report::ReportHeader;
use crate::weakness::{cves_in, push_new};

const SCANNER: &str = "spdx";

/// A package with what is said of its safety.
#[derive(Default)]
struct Package {
    name: String,
    version: String,
    purl: Option<String>,
    /// What a reference of the kind `advisory` leads to.
    advisories: Vec<String>,
    cpe: Option<String>,
    /// As somebody concluded, else as the package declares.
    concluded: Option<String>,
    declared: Option<String>,
    /// `LIBRARY`, `OPERATING-SYSTEM`.
    purpose: Option<String>,
    /// It is what the document describes, not a part of it.
    is_subject: bool,
}

impl Package {
    /// Takes a reference: its category, kind and locator.
    fn refer(&mut self, category: &str, kind: &str, locator: &str) {
        match (category.replace('_', "-").as_str(), kind) {
            ("PACKAGE-MANAGER", "purl") => self.purl = canonical(locator),
            ("SECURITY", "cpe23Type" | "cpe22Type") => self.cpe = Some(locator.to_owned()),
            ("SECURITY", "advisory") => push_new(&mut self.advisories, locator.to_owned()),
            _ => {}
        }
    }

    /// What an inventory says of it.
    fn part(&self) -> Result<ComponentRecord, String> {
        if self.name.is_empty() {
            return Err("it has no name".to_owned());
        }
        let told = |license: &&String| !matches!(license.as_str(), "" | "NOASSERTION" | "NONE");
        let license = self.concluded.as_ref().filter(told).or(self.declared.as_ref().filter(told));
        let purpose = self.purpose.as_deref().unwrap_or("library").to_ascii_lowercase().replace('_', "-");
        Ok(ComponentRecord {
            name: self.name.clone(),
            version: Some(self.version.clone()).filter(|version| !version.is_empty()),
            kind: purpose.parse().unwrap_or_default(),
            purl: self.purl.clone(),
            cpe: self.cpe.clone(),
            licenses: license.into_iter().cloned().collect(),
            ..ComponentRecord::default()
        })
    }

    fn findings(&self, asset: &AssetRecord) -> Result<Vec<FindingRecord>, String> {
        self.advisories.iter().map(|advisory| self.finding(advisory, asset)).collect()
    }

    fn finding(&self, advisory: &str, asset: &AssetRecord) -> Result<FindingRecord, String> {
        let purl = self.purl.clone().or_else(|| generic(&self.name, &self.version));
        let location = package_location(purl.ok_or("its package has no name")?, None);
        let mut cves = vec![];
        cves_in(advisory, &mut cves);
        let rule = cves.first().map_or(advisory, String::as_str);
        let mut finding = draft(SCANNER, rule, Severity::Medium, asset, location);
        finding.title = package_title(&self.name, &self.version, None, rule);
        finding.family = Some("advisory".to_owned());
        finding.description = Some(format!("The document refers to this advisory for {}.", self.name));
        finding.references = vec![advisory.to_owned()];
        Ok(finding)
    }
}

/// Of what the document describes, as Syft calls it.
fn is_root(id: &str) -> bool {
    id.starts_with("SPDXRef-DocumentRoot-")
}

fn beginning(
    name: Option<&str>,
    created: Option<&str>,
    packages: u64,
    options: &ReadOptions,
) -> (AssetRecord, Beginning) {
    let asset = subject::repository(name.filter(|name| !name.contains(['/', '\\']) && *name != "."), options);
    let note = format!("it is an inventory of {packages} packages: only the advisories that it names are findings");
    let header = ReportHeader {
        scanner: SCANNER.to_owned(),
        scan_name: name.map(str::to_owned),
        finished_at: created.and_then(Timestamp::parse),
        note: Some(note),
        ..ReportHeader::default()
    };
    let mut beginning = Beginning { header, ..Beginning::default() };
    beginning.cover(asset.clone());
    (asset, beginning)
}
