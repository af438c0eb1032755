//! Amazon Web Services: Inspector's own findings (`aws inspector2 list-findings`) and Security Hub's format (ASFF), in which
//! Inspector, Security Hub's controls and other products write.
//!
//! Decisions a reader of findings should know:
//! - **Open** is what is active: `CLOSED` and `SUPPRESSED` findings of Inspector, and archived, resolved, suppressed or
//!   passed ones of Security Hub are no findings.
//! - **A finding** is one vulnerability of one package of one resource; Inspector's two formats come to the same identity.
//! - **Assets**: a container image by its reference in ECR, an instance by its id, everything else by its ARN. Each is
//!   announced with its first finding.
//! - **Nothing is closed**: a response is one page of a list, and asked with filters that it does not show.

mod asff;
mod inspector;

pub(crate) use asff::FORMAT as ASFF;
pub(crate) use inspector::FORMAT as INSPECTOR;
use scanhelm_core::asset::{AssetKey, AssetKind, AssetRecord};
use scanhelm_core::finding::{FindingRecord, Location};
use serde_json::Value;

use crate::options::ReadOptions;
use crate::package::{
    field, generic, kind_of, lines, package_location, package_title, purl, push_score, subject, upgrade,
};
use crate::weakness::{cves_in, push_new};

/// A member in the spelling of either format: `packageManager` or `PackageManager`.
fn text<'a>(value: &'a Value, name: &str) -> Option<&'a str> {
    field::text(value, name).or_else(|| field::text(value, &capital(name)))
}

fn words(value: &Value, name: &str) -> Option<String> {
    field::words(value, name).or_else(|| field::words(value, &capital(name)))
}

fn capital(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}

/// `details`: what is known of it for its type.
fn resource(id: &str, region: &str, details: Option<&Value>, options: &ReadOptions) -> AssetRecord {
    let image = details.and_then(|details| details.get("awsEcrContainerImage").or(details.get("AwsEcrContainerImage")));
    if let Some(image) = image
        && let Some(repository) = text(image, "repositoryName")
    {
        let registry = text(image, "registry").or(text(image, "registryId")).unwrap_or_default();
        let host = format!("{registry}.dkr.ecr.{region}.amazonaws.com");
        let tags = [field::texts(image, "imageTags"), field::texts(image, "ImageTags")].concat();
        let digest = text(image, "imageHash").or(text(image, "imageDigest")).unwrap_or_default();
        return match tags.into_iter().min() {
            Some(tag) => subject::image(&format!("{host}/{repository}:{tag}"), options),
            None => subject::image(&format!("{host}/{repository}@{digest}"), options),
        };
    }
    if let Some(image) = details.and_then(|details| field::text(details, "Container.ImageName")) {
        // Trivy puts the system behind it.
        return subject::image(image.split(" (").next().unwrap_or(image), options);
    }
    let instance = details.and_then(|details| details.get("awsEc2Instance").or(details.get("AwsEc2Instance")));
    if let Some(instance) = instance {
        let name = id.rsplit(['/', ':']).next().unwrap_or(id);
        let mut keys = vec![AssetKey::CloudId(name.to_owned())];
        let addresses = [field::texts(instance, "ipV4Addresses"), field::texts(instance, "IpV4Addresses")].concat();
        keys.extend(addresses.into_iter().map(AssetKey::Ip));
        return AssetRecord::new(AssetKind::Host, name, keys);
    }
    AssetRecord::new(AssetKind::CloudResource, id, vec![AssetKey::CloudId(id.to_owned())])
}

/// One finding for each package, each made from `finding`, which knows asset, rule and severity.
fn of_packages<'a>(
    finding: &FindingRecord,
    packages: impl Iterator<Item = &'a Value>,
    platform: Option<&str>,
) -> Result<Vec<FindingRecord>, String> {
    packages.map(|package| of_package(finding.clone(), package, platform)).collect()
}

fn of_package(mut finding: FindingRecord, package: &Value, platform: Option<&str>) -> Result<FindingRecord, String> {
    let name = text(package, "name").ok_or("its package has no name")?;
    let mut version = text(package, "version").unwrap_or_default().to_owned();
    if let Some(release) = text(package, "release").filter(|_| !version.is_empty()) {
        version = format!("{version}-{release}");
    }
    let manager = text(package, "packageManager").unwrap_or_default();
    // `DEBIAN_10`, `AMAZON_LINUX_2`
    let system = platform.and_then(|platform| platform.split('_').next()).unwrap_or_default().to_ascii_lowercase();
    let kind = if manager.eq_ignore_ascii_case("OS") { kind_of(&system) } else { kind_of(manager) };
    if let (Some("deb"), Some(epoch)) = (kind, words(package, "epoch").filter(|epoch| epoch != "0")) {
        version = format!("{epoch}:{version}");
    }
    let purl = kind
        .and_then(|kind| purl(kind, Some(&system), name, &version))
        .or_else(|| generic(name, &version))
        .ok_or("its package has no name")?;
    finding.location = package_location(purl, text(package, "filePath"));
    finding.title = package_title(name, &version, None, &finding.rule_id);
    let fixed = text(package, "fixedInVersion").filter(|fixed| *fixed != "NotAvailable");
    finding.solution = upgrade(name, fixed.map(str::to_owned).as_slice());
    finding.evidence = lines(&[
        ("Package", Some(name)),
        ("Installed version", Some(&version)),
        ("Remedy", text(package, "remediation")),
    ]);
    Ok(finding)
}

/// What an advisory says of itself.
fn describe(finding: &mut FindingRecord, advisory: &Value) {
    let scores = field::list(advisory, "cvss").chain(field::list(advisory, "Cvss"));
    for score in scores {
        let vector = field::first_text(score, &["scoringVector", "BaseVector"]);
        let number = field::number(score, "baseScore").or(field::number(score, "BaseScore"));
        push_score(&mut finding.cvss, text(score, "version").unwrap_or_default(), vector, number);
    }
    if finding.cves.is_empty() {
        let related =
            [field::texts(advisory, "relatedVulnerabilities"), field::texts(advisory, "RelatedVulnerabilities")];
        cves_in(&related.concat().join(" "), &mut finding.cves);
    }
    let source = field::first_text(advisory, &["sourceUrl", "Vendor.Url"]).map(str::to_owned);
    let others = [field::texts(advisory, "referenceUrls"), field::texts(advisory, "ReferenceUrls")].concat();
    for reference in source.into_iter().chain(others) {
        push_new(&mut finding.references, reference);
    }
}

/// Where on the resource, for what is no package.
fn whole() -> Location {
    Location::Asset
}
