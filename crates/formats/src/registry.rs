//! Every format, one line each.

use std::io::Read;

use crate::error::ReadError;
use crate::format::Format;
use crate::input::Input;
use crate::options::{Limits, ReadOptions};
use crate::sample::Sample;
use crate::{acunetix, bandit, invicti, nessus, qualys, sarif, semgrep};
// Packages, images and cloud.
use crate::{
    anchore, aqua, audit, aws, blackduck, cyclonedx, defender, dependency_track, grype, guarddog, mend, prisma, snyk,
    snyk_api, sonatype, spdx, trivy, wiz, xray,
};

// Code, secrets and infrastructure as code.
use crate::{
    appscan, checkmarx, fortify, generic, github, gitlab, lint, mobsf, own, secrets, semgrep_platform, sonarqube,
    veracode,
};

// Hosts and web.
use crate::{
    burp, greenbone, insightappsec, insightvm, masscan, nikto, nmap, nuclei, sqlmap, ssh_audit, stackhawk, tls, wapiti,
    zap,
};

static FORMATS: &[Format] = &[
    nessus::FORMAT,
    sarif::FORMAT,
    bandit::FORMAT,
    semgrep::FORMAT,
    nessus::TABLE,
    invicti::FORMAT,
    invicti::XML,
    qualys::RESULTS,
    qualys::SCAN,
    qualys::DETECTIONS,
    qualys::REPORT,
    qualys::TABLE,
    acunetix::XML,
    acunetix::RUN,
    // Packages, images and cloud.
    trivy::FORMAT,
    trivy::OPERATOR,
    grype::FORMAT,
    anchore::FORMAT,
    audit::NPM,
    audit::PIP,
    audit::CARGO,
    audit::SAFETY,
    audit::SAFETY_LIST,
    audit::RETIRE,
    audit::OSV,
    cyclonedx::JSON,
    cyclonedx::XML,
    snyk::FORMAT,
    dependency_track::FORMAT,
    prisma::JSON,
    prisma::TABLE,
    aqua::FORMAT,
    xray::FORMAT,
    aws::INSPECTOR,
    aws::ASFF,
    wiz::CLI,
    wiz::VULNERABILITIES,
    wiz::ISSUES,
    blackduck::API,
    blackduck::TABLE,
    blackduck::BINARY,
    mend::FORMAT,
    sonatype::FORMAT,
    spdx::JSON,
    spdx::TAGS,
    audit::CPAN,
    snyk_api::FORMAT,
    defender::FORMAT,
    guarddog::FORMAT,
    // Code, secrets and infrastructure as code.
    secrets::GITLEAKS,
    secrets::TRUFFLEHOG,
    secrets::TRUFFLEHOG3,
    secrets::DETECT_SECRETS,
    secrets::BETTERLEAKS,
    secrets::KINGFISHER,
    secrets::WHISPERS,
    lint::CHECKOV,
    lint::KICS,
    lint::HADOLINT,
    lint::NJSSCAN,
    lint::FLAWFINDER,
    lint::CPPCHECK,
    lint::SHELLCHECK,
    lint::ZIZMOR,
    lint::GIXY,
    lint::LYNIS,
    lint::ESLINT,
    lint::RUFF,
    lint::CFN_LINT,
    lint::SPECTRAL,
    checkmarx::XML,
    checkmarx::TABLE,
    checkmarx::RESULTS,
    checkmarx::REPORT,
    fortify::FVDL,
    fortify::REPORT,
    sonarqube::FORMAT,
    veracode::DETAILED,
    veracode::FINDINGS,
    veracode::PIPELINE,
    veracode::AGENT,
    veracode::AGENT_TABLE,
    gitlab::REPORT,
    gitlab::QUALITY,
    github::FORMAT,
    mobsf::FORMAT,
    appscan::FORMAT,
    generic::JSON,
    generic::TABLE,
    own::JSON,
    own::TABLE,
    semgrep_platform::FORMAT,
    // Hosts and web.
    nmap::FORMAT,
    masscan::FORMAT,
    masscan::LIST,
    greenbone::FORMAT,
    greenbone::TABLE,
    insightvm::FORMAT,
    insightvm::TABLE,
    zap::FORMAT,
    zap::JSON,
    burp::FORMAT,
    burp::JSON,
    nuclei::FORMAT,
    wapiti::FORMAT,
    wapiti::XML,
    nikto::FORMAT,
    nikto::XML,
    qualys::WEB,
    tls::TESTSSL,
    tls::TESTSSL_TABLE,
    tls::SSLSCAN,
    ssh_audit::FORMAT,
    sqlmap::FORMAT,
    tls::SSLYZE,
    stackhawk::FORMAT,
    insightappsec::FORMAT,
];

/// All formats that can be read.
#[must_use]
pub fn formats() -> &'static [Format] {
    FORMATS
}

/// The format of this id.
#[must_use]
pub fn by_id(id: &str) -> Option<&'static Format> {
    FORMATS.iter().find(|format| format.id.eq_ignore_ascii_case(id))
}

/// The formats that take this input for theirs by its beginning. More than one is a mistake of this crate, which a test
/// over real reports looks for.
///
/// # Errors
/// When the input cannot be unpacked or decoded.
pub fn candidates(input: Box<dyn Read + Send>, limits: &Limits) -> Result<Vec<&'static Format>, ReadError> {
    let input = Input::open(input, limits)?;
    Ok(FORMATS.iter().filter(|format| (format.sniff)(&input.sample)).collect())
}

pub(crate) fn recognise(sample: &Sample, options: &ReadOptions) -> Result<&'static Format, ReadError> {
    if let Some(id) = &options.format {
        return by_id(id).ok_or_else(|| unknown(format!("something to be read as `{id}`, which is no known format")));
    }
    if let Some(format) = FORMATS.iter().find(|format| (format.sniff)(sample)) {
        return Ok(format);
    }
    if sample.declares_entities() {
        return Err(ReadError::Hostile {
            detail: "it holds a DOCTYPE with declarations, which can make a reader fetch files or explode".to_owned(),
        });
    }
    Err(unknown(sample.looks_like()))
}

pub(crate) fn unknown(looks_like: String) -> ReadError {
    let known = FORMATS.iter().map(|format| format!("{} ({})", format.id, format.name)).collect::<Vec<_>>().join(", ");
    ReadError::UnknownFormat { looks_like, known }
}
