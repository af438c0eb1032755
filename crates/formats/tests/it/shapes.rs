//! Shapes of reports that the public samples showed and that were once read wrong or not at all.

use scanhelm_core::Severity;
use scanhelm_core::finding::identity::{location, weakness};

use crate::reading::{Whole, entry, known_by, read};

fn rated(whole: &Whole) -> Vec<(String, Severity)> {
    whole.findings.iter().map(|finding| (weakness(finding), finding.severity)).collect()
}

/// Grype wrote numbers of no meaning where the extension has the component's reference, and gave components none.
#[test]
fn a_vulnerability_within_a_component_of_cyclonedx_is_of_that_component() {
    let whole = read(
        r#"<bom xmlns="http://cyclonedx.org/schema/bom/1.2" xmlns:v="http://cyclonedx.org/schema/ext/vulnerability/1.0"><components>
        <component type="library"><name>Django</name><version>2.2.18</version><v:vulnerabilities>
        <v:vulnerability ref="urn:uuid:31f44ed9"><v:id>GHSA-xgxc-v2qg-chmh</v:id><v:ratings><v:rating><v:severity>Low</v:severity></v:rating></v:ratings></v:vulnerability>
        <v:vulnerability ref="urn:uuid:31f44eda"><v:id>CVE-2021-1000</v:id></v:vulnerability></v:vulnerabilities></component>
        <component type="library"><name>Flask</name><version>1.0</version><v:vulnerabilities>
        <v:vulnerability ref="urn:uuid:31f44edb"><v:id>CVE-2021-1000</v:id></v:vulnerability></v:vulnerabilities></component></components></bom>"#,
    )
    .unwrap();
    let places: Vec<String> = whole.findings.iter().map(|finding| location(&finding.location)).collect();
    let [django, flask] = ["Django@2.2.18", "Flask@1.0"].map(|name| format!("package:pkg:generic/{name}\n"));
    assert_eq!(places, [django.clone(), django, flask]);
    assert!(whole.rejected.is_empty());
}

/// An app for iOS is one binary, judged by rules: by name alone, and below `findings` since version 3.5.
#[test]
fn mobsf_judges_the_binary_of_an_ios_app_by_rules() {
    let report = |binary: &str| {
        format!(
            r#"{{"version":"v3","file_name":"shop.ipa","md5":"0","app_name":"Shop","bundle_id":"com.example.shop","binary_analysis":{binary},
            "ats_analysis":[{{"issue":"App Transport Security is off","status":"insecure","description":"x"}},{{"issue":"Fine","status":"secure","description":"y"}}]}}"#
        )
    };
    let rules = r#"{"Binary makes use of insecure API(s)":{"detailed_desc":"It calls _strlen","severity":"high","cwe":"CWE-676: Use"},
        "fPIE -pie flag is Found":{"detailed_desc":"Good","severity":"good"}}"#;
    for binary in [rules.to_owned(), format!(r#"{{"findings":{rules},"summary":{{"high":1}}}}"#)] {
        let whole = read(report(&binary)).unwrap();
        assert_eq!(
            rated(&whole),
            [
                ("rule:mobsf:binary/Binary makes use of insecure API(s)".to_owned(), Severity::High),
                ("rule:mobsf:transport/App Transport Security is off".to_owned(), Severity::High)
            ]
        );
        assert_eq!((whole.findings[0].cwes.as_slice(), whole.rejected.len()), (&[676][..], 0));
    }
}

#[test]
fn xray_sums_up_artifacts_and_builds() {
    let whole = read(
        r#"{"artifacts":[{"general":{"name":"shop:1.0","component_id":"shop:1.0","pkg_type":"Docker","path":"r/shop/1.0/"},"issues":[
        {"issue_id":"XRAY-1","summary":"Overflow","issue_type":"security","severity":"Critical","cves":[{"cve":"CVE-2021-3711","cvss_v3":"9.8/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
        "impact_path":["r/shop/1.0/a.tar.gz/3.12:libssl1.1:1.1.1k-r0","r/other/b.tar.gz/3.12:openssl:1.1.1k-r0","r/third/b.tar.gz/3.12:openssl:1.1.1k-r0"]},
        {"issue_id":"XRAY-2","summary":"Terms","issue_type":"license","severity":"High"}]}]}"#,
    )
    .unwrap();
    let of = |package: &str| {
        entry("image:shop:1.0", "cve:CVE-2021-3711", &format!("package:pkg:apk/alpine/{package}@1.1.1k-r0\n"))
    };
    assert_eq!(known_by(&whole), [of("libssl1.1"), of("openssl")]);
    let build = read(
        r#"{"build_name":"shop","is_scan_completed":true,"components":[{"general":{"name":"a.jar","component_id":"g:a:1.5","pkg_type":"maven"},
        "issues":[{"issue_id":"XRAY-3","summary":"x","issue_type":"security","severity":"Medium"}]}]}"#,
    );
    assert_eq!(
        known_by(&build.unwrap()),
        [entry("repository:shop", "rule:jfrog-xray:XRAY-3", "package:pkg:maven/g/a@1.5\n")]
    );
    let nameless =
        read(r#"{"component_id":"a","violations":[{"issue_id":"XRAY-4","type":"security","severity":"High"}]}"#);
    assert_eq!(nameless.unwrap().rejected[0].reason, "it names no component");
    let none = read(r#"{"total_rows":0,"rows":[]}"#).unwrap();
    assert_eq!((none.format, none.findings.len()), ("jfrog-xray", 0));
}

#[test]
fn reports_without_what_used_to_tell_them_are_recognised() {
    for (report, format) in [
        (r#"{"actions":[],"advisories":{}}"#, "npm-audit"),
        (r#"{"passed":0,"failed":0,"parsingerrors":0,"resourcecount":0,"checkov_version":"2.1.269"}"#, "checkov"),
        (r#"{"additionalData":{},"supportToken":"1","response":[]}"#, "mend"),
    ] {
        let whole = read(report).unwrap();
        assert_eq!((whole.format, whole.findings.len(), whole.complete), (format, 0, false), "{report}");
    }
}
