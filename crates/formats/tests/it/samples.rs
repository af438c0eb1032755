//! A small report of each format, for the tests that every format has to pass. Each room of readers keeps its own.

use crate::package_samples as packages;
use crate::reading::{
    ACUNETIX, ACUNETIX_RUN, BANDIT, INVICTI, INVICTI_XML, NESSUS, NESSUS_CSV, QUALYS_CSV, QUALYS_DETECTIONS,
    QUALYS_REPORT, QUALYS_RESULTS, QUALYS_SCAN, SARIF, SEMGREP,
};

#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample {
    /// Its id.
    pub(crate) format: &'static str,
    /// At least one finding whose description holds one of [`PROSE`].
    pub(crate) text: &'static str,
    /// The format has an end mark, so that every cut shows.
    pub(crate) marked: bool,
}

impl Sample {
    pub(crate) const fn marked(format: &'static str, text: &'static str) -> Self {
        Self { format, text, marked: true }
    }

    /// A table or lines: cut between two records it looks whole.
    pub(crate) const fn unmarked(format: &'static str, text: &'static str) -> Self {
        Self { format, text, marked: false }
    }
}

/// Words of the samples' texts, which a test damages.
pub(crate) const PROSE: [&str; 6] =
    ["Old TLS", "SQL injection", "Use of possibly", "It runs", "Code Execution", "Banner"];

/// Of packages, images and cloud.
const PACKAGES: &[Sample] = &[
    Sample::marked("trivy", packages::TRIVY),
    Sample::marked("trivy-operator", packages::TRIVY_OPERATOR),
    Sample::marked("grype", packages::GRYPE),
    Sample::marked("anchore", packages::ANCHORE),
    Sample::marked("npm-audit", packages::NPM_AUDIT),
    Sample::marked("pip-audit", packages::PIP_AUDIT),
    Sample::marked("cargo-audit", packages::CARGO_AUDIT),
    Sample::marked("safety", packages::SAFETY),
    Sample::marked("safety-1", packages::SAFETY_1),
    Sample::marked("retire", packages::RETIRE),
    Sample::marked("osv-scanner", packages::OSV_SCANNER),
    Sample::marked("cyclonedx", packages::CYCLONEDX),
    Sample::marked("cyclonedx-xml", packages::CYCLONEDX_XML),
    Sample::marked("snyk", packages::SNYK),
    Sample::marked("dependency-track", packages::DEPENDENCY_TRACK),
    Sample::marked("prisma-cloud", packages::PRISMA),
    Sample::unmarked("prisma-cloud-csv", packages::PRISMA_CSV),
    Sample::marked("aqua", packages::AQUA),
    Sample::marked("jfrog-xray", packages::XRAY),
    Sample::marked("aws-inspector", packages::INSPECTOR),
    Sample::marked("aws-asff", packages::ASFF),
    Sample::marked("wizcli", packages::WIZCLI),
    Sample::unmarked("wiz-vulnerabilities-csv", packages::WIZ_VULNERABILITIES),
    Sample::unmarked("wiz-issues-csv", packages::WIZ_ISSUES),
    Sample::marked("blackduck", packages::BLACKDUCK),
    Sample::unmarked("blackduck-csv", packages::BLACKDUCK_CSV),
    Sample::unmarked("blackduck-binary-csv", packages::BLACKDUCK_BINARY),
    Sample::marked("mend", packages::MEND),
    Sample::marked("sonatype-iq", packages::SONATYPE),
    Sample::marked("spdx", packages::SPDX),
    Sample::unmarked("spdx-tag-value", packages::SPDX_TAGS),
];

const FIRST: &[Sample] = &[
    Sample::marked("nessus", NESSUS),
    Sample::marked("sarif", SARIF),
    Sample::marked("bandit", BANDIT),
    Sample::marked("semgrep", SEMGREP),
    Sample::unmarked("nessus-csv", NESSUS_CSV),
    Sample::marked("invicti", INVICTI),
    Sample::marked("invicti-xml", INVICTI_XML),
    Sample::marked("qualys-results", QUALYS_RESULTS),
    Sample::marked("qualys-scan", QUALYS_SCAN),
    Sample::marked("qualys-detections", QUALYS_DETECTIONS),
    Sample::marked("qualys-report", QUALYS_REPORT),
    Sample::unmarked("qualys-csv", QUALYS_CSV),
    Sample::marked("acunetix", ACUNETIX),
    Sample::marked("acunetix-run", ACUNETIX_RUN),
];

/// One of each format.
pub(crate) fn samples() -> Vec<Sample> {
    let rooms: &[&[Sample]] = &[
        FIRST,
        // Hosts and web.
        crate::samples_hosts::SAMPLES,
        PACKAGES,
        // Code, secrets and infrastructure as code.
        crate::code_samples::SAMPLES,
        crate::answer_samples::SAMPLES,
    ];
    rooms.concat()
}

pub(crate) fn texts() -> impl Iterator<Item = &'static str> {
    samples().into_iter().map(|sample| sample.text)
}

/// Those of formats that have an end mark.
pub(crate) fn marked() -> impl Iterator<Item = &'static str> {
    samples().into_iter().filter(|sample| sample.marked).map(|sample| sample.text)
}
