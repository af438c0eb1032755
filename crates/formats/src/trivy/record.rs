//! One entry of a result as a finding.

use scanhelm_core::asset::AssetRecord;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use super::SCANNER;
use crate::package::{
    canonical, draft, field, generic, kind_of, lines, package_location, package_title, purl, push_score,
    severity_or_reason, upgrade,
};
use crate::weakness::{cwes_in, push_new};

/// The result that an entry belongs to.
pub(super) struct Target<'a> {
    pub(super) asset: &'a AssetRecord,
    pub(super) name: &'a str,
    pub(super) class: Option<&'a str>,
    /// A system or a kind of package manager.
    pub(super) kind: Option<&'a str>,
}

/// Targets that stand for all packages of a language instead of naming a file.
const LANGUAGES: [&str; 9] = ["Java", "Node.js", "Python", "Ruby", "PHP", "Conda", "Rust", "Go", "OS Packages"];

impl Target<'_> {
    fn path(&self) -> Option<&str> {
        let system = self.class == Some("os-pkgs") || self.name.contains(" (");
        (!system && !LANGUAGES.contains(&self.name)).then_some(self.name)
    }

    fn purl(&self, name: &str, version: &str) -> Result<String, String> {
        let word = match (self.kind, self.name) {
            (Some(kind), _) => kind,
            (None, language) => language,
        };
        kind_of(word)
            .and_then(|kind| purl(kind, Some(word), name, version))
            .or_else(|| generic(name, version))
            .ok_or_else(|| "it names no package".to_owned())
    }
}

/// `None`: it is there and does no harm.
pub(super) fn vulnerability(entry: &Value, target: &Target<'_>) -> Result<Option<FindingRecord>, String> {
    let rule = field::needed(entry, "VulnerabilityID")?;
    let word = field::text(entry, "Severity").unwrap_or("UNKNOWN");
    let severity = severity_or_reason(word, "Trivy")?;
    if field::text(entry, "Status") == Some("not_affected") {
        return Ok(None);
    }
    let (name, version) =
        (field::needed(entry, "PkgName")?, field::text(entry, "InstalledVersion").unwrap_or_default());
    let purl = match field::text(entry, "PkgIdentifier.PURL").and_then(canonical) {
        Some(purl) => purl,
        None => target.purl(name, version)?,
    };
    let path = field::text(entry, "PkgPath").or(target.path());
    let mut finding = draft(SCANNER, rule, severity, target.asset, package_location(purl, path));
    let description = field::text(entry, "Description");
    finding.title = package_title(name, version, field::text(entry, "Title").or(description), rule);
    finding.vendor_severity = Some(word.to_owned());
    for id in field::texts(entry, "CweIDs") {
        cwes_in(&id, &mut finding.cwes);
    }
    scores(entry, &mut finding);
    finding.family = target.class.map(str::to_owned);
    finding.description = description.map(str::to_owned);
    finding.solution = upgrade(name, &field::texts(entry, "FixedVersion"));
    finding.evidence = lines(&[
        ("Package", Some(name)),
        ("Installed version", Some(version)),
        ("Fixed version", field::text(entry, "FixedVersion")),
        ("Status", field::text(entry, "Status")),
        ("Severity from", field::text(entry, "SeveritySource")),
    ]);
    finding.references = references(entry);
    Ok(Some(finding))
}

/// Those of the source that the severity comes from first, then of the most used ones.
fn scores(entry: &Value, finding: &mut FindingRecord) {
    let Some(sources) = field::at(entry, "CVSS").and_then(Value::as_object) else { return };
    let preferred = [field::text(entry, "SeveritySource").unwrap_or_default(), "nvd", "ghsa", "redhat"];
    let first = preferred.iter().filter_map(|name| sources.get(*name));
    for source in first.chain(sources.values()) {
        for (version, vector, score) in
            [("4.0", "V40Vector", "V40Score"), ("3.1", "V3Vector", "V3Score"), ("2.0", "V2Vector", "V2Score")]
        {
            push_score(&mut finding.cvss, version, field::text(source, vector), field::number(source, score));
        }
    }
}

fn references(entry: &Value) -> Vec<String> {
    let mut references = field::texts(entry, "PrimaryURL");
    for reference in field::texts(entry, "References") {
        push_new(&mut references, reference);
    }
    references
}

/// `None`: the check passed or an exception was made for it.
pub(super) fn misconfiguration(entry: &Value, target: &Target<'_>) -> Result<Option<FindingRecord>, String> {
    let id = field::first_text(entry, &["AVDID", "ID"]).ok_or("it has no `ID`")?;
    let word = field::text(entry, "Severity").unwrap_or("UNKNOWN");
    let severity = severity_or_reason(word, "Trivy")?;
    match field::text(entry, "Status") {
        Some("FAIL") | None => {}
        Some("PASS" | "EXCEPTION") => return Ok(None),
        Some(other) => return Err(format!("`{}` is no status of Trivy", single_line(other, 60))),
    }
    let resource = field::text(entry, "CauseMetadata.Resource");
    let code = cause(entry, "CauseMetadata.Code.Lines");
    let location = Location::Code {
        path: relative(target.name),
        line: field::line(entry, "CauseMetadata.StartLine"),
        column: None,
        // A resource is known by its name, whatever is changed in it.
        source: code.clone().filter(|_| resource.is_none()),
    };
    let mut finding = draft(SCANNER, &check_name(id), severity, target.asset, location);
    finding.check = resource.map(str::to_owned);
    finding.title = single_line(field::text(entry, "Title").unwrap_or(id), 300);
    finding.vendor_severity = Some(word.to_owned());
    finding.family = field::first_text(entry, &["Type"]).or(target.kind).map(str::to_owned);
    finding.description = field::text(entry, "Description").map(str::to_owned);
    finding.solution = field::text(entry, "Resolution").map(str::to_owned);
    finding.evidence =
        lines(&[("Message", field::text(entry, "Message")), ("Resource", resource), ("Code", code.as_deref())]);
    finding.references = references(entry);
    Ok(Some(finding))
}

/// One spelling for `KSV014`, `AVD-KSV-0014` and `KSV-0014`.
pub(super) fn check_name(id: &str) -> String {
    let id = id.strip_prefix("AVD-").unwrap_or(id);
    let letters = id.len() - id.trim_start_matches(|c: char| c.is_ascii_uppercase()).len();
    let (group, number) = id.split_at(letters);
    match number.parse::<u32>() {
        Ok(number) if letters > 0 => format!("{group}-{number:04}"),
        _ => id.to_owned(),
    }
}

pub(super) fn secret(entry: &Value, target: &Target<'_>) -> Result<FindingRecord, String> {
    let rule = field::needed(entry, "RuleID")?;
    let word = field::text(entry, "Severity").unwrap_or("UNKNOWN");
    // Trivy has masked the secret in it.
    let masked = field::text(entry, "Match");
    let location = Location::Code {
        path: relative(target.name),
        line: field::line(entry, "StartLine"),
        column: None,
        source: masked.map(str::to_owned),
    };
    let mut finding = draft(SCANNER, rule, severity_or_reason(word, "Trivy")?, target.asset, location);
    finding.title = single_line(field::text(entry, "Title").unwrap_or(rule), 300);
    finding.vendor_severity = Some(word.to_owned());
    finding.cwes = vec![798];
    finding.family = Some("secret".to_owned());
    finding.evidence = lines(&[("Category", field::text(entry, "Category")), ("Match", masked)]);
    Ok(finding)
}

pub(super) fn licence(entry: &Value, target: &Target<'_>) -> Result<FindingRecord, String> {
    let name = field::needed(entry, "Name")?;
    let word = field::text(entry, "Severity").unwrap_or("UNKNOWN");
    let (package, file) = (field::text(entry, "PkgName"), field::text(entry, "FilePath"));
    let location = match package {
        Some(package) => package_location(target.purl(package, "")?, file.or(target.path())),
        None => Location::Code { path: relative(file.unwrap_or(target.name)), line: None, column: None, source: None },
    };
    let rule = format!("license:{name}");
    let mut finding = draft(SCANNER, &rule, severity_or_reason(word, "Trivy")?, target.asset, location);
    finding.title = single_line(&format!("{}: licence {name}", package.or(file).unwrap_or(target.name)), 300);
    finding.vendor_severity = Some(word.to_owned());
    finding.family = Some("license".to_owned());
    finding.evidence = lines(&[("Category", field::text(entry, "Category")), ("Licence", Some(name))]);
    finding.references = field::texts(entry, "Link");
    Ok(finding)
}

/// The lines that Trivy marks as the cause.
fn cause(entry: &Value, path: &str) -> Option<String> {
    let marked = field::list(entry, path).filter(|line| field::flag(line, "IsCause"));
    let text: Vec<&str> = marked.filter_map(|line| line.get("Content")?.as_str()).collect();
    (!text.is_empty()).then(|| text.join("\n"))
}

fn relative(path: &str) -> String {
    path.trim_start_matches("./").trim_start_matches('/').to_owned()
}

#[cfg(test)]
mod tests {
    use super::check_name;

    #[test]
    fn a_check_has_one_name_in_every_version() {
        for (id, name) in [
            ("KSV014", "KSV-0014"),
            ("AVD-KSV-0014", "KSV-0014"),
            ("KSV-0014", "KSV-0014"),
            ("AVD-AWS-0086", "AWS-0086"),
            ("my-own-check", "my-own-check"),
            ("CIS", "CIS"),
        ] {
            assert_eq!(check_name(id), name);
        }
    }
}
