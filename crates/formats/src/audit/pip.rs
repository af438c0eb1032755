//! `pip-audit -f json`; its first versions wrote the bare list of dependencies.
//!
//! pip-audit gives no severity: every finding is medium. A dependency with a `skip_reason` was not audited, which ends
//! well and looks clean: it is a problem of the report, and a report of nothing else is blind.

use scanhelm_core::Severity;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{draft, field, lines, package_location, package_title, purl, subject, upgrade};
use crate::sample::Sample;
use crate::weakness::cves_in;

pub(crate) const FORMAT: Format =
    Format { id: "pip-audit", name: "pip-audit JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "pip-audit";

fn recognises(sample: &Sample) -> bool {
    let list = sample.has_json("[].name") && (sample.has_json("[].vulns") || sample.has_json("[].skip_reason"));
    (sample.has_json("dependencies") && sample.has_json("fixes")) || sample.has_json("dependencies[].vulns") || list
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, Pip { asset: subject::repository(None, options) }, &options.limits)
}

struct Pip {
    asset: AssetRecord,
}

impl Layout for Pip {
    fn step(&self, path: &str) -> Step {
        match path.strip_prefix("dependencies").unwrap_or(path) {
            "" | "[]" | "[].vulns" => Step::Enter,
            "[].vulns[]" => Step::Record,
            "[].name" | "[].version" | "[].skip_reason" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let mut beginning = super::beginning(SCANNER, None, &self.asset);
        let dependencies = || sections.at("dependencies[]").chain(sections.at("[]"));
        let skipped: Vec<&str> = dependencies().filter_map(|dependency| dependency.text("skip_reason")).collect();
        skipped.iter().for_each(|reason| beginning.problems.add(reason));
        beginning.blind = !skipped.is_empty() && skipped.len() == dependencies().count();
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let entry = record.value()?;
        let rule = field::needed(&entry, "id")?;
        let name = record.around.text("name").ok_or("its dependency has no `name`")?;
        let version = record.around.text("version").unwrap_or_default();
        let purl = purl("pypi", None, name, version).ok_or("it names no package")?;
        let mut finding = draft(SCANNER, rule, Severity::Medium, &self.asset, package_location(purl, None));
        let aliases = field::texts(&entry, "aliases");
        cves_in(&aliases.join(" "), &mut finding.cves);
        finding.title = package_title(name, version, None, rule);
        finding.description = field::text(&entry, "description").map(str::to_owned);
        finding.solution = upgrade(name, &field::texts(&entry, "fix_versions"));
        finding.evidence = lines(&[("Aliases", Some(&aliases.join(", "))), ("Installed version", Some(version))]);
        Ok(vec![finding])
    }
}
