//! Small answers of platforms, as their APIs and webhooks give them, and reports of tools of one purpose; made here.

use crate::samples::Sample;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample::marked("cpan-audit", CPAN_AUDIT),
    Sample::marked("snyk-api", SNYK_API),
    Sample::marked("defender", DEFENDER),
    Sample::marked("guarddog", GUARDDOG),
    Sample::marked("semgrep-platform", SEMGREP_PLATFORM),
    Sample::marked("sslyze", SSLYZE),
    Sample::marked("stackhawk", STACKHAWK),
    Sample::marked("insightappsec", INSIGHTAPPSEC),
];

/// A distribution with a rated advisory and one without a severity, and one that is asked for in a range.
pub(crate) const CPAN_AUDIT: &str = r#"{"meta":{"total_advisories":3,"cpan_audit":{"version":"20230309.004"},"command":"deps","args":["shop"]},"errors":[],
"dists":{"File-Temp":{"version":"0.2311","advisories":[
{"id":"CPANSA-File-Temp-2011-4116","cves":["CVE-2011-4116"],"description":"It runs into links that others made.\n","affected_versions":">0","severity":"high","references":["https://example.com/a"],"fixed_versions":null},
{"id":"CPANSA-File-Temp-2012-01","cves":null,"description":"Another one.\n","affected_versions":"<1","severity":null,"references":[],"fixed_versions":">=1"}]},
"HTTP-Tiny":{"version":"== 0.050","advisories":[{"id":"CPANSA-HTTP-Tiny-2016-01","cves":["CVE-2016-1238"],"description":"Loading modules from here.","severity":"minor","fixed_versions":">=0.059"}]}}}
"#;

/// An issue of a package, one of code, one that is ignored and one that is resolved.
pub(crate) const SNYK_API: &str = r#"{"jsonapi":{"version":"1.0"},"links":{"self":"/rest/orgs/o/issues?version=2024-10-15"},"data":[
{"id":"d62c5f6a","type":"issue","attributes":{"key":"SNYK-PYTHON-PILLOW-5918878","type":"package_vulnerability","title":"Code Execution","status":"open","ignored":false,"effective_severity_level":"critical",
"classes":[{"id":"CWE-122","source":"CWE"}],"problems":[{"id":"SNYK-PYTHON-PILLOW-5918878","source":"SNYK"},{"id":"CVE-2023-4863","source":"NVD"}],
"severities":[{"source":"NVD","level":"high","score":8.8,"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H"},{"source":"Snyk","level":"critical","score":9.6,"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:H/I:H/A:H/E:H"}],
"coordinates":[{"remedies":[{"description":"Upgrade the package version to 10.0.1"}],"representations":[{"dependency":{"package_name":"pillow","package_version":"9.5.0"}},{"resource_path":"[,10.0.1)"}]}]},"relationships":{"scan_item":{"data":{"id":"25502d3a","type":"project"}}}},
{"id":"3916a413","type":"issue","attributes":{"key":"9a29d87f","type":"code","title":"SQL injection","status":"open","ignored":false,"effective_severity_level":"high","classes":[{"id":"CWE-89","source":"CWE"}],"problems":[{"id":"9a29d87f","source":"SNYK"}],
"coordinates":[{"representations":[{"sourceLocation":{"file":"src/db.py","region":{"start":{"line":65,"column":9},"end":{"line":71,"column":22}}}}]}]},"relationships":{"scan_item":{"data":{"id":"25502d3a"}}}},
{"id":"605a2477","type":"issue","attributes":{"key":"b25fb1d7","type":"code","status":"open","ignored":true,"effective_severity_level":"medium","coordinates":[],"problems":[]}},
{"id":"605a2478","type":"issue","attributes":{"key":"SNYK-JS-LODASH-1","type":"package_vulnerability","status":"resolved","ignored":false,"effective_severity_level":"medium","coordinates":[],"problems":[]}}]}
"#;

/// Two CVEs of a product on two machines, one of which the answer names, one that was fixed, and software without a CVE.
pub(crate) const DEFENDER: &str = r#"{"@odata.context":"https://api.securitycenter.microsoft.com/api/$metadata#Collection(Dto)","value":[
{"id":"m1-_-CVE-2022-3602-_-openssl-_-openssl-_-3.0.1-_-","cveId":"CVE-2022-3602","machineId":"m1","fixingKbId":"5021234","productName":"openssl","productVendor":"openssl","productVersion":"3.0.1","severity":"High"},
{"id":"m2_x","deviceId":"m2","deviceName":"db1.example.com","softwareVendor":"adobe","softwareName":"reader: Old TLS inside","softwareVersion":"9.0","cveId":"CVE-2020-0001","vulnerabilitySeverityLevel":"Critical","cvssScore":9.8,"exploitabilityLevel":"ExploitIsVerified","lastSeenTimestamp":"2026-11-21 10:13:34.8476880","diskPaths":["c:\\reader.exe"],"recommendedSecurityUpdate":"Reader 10"},
{"deviceId":"m2","deviceName":"db1.example.com","softwareVendor":"adobe","softwareName":"reader","softwareVersion":"8.0","cveId":"CVE-2019-0001","vulnerabilitySeverityLevel":"Critical","status":"Fixed"},
{"deviceId":"m2","deviceName":"db1.example.com","softwareVendor":"x","softwareName":"y","softwareVersion":"1","cveId":null,"vulnerabilitySeverityLevel":null}],"@odata.nextLink":"https://api.securitycenter.microsoft.com/next"}
"#;

/// A rule that found a place, one that found nothing, and one of metadata.
pub(crate) const GUARDDOG: &str = r#"{"package":"left-pad","issues":2,"errors":{"rules-all":"could not be unpacked"},"results":{"capability-filesystem-read":[],"threat-process-spawn":{},
"threat-runtime-obfuscation-api":[{"location":"left-pad/__init__.py:45","code":"    exec('x')","match":"exec('","message":"It runs what it hides"}],
"typosquatting":"This package closely ressembles the following package names: leftpad","empty_information":null},"risks":[]}
"#;

/// A finding of code, one that was ignored and one that was fixed.
pub(crate) const SEMGREP_PLATFORM: &str = r#"{"findings":[
{"id":1,"ref":"refs/heads/main","match_based_id":"0f8c79a6_0","repository":{"name":"shop/web","url":"https://github.com/shop/web"},"line_of_code_url":"https://github.com/shop/web/blob/1/src/db.py#L12","triage_state":"untriaged","state":"unresolved","status":"open","severity":"medium","confidence":"low","relevant_since":"2026-11-18T23:28:12.391807Z",
"rule_name":"python.sql.injection","rule_message":"SQL injection is possible here. Bind the value.","location":{"file_path":"src/db.py","line":12,"column":8,"end_line":12,"end_column":16},"rule":{"category":"security","cwe_names":["CWE-89: SQL"]}},
{"id":2,"match_based_id":"0f8c79a6_1","repository":{"name":"shop/web"},"triage_state":"ignored","state":"muted","status":"ignored","severity":"high","rule_name":"python.sql.injection","rule_message":"x","location":{"file_path":"src/a.py","line":1}},
{"id":3,"match_based_id":"0f8c79a6_2","repository":{"name":"shop/web"},"state":"fixed","status":"fixed","severity":"high","rule_name":"python.sql.injection","rule_message":"x","location":{"file_path":"src/b.py","line":1}}]}
"#;

/// A server with old protocols, an anonymous cipher and a certificate of its own; and one that could not be reached.
pub(crate) const SSLYZE: &str = r#"{"sslyze_version":"6.3.1","date_scans_started":"2026-11-21T21:37:26.261285Z","date_scans_completed":"2026-11-21T21:37:30.400659Z","invalid_server_strings":[{"server_string":"nowhere.example","error_message":"Could not resolve nowhere.example"}],
"server_scan_results":[{"server_location":{"hostname":"db1.example.com","port":443,"connection_type":"DIRECT","ip_address":"10.0.0.5"},"connectivity_status":"COMPLETED","scan_status":"COMPLETED","scan_result":{
"ssl_3_0_cipher_suites":{"status":"COMPLETED","result":{"accepted_cipher_suites":[]}},
"tls_1_0_cipher_suites":{"status":"COMPLETED","result":{"accepted_cipher_suites":[{"cipher_suite":{"name":"TLS_RSA_WITH_3DES_EDE_CBC_SHA"}},{"cipher_suite":{"name":"TLS_DH_anon_WITH_AES_128_CBC_SHA"}}]}},
"heartbleed":{"status":"COMPLETED","result":{"is_vulnerable_to_heartbleed":true}},"tls_compression":{"status":"NOT_SCHEDULED","result":null},"robot":{"result":{"robot_result":"VULNERABLE_WEAK_ORACLE"}},
"session_renegotiation":{"result":{"supports_secure_renegotiation":false,"is_vulnerable_to_client_renegotiation_dos":true}},
"certificate_info":{"status":"COMPLETED","result":{"certificate_deployments":[{"received_certificate_chain":[{"not_valid_after":"2026-01-01T00:00:00Z","subject":{"rfc4514_string":"CN=Old TLS"},"issuer":{"rfc4514_string":"CN=Old TLS"},"signature_hash_algorithm":{"name":"sha1"},"public_key":{"algorithm":"RSAPublicKey","key_size":1024}}],"path_validation_results":[{"was_validation_successful":false}]}]}}}},
{"server_location":{"hostname":"127.0.0.1","port":57599,"ip_address":"127.0.0.1"},"connectivity_status":"ERROR","scan_status":"ERROR_NO_CONNECTIVITY","scan_result":null}]}
"#;

/// A plugin on two pages, one of them marked as false positive, and one without a page.
pub(crate) const STACKHAWK: &str = r#"{"service":"StackHawk","scanCompleted":{"scan":{"id":"e2ff5651","hawkscanVersion":"2.1.1","env":"Development","status":"COMPLETED","application":"Shop","startedTimestamp":"2026-02-16T23:07:19.575Z"},"scanDuration":"21",
"findings":[{"pluginId":"40018","pluginName":"SQL injection","severity":"High","host":"https://shop.example:443","category":"Injection","totalCount":"2","findingURL":"https://example.com/f",
"paths":[{"path":"/search","method":"POST","status":"NEW","pathURL":"https://example.com/f/1"},{"path":"/login","method":"GET","status":"FALSE_POSITIVE","pathURL":"https://example.com/f/2"}]},
{"pluginId":"10015","pluginName":"Cache headers","severity":"Low","host":"https://shop.example","paths":[]}]}}
"#;

/// A vulnerability, one that is marked as false positive, one that was remediated, and an attack that did no harm.
pub(crate) const INSIGHTAPPSEC: &str = r#"{"data":[
{"id":"v1","app":{"id":"a1"},"root_cause":{"url":"http://shop.example:80/find?q=1","parameter":"q","method":"GET"},"severity":"HIGH","status":"UNREVIEWED","last_discovered":"2026-04-19T15:48:09.900358",
"variances":[{"module":{"id":"m2"},"attack":{"id":"R_02"},"message":"SQL injection found","attack_value":"4'","proof":"syntax error","proof_description":"A quote broke the statement","attack_exchanges":[{"request":"GET /find?q=4' HTTP/1.1","response":"HTTP/1.1 500"}]},{"module":{"id":"m1"},"attack":{"id":"R_01"}}],
"vector_string":"AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","vulnerability_score":9.8,"insight_ui_url":"https://example.com/v1"},
{"id":"v2","app":{"id":"a1"},"root_cause":{"url":"http://shop.example/","parameter":"Unnamed","method":"GET"},"severity":"INFORMATIONAL","status":"FALSE_POSITIVE","variances":[{"module":{"id":"m3"}}]},
{"id":"v3","app":{"id":"a1"},"root_cause":{"url":"http://shop.example/a"},"severity":"LOW","status":"REMEDIATED","variances":[{"module":{"id":"m3"}}]},
{"id":"v4","app":{"id":"a1"},"root_cause":{"url":"http://shop.example/b"},"severity":"SAFE","status":"VERIFIED","variances":[{"module":{"id":"m3"}}]}],
"metadata":{"index":0,"size":50,"total_data":4,"total_pages":1},"links":[]}
"#;
