//! Trivy's JSON (`--format json`): an image, a folder, a repository or a cluster; today's document, the bare list of
//! results that its first versions wrote, and the reports that its operator keeps in a cluster.
//!
//! Decisions a reader of findings should know:
//! - **Nothing is closed.** The report does not say which of its scanners ran, nor which severities and exceptions were
//!   asked for; a scan for secrets alone looks like a clean one. `complete` is therefore never true.
//! - **Misconfigurations** count when they failed. They are known by check and resource, in plain files by the lines.
//!   Trivy has spelled its checks `KSV014`, `AVD-KSV-0014` and `KSV-0014`; here all are `KSV-0014`.
//! - **Licences** are findings of the family `license`, with the severity that Trivy gives to their category.
//! - **Not affected** (VEX) leaves a vulnerability out; those that Trivy itself set aside (`ExperimentalModifiedFindings`)
//!   are not read.
//! - **In a cluster** the asset is the workload, under the roll-out's owner.

mod operator;
mod record;

pub(crate) use operator::FORMAT as OPERATOR;
use scanhelm_core::Timestamp;
use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::FindingRecord;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::input::Input;
use crate::json::records::{self, Around, Beginning, Layout, Record, Sections, Step};
use crate::options::ReadOptions;
use crate::package::{field, subject, workload};
use crate::report::ReportHeader;
use crate::sample::Sample;
use crate::sarif::repository_name;

pub(crate) const FORMAT: Format =
    Format { id: "trivy", name: "Trivy JSON", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "trivy";

/// Where results stand: in the first versions, today, and in the reports on a cluster.
const RESULTS: [&str; 6] = [
    "[]",
    "Results[]",
    "Resources[].Results[]",
    "Findings[].Results[]",
    "Vulnerabilities[].Results[]",
    "Misconfigurations[].Results[]",
];
/// Lists of workloads in the reports on a cluster.
const GROUPS: [&str; 4] = ["Resources", "Findings", "Vulnerabilities", "Misconfigurations"];

fn recognises(sample: &Sample) -> bool {
    let cluster = sample.has_json("ClusterName")
        && (sample.json_keys().any(|key| matches!(key, "Resources" | "Findings"))
            || sample.has_json("Vulnerabilities[].Results")
            || sample.has_json("Misconfigurations[].Results"));
    let document = sample.has_json("SchemaVersion") && sample.has_json("ArtifactName");
    let list = sample.has_json("[].Target") && (sample.has_json("[].Vulnerabilities") || sample.has_json("[].Type"));
    document || cluster || list
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    let report = Trivy { options: options.clone(), asset: subject::repository(None, options) };
    records::reader(input.content, report, &options.limits)
}

struct Trivy {
    options: ReadOptions,
    asset: AssetRecord,
}

impl Trivy {
    fn asset(&self, sections: &Sections) -> AssetRecord {
        let document = sections.first();
        let metadata = sections.at("Metadata").next();
        let in_metadata = |name| metadata.as_ref().and_then(|metadata| metadata.fact(name));
        match document.text("ArtifactType") {
            Some("container_image") => {
                let tagged = in_metadata("RepoTags").and_then(|tags| tags.get(0)).and_then(Value::as_str);
                let reference = in_metadata("Reference").and_then(Value::as_str);
                subject::image(
                    tagged.or(reference).or(document.text("ArtifactName")).unwrap_or_default(),
                    &self.options,
                )
            }
            _ => {
                let address = in_metadata("RepoURL").and_then(Value::as_str).filter(|address| !address.is_empty());
                let address = address.or(document.text("ArtifactName").filter(|name| name.contains("://")));
                subject::repository(address.and_then(repository_name).as_deref(), &self.options)
            }
        }
    }

    /// The workload that results in a cluster belong to.
    fn workload(&self, around: &Around<'_>) -> Option<AssetRecord> {
        let (kind, name) = (around.text("Kind")?, around.text("Name")?);
        let cluster = self.options.repository.as_deref().or(around.text("ClusterName"));
        Some(workload(cluster, around.text("Namespace"), kind, name))
    }
}

impl Layout for Trivy {
    fn step(&self, path: &str) -> Step {
        if let Some(member) = RESULTS.iter().find_map(|results| path.strip_prefix(results)) {
            return match member {
                "" | ".Vulnerabilities" | ".Misconfigurations" | ".Secrets" | ".Licenses" => Step::Enter,
                ".Vulnerabilities[]" | ".Misconfigurations[]" | ".Secrets[]" | ".Licenses[]" => Step::Record,
                ".Target" | ".Class" | ".Type" => Step::Keep,
                _ => Step::Skip,
            };
        }
        match path {
            "ArtifactName" | "ArtifactType" | "CreatedAt" | "Trivy" | "ClusterName" | "Metadata.RepoTags"
            | "Metadata.Reference" | "Metadata.RepoURL" | "Metadata.OS" => Step::Keep,
            "" | "Metadata" | "Results" => Step::Enter,
            _ => match GROUPS.iter().find_map(|group| path.strip_prefix(group)) {
                Some("" | "[]" | "[].Results") => Step::Enter,
                Some("[].Namespace" | "[].Kind" | "[].Name") => Step::Keep,
                _ => Step::Skip,
            },
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let document = sections.first();
        self.asset = self.asset(sections);
        let mut beginning = Beginning {
            header: ReportHeader {
                scanner: SCANNER.to_owned(),
                scanner_version: document.fact("Trivy").and_then(|tool| field::words(tool, "Version")),
                scan_name: document.text("ArtifactName").or(document.text("ClusterName")).map(str::to_owned),
                finished_at: document.text("CreatedAt").and_then(Timestamp::parse),
                ..ReportHeader::default()
            },
            ..Beginning::default()
        };
        let cluster = document.fact("ClusterName").is_some();
        for group in GROUPS.into_iter().filter(|_| cluster) {
            let path = format!("{group}[]");
            let workloads = sections.at(&path).filter_map(|member| self.workload(&member));
            workloads.for_each(|workload| beginning.cover(workload));
        }
        if !cluster {
            beginning.cover(self.asset.clone());
        }
        Ok(beginning)
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let value = record.value()?;
        let workload = self.workload(&record.around);
        let asset = workload.as_ref().unwrap_or(&self.asset);
        let target = record::Target {
            asset,
            name: record.around.text("Target").unwrap_or_default(),
            class: record.around.text("Class"),
            kind: record.around.text("Type"),
        };
        let finding = match record.path.rsplit('.').next() {
            Some("Vulnerabilities[]") => record::vulnerability(&value, &target)?,
            Some("Misconfigurations[]") => record::misconfiguration(&value, &target)?,
            Some("Secrets[]") => Some(record::secret(&value, &target)?),
            _ => Some(record::licence(&value, &target)?),
        };
        Ok(finding.into_iter().collect())
    }
}
