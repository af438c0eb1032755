//! What the readers of Black Duck, Mend and Sonatype make of a report.

use scanhelm_core::Severity;

use crate::package_samples::{BLACKDUCK, BLACKDUCK_BINARY, BLACKDUCK_CSV, MEND, SONATYPE};
use crate::reading::{entry, known_by, read};

#[test]
fn remediation_in_black_duck_decides_what_is_open() {
    let whole = read(BLACKDUCK).unwrap();
    let nobody = "repository:unknown repository";
    assert_eq!(known_by(&whole), [entry(nobody, "cve:CVE-2021-3810", "package:pkg:npm/code-server@3.3.0-rc.27\n")]);
    assert_eq!((whole.findings[0].rule_id.as_str(), whole.findings[0].severity), ("BDSA-2021-2909", Severity::Medium));
    for (status, findings, rejected) in [("NEEDS_REVIEW", 2, 0), ("MITIGATED", 1, 0), ("ODD", 1, 1)] {
        let whole = read(BLACKDUCK.replacen("PATCHED", status, 1)).unwrap();
        assert_eq!((whole.findings.len(), whole.rejected.len()), (findings, rejected), "{status}");
    }
}

#[test]
fn tables_of_black_duck_name_project_and_origin() {
    let whole = read(BLACKDUCK_CSV).unwrap();
    let place = "package:pkg:maven/org.apache.commons/commons-compress@1.18\n";
    assert_eq!(known_by(&whole), [entry("repository:shop", "cve:CVE-2019-12402", place)]);
    assert_eq!((whole.findings[0].rule_id.as_str(), whole.complete), ("BDSA-2019-2725", false));
    let binary = read(BLACKDUCK_BINARY).unwrap();
    let place = "package:pkg:generic/zlib@1.2.13\nJRE.msi:JRE.cab:instrument.dll";
    assert_eq!(known_by(&binary), [entry("repository:unknown repository", "cve:CVE-2023-45853", place)]);
    assert_eq!((binary.findings[0].severity, binary.findings[0].cvss[0].score), (Severity::Critical, Some(9.8)));
}

#[test]
fn what_mend_knows_as_settled_is_no_finding() {
    let whole = read(MEND).unwrap();
    let place = "package:pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.13.3\nsource/pom.xml";
    assert_eq!(known_by(&whole), [entry("repository:shop", "cve:CVE-2022-42004", place)]);
    let odd = read(MEND.replacen("LIBRARY_REMOVED", "ODD", 1)).unwrap();
    assert_eq!(odd.rejected[0].reason, "`ODD` is no status of Mend");
}

#[test]
fn every_document_of_mend_names_libraries_alike() {
    let cli = r#"{"projectVitals":{"name":"https://github.com/o/shop"},"libraries":[{"sha1":"1d","type":"NODE_PACKAGED_MODULE","name":"lodash-4.17.4.tgz","artifactId":"lodash-4.17.4.tgz","groupId":"lodash","version":"4.17.4","vulnerabilities":[{"name":"CVE-2019-10744","severity":"high","cvss3_severity":"CRITICAL","cvss3_score":9.1,"scoreMetadataVector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H"}]}]}"#;
    let whole = read(cli).unwrap();
    assert_eq!(
        known_by(&whole),
        [entry("repository:github.com/o/shop", "cve:CVE-2019-10744", "package:pkg:npm/lodash@4.17.4\n")]
    );
    assert_eq!((whole.findings[0].severity, whole.findings[0].cvss[0].score), (Severity::Critical, Some(9.1)));
    let report = r#"{"vulnerabilities":[{"name":"WS-2019-0379","severity":"medium","project":"shop","library":{"name":"commons-codec-1.6","artifactId":"commons-codec-1.6.jar","version":"1.6","groupId":"commons-codec-1.6","type":"JAVA_ARCHIVE"},"locations":[{"path":"D:\\build\\lib\\commons-codec-1.6.jar"}]}]}"#;
    let whole = read(report).unwrap();
    // A folder of the machine that was scanned identifies nothing.
    assert_eq!(
        known_by(&whole),
        [entry("repository:shop", "rule:mend:WS-2019-0379", "package:pkg:maven/commons-codec@1.6\n")]
    );
}

#[test]
fn what_does_not_apply_in_sonatype_is_no_finding() {
    let whole = read(SONATYPE).unwrap();
    let place = "package:pkg:maven/org.apache.logging.log4j/log4j-core@2.14.1\nWEB-INF/lib/log4j-core-2.14.1.jar";
    assert_eq!(known_by(&whole), [entry("repository:unknown repository", "cve:CVE-2021-44228", place)]);
    let confirmed = read(SONATYPE.replacen("Not Applicable", "Confirmed", 1)).unwrap();
    assert_eq!(confirmed.findings[1].severity, Severity::High);
    let odd = read(SONATYPE.replacen("Not Applicable", "Odd", 1)).unwrap();
    assert_eq!(odd.rejected[0].reason, "`Odd` is no status of Sonatype IQ");
}
