//! Retire.js (`--outputformat json`); its first versions wrote the bare list of files.
//!
//! Retire.js names a vulnerability by whatever is known: a GHSA, CVEs, its own number, a bug. The first of these that is
//! there is the rule. Where it gives no severity, the finding is medium.

use scanhelm_core::Severity;
use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{draft, field, lines, package_location, package_title, purl, severity_or_reason, subject};
use crate::sample::Sample;
use crate::source_tree::{CommonFolder, SourceTree};
use crate::weakness::{cves_in, cwes_in};

pub(crate) const FORMAT: Format =
    Format { id: "retire", name: "Retire.js JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "retire";

fn recognises(sample: &Sample) -> bool {
    let list = sample.has_json("[].file") && sample.has_json("[].results[].component");
    let empty = sample.has_json("data") && sample.has_json("messages") && sample.has_json("errors");
    sample.has_json("data[].file") && sample.has_json("data[].results") || empty || list
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let tree = SourceTree::new(None, [], None);
    let report = Retire { options: options.clone(), asset: subject::repository(None, options), tree };
    records::reader(input.content, report, &options.limits)
}

struct Retire {
    options: ReadOptions,
    asset: AssetRecord,
    tree: SourceTree,
}

impl Layout for Retire {
    fn step(&self, path: &str) -> Step {
        match path.strip_prefix("data").unwrap_or(path) {
            "" | "[]" | "[].results" | "[].results[]" | "[].results[].vulnerabilities" => Step::Enter,
            "[].results[].vulnerabilities[]" => Step::Record,
            "[].file" | "[].results[].component" | "[].results[].npmname" | "[].results[].version" => Step::Keep,
            "version" | "start" | "errors" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        let mut beginning = super::beginning(SCANNER, document.text("version").map(str::to_owned), &self.asset);
        beginning.header.started_at = document.text("start").and_then(Timestamp::parse);
        let files = || sections.at("data[]").chain(sections.at("[]")).filter_map(|file| file.text("file"));
        let mut folder = CommonFolder::default();
        files().for_each(|file| folder.add(file));
        self.tree = SourceTree::new(self.options.source_root.as_deref(), [], folder.path());
        for error in document.fact("errors").and_then(Value::as_array).into_iter().flatten() {
            beginning.problems.add(error.as_str().unwrap_or(&error.to_string()));
        }
        beginning.blind = !beginning.problems.is_empty() && files().next().is_none();
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let around = &record.around;
        let name = around.text("npmname").or(around.text("component")).ok_or("its result names no `component`")?;
        let version = around.text("version").unwrap_or_default();
        let mut cves = vec![];
        cves_in(&field::texts(&entry, "identifiers.CVE").join(" "), &mut cves);
        cves.sort_unstable();
        let links = field::texts(&entry, "info");
        let rule = rule(&entry, &cves).or_else(|| links.first().cloned()).ok_or("nothing identifies it")?;
        let (severity, word) = match field::text(&entry, "severity") {
            Some(word) => (severity_or_reason(word, "Retire.js")?, Some(word.to_owned())),
            None => (Severity::Medium, None),
        };
        let purl = purl("npm", None, name, version).ok_or("it names no package")?;
        let path = around.text("file").map(|file| self.tree.relative(file));
        let location = package_location(purl, path.as_deref());
        let mut finding = draft(SCANNER, &rule, severity, &self.asset, location);
        finding.cves = cves;
        cwes_in(&field::texts(&entry, "cwe").join(" "), &mut finding.cwes);
        finding.title = package_title(name, version, field::text(&entry, "identifiers.summary"), &rule);
        finding.vendor_severity = word;
        finding.solution = field::text(&entry, "below").map(|below| format!("Upgrade {name} to {below} or later"));
        finding.evidence = lines(&[
            ("Affected from", field::text(&entry, "atOrAbove")),
            ("Affected below", field::text(&entry, "below")),
            ("Installed version", Some(version)),
        ]);
        finding.references = links;
        Ok(vec![finding])
    }
}

fn rule(entry: &Value, cves: &[String]) -> Option<String> {
    let of = |name: &str| field::words(entry, &format!("identifiers.{name}"));
    let numbered = |name: &str| Some(format!("{name}:{}", of(name)?));
    of("githubID")
        .or_else(|| (!cves.is_empty()).then(|| cves.join(",")))
        .or_else(|| ["retid", "osvdb", "bug", "issue", "PR"].into_iter().find_map(numbered))
}
