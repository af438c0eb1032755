//! Small reports of package, image and cloud scanners, made here. One of each format, in the order of the registry.

/// An image with two packages that are vulnerable, one of them not affected, a check that failed and one that passed, a
/// secret and a licence.
pub(crate) const TRIVY: &str = r#"{"SchemaVersion":2,"Trivy":{"Version":"0.76.0"},"CreatedAt":"2026-11-21T21:12:06.5Z","ArtifactName":"/home/ci/shop.tar","ArtifactType":"container_image",
"Metadata":{"OS":{"Family":"alpine","Name":"3.10.2"},"RepoTags":["docker.io/library/shop:1.0"],"ImageConfig":{"architecture":"amd64"}},
"Results":[{"Vulnerabilities":[
{"VulnerabilityID":"CVE-2019-1549","PkgName":"libcrypto1.1","PkgIdentifier":{"PURL":"pkg:apk/alpine/libcrypto1.1@1.1.1c-r0?arch=x86_64&distro=3.10.2"},"InstalledVersion":"1.1.1c-r0","FixedVersion":"1.1.1d-r0","Status":"fixed",
 "SeveritySource":"redhat","PrimaryURL":"https://avd.example/cve-2019-1549","Title":"openssl: Code Execution","Description":"Code Execution in fork.","Severity":"MEDIUM","CweIDs":["CWE-330"],
 "CVSS":{"nvd":{"V2Vector":"AV:N/AC:L/Au:N/C:P/I:N/A:N","V3Vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:L/I:N/A:N","V2Score":5,"V3Score":5.3},"redhat":{"V3Vector":"CVSS:3.0/AV:N/AC:H/PR:N/UI:N/S:U/C:L/I:L/A:N","V3Score":4.8}},
 "References":["https://example.com/a","https://avd.example/cve-2019-1549"]},
{"VulnerabilityID":"CVE-2019-1551","PkgName":"libssl1.1","InstalledVersion":"1.1.1c-r0","Status":"not_affected","Severity":"LOW"}],
"Target":"shop:1.0 (alpine 3.10.2)","Class":"os-pkgs","Type":"alpine"},
{"Target":"Node.js","Class":"lang-pkgs","Type":"node-pkg","Vulnerabilities":[{"VulnerabilityID":"GHSA-xxxx-yyyy-zzzz","PkgName":"@scope/left","PkgPath":"/app/node_modules/left/package.json","InstalledVersion":"1.0.0","Severity":"UNKNOWN"}]},
{"Target":"main.tf","Class":"config","Type":"terraform","Misconfigurations":[
{"Type":"Terraform Security Check","ID":"AVD-AWS-0028","Title":"Session tokens","Message":"No token is required.","Resolution":"Require tokens","Severity":"HIGH","Status":"FAIL","CauseMetadata":{"Resource":"aws_instance.db","StartLine":3,"Code":{"Lines":[{"Number":3,"Content":"resource \"aws_instance\" \"db\" {","IsCause":true}]}}},
{"ID":"AWS-0029","Title":"Fine","Severity":"HIGH","Status":"PASS"}]},
{"Target":"Dockerfile","Class":"config","Type":"dockerfile","Misconfigurations":[{"ID":"DS002","AVDID":"AVD-DS-0002","Title":"Root","Severity":"HIGH","Status":"FAIL","CauseMetadata":{"StartLine":4,"Code":{"Lines":[{"Number":3,"Content":"RUN x","IsCause":false},{"Number":4,"Content":"USER root","IsCause":true}]}}}]},
{"Target":"/app/.env","Class":"secret","Secrets":[{"RuleID":"aws-access-key-id","Category":"AWS","Severity":"CRITICAL","Title":"AWS Access Key ID","StartLine":2,"EndLine":2,"Match":"KEY=****"}]},
{"Target":"OS Packages","Class":"license","Licenses":[{"Severity":"HIGH","Category":"restricted","PkgName":"musl","FilePath":"","Name":"GPL-2.0","Confidence":1,"Link":""}]}]}
"#;

/// A workload with a vulnerability and a check that failed, in a list as `kubectl` writes it.
pub(crate) const TRIVY_OPERATOR: &str = r#"{"apiVersion":"v1","kind":"List","items":[
{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"VulnerabilityReport","metadata":{"name":"replicaset-shop-965685897-web","namespace":"default","labels":{"trivy-operator.container.name":"web","trivy-operator.resource.kind":"ReplicaSet","trivy-operator.resource.name":"shop-965685897","trivy-operator.resource.namespace":"default"}},
"report":{"artifact":{"repository":"library/nginx","tag":"alpine"},"os":{"family":"alpine","name":"3.17"},"scanner":{"name":"Trivy","version":"0.38.2"},"updateTimestamp":"2026-11-21T21:12:06Z",
"vulnerabilities":[{"vulnerabilityID":"CVE-2023-23914","resource":"curl","installedVersion":"7.87.0-r1","fixedVersion":"7.87.0-r2","severity":"CRITICAL","primaryLink":"https://avd.example/cve-2023-23914","score":4.2,"title":"curl: Code Execution","links":[],"target":""}]}},
{"apiVersion":"aquasecurity.github.io/v1alpha1","kind":"ConfigAuditReport","metadata":{"name":"replicaset-shop-965685897","labels":{"trivy-operator.resource.kind":"ReplicaSet","trivy-operator.resource.name":"shop-965685897","trivy-operator.resource.namespace":"default"}},
"report":{"scanner":{"name":"Trivy","version":"dev"},"updateTimestamp":"2026-11-21T21:12:05Z","checks":[{"checkID":"KSV014","category":"Kubernetes Security Check","title":"Root file system","severity":"LOW","success":false,"messages":["Container 'web' should"]},{"checkID":"KSV015","title":"Fine","severity":"LOW","success":true}]}}]}
"#;

/// An image: a match under a GHSA whose CVE stands beside it, and one that somebody set aside.
pub(crate) const GRYPE: &str = r#"{"matches":[{"vulnerability":{"id":"GHSA-jf85-cpcp-j695","dataSource":"https://github.com/advisories/GHSA-jf85-cpcp-j695","namespace":"github:language:javascript","severity":"Critical","urls":["https://example.com/a"],
"description":"Code Execution in lodash.","cvss":[{"version":"3.1","vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H","metrics":{"baseScore":9.1}}],"fix":{"versions":["4.17.12"],"state":"fixed"},"advisories":[]},
"relatedVulnerabilities":[{"id":"CVE-2019-10744","cvss":[{"version":"2.0","vector":"AV:N/AC:L/Au:N/C:N/I:P/A:P","metrics":{"baseScore":6.4}}]}],
"matchDetails":[{"type":"exact-direct-match"}],"artifact":{"id":"836b","name":"lodash","version":"4.17.4","type":"npm","locations":[{"path":"/app/package-lock.json"},{"path":"/app/lib/package.json"}],"purl":"pkg:npm/lodash@4.17.4"}}],
"ignoredMatches":[{"vulnerability":{"id":"CVE-2000-0001"}}],
"source":{"type":"image","target":{"userInput":"registry:shop:1.0","tags":["docker.io/library/shop:1.0"]}},"distro":{"name":"alpine","version":"3.10.2"},
"descriptor":{"name":"grype","version":"0.94.0","configuration":{"only-fixed":false,"ignore-wontfix":"","exclude":[],"ignore":[{"match-type":"exact-indirect-match","package":{"name":"kernel-headers"}}]},"timestamp":"2026-11-21T21:12:06.6Z"}}
"#;

/// Two packages of an image, one of the system.
pub(crate) const ANCHORE: &str = r#"{"imageDigest":"sha256:e010a676dba5","vulnerabilities":[
{"feed":"vulnerabilities","feed_group":"rhel:8","fix":"None","nvd_data":[{"cvss_v2":{"base_score":6.4},"cvss_v3":{"base_score":6.5},"id":"CVE-2020-8927"}],"package":"brotli-1.0.6-2.el8","package_name":"brotli","package_path":"pkgdb","package_type":"rpm","package_version":"1.0.6-2.el8","severity":"Medium","url":"https://example.com/CVE-2020-8927","vuln":"CVE-2020-8927","extra":{"description":"Code Execution in Brotli."}},
{"feed_group":"github:java","fix":"9.0.98","nvd_data":[{"id":"CVE-2024-50379"}],"package":"tomcat-9.0.97","package_name":"org.apache.tomcat:tomcat","package_path":"/lib/tomcat.jar","package_type":"java","package_version":"9.0.97","severity":"Negligible","url":"https://example.com/g","vuln":"GHSA-5j33-cvvr-w245"}],"vulnerability_type":"all"}
"#;

/// An advisory, and a package that only needs the vulnerable one.
pub(crate) const NPM_AUDIT: &str = r#"{"auditReportVersion":2,"vulnerabilities":{"lodash":{"name":"lodash","severity":"high","isDirect":true,
"via":[{"source":1065,"name":"lodash","dependency":"lodash","title":"Code Execution in lodash","url":"https://github.com/advisories/GHSA-jf85-cpcp-j695","severity":"high","cwe":["CWE-94"],"cvss":{"score":7.2,"vectorString":"CVSS:3.1/AV:N/AC:L/PR:H/UI:N/S:U/C:H/I:H/A:H"},"range":"<4.17.12"}],
"effects":["async"],"range":"<=4.17.11","nodes":["node_modules/lodash"],"fixAvailable":{"name":"lodash","version":"4.17.21","isSemVerMajor":false}},
"async":{"name":"async","severity":"high","via":["lodash"],"effects":[],"nodes":["node_modules/async"],"fixAvailable":true}},"metadata":{"dependencies":{"total":3}}}
"#;

pub(crate) const PIP_AUDIT: &str = r#"{"dependencies":[{"name":"Jinja2","version":"2.10","vulns":[{"id":"PYSEC-2019-217","fix_versions":["2.10.1"],"aliases":["GHSA-462w-v97r-4m45","CVE-2019-10906"],"description":"Code Execution: in Pallets Jinja before 2.10.1, a format string escapes from the sandbox."}]},
{"name":"flask","version":"0.12","vulns":[]},{"name":"secret-tool","skip_reason":"Dependency not found on PyPI and could not be audited: secret-tool (1.0)"}],"fixes":[]}
"#;

/// A vulnerability with a score and one without, and a warning.
pub(crate) const CARGO_AUDIT: &str = r#"{"database":{"advisory-count":1225},"lockfile":{"dependency-count":11},"settings":{"ignore":[]},
"vulnerabilities":{"found":true,"count":2,"list":[{"advisory":{"id":"RUSTSEC-2022-0013","package":"regex","title":"Code Execution","description":"Slow.","aliases":["CVE-2022-24713"],"categories":["denial-of-service"],"cvss":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","references":[],"url":"https://example.com/r"},"versions":{"patched":[">=1.5.5"]},"package":{"name":"regex","version":"1.5.4"}},
{"advisory":{"id":"RUSTSEC-2020-0071","title":"Segfault","aliases":[],"cvss":null},"versions":{"patched":[]},"package":{"name":"time","version":"0.1.43"}}]},
"warnings":{"unmaintained":[{"kind":"unmaintained","package":{"name":"ansi_term","version":"0.12.1"},"advisory":{"id":"RUSTSEC-2021-0139","title":"Unmaintained"}}],"yanked":[{"kind":"yanked","package":{"name":"crc","version":"1.0.0"},"advisory":null}]}}
"#;

pub(crate) const SAFETY: &str = r#"{"report_meta":{"scan_target":"files","safety_version":"2.3.5"},"scanned_packages":{},"affected_packages":{},"announcements":[],
"vulnerabilities":[{"vulnerability_id":"44742","package_name":"Django","ignored":false,"vulnerable_spec":["<2.2.27"],"advisory":"Code Execution in Django.","analyzed_version":"2.2","fixed_versions":["2.2.27"],"CVE":"CVE-2022-22818","severity":{"source":"CVE-2022-22818","cvssv2":null,"cvssv3":{"base_score":6.1,"vector_string":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:C/C:L/I:L/A:N"}},"more_info_url":"https://example.com/44742"},
{"vulnerability_id":"1","package_name":"x","ignored":true,"analyzed_version":"1"}],"ignored_vulnerabilities":[],"remediations":{}}
"#;

pub(crate) const SAFETY_1: &str = r#"[["django",">=2.0,<2.2.24","2.2","Code Execution in Django before 2.2.24, 3.x before 3.1.12, and 3.2.x before 3.2.4: staff members could use the view of templates to check the existence of any file.","40637",null,null],
["flask","<0.12.3","0.12","Flask before 0.12.3 has a denial of service: unexpected memory usage through crafted JSON in an encoding that nobody expects in a request.","36388",null,null]]
"#;

/// A library in two files, and a vulnerability that nobody numbered.
pub(crate) const RETIRE: &str = r#"{"version":"5.7.0","start":"2026-11-21T21:30:14.131Z","data":[{"file":"/target/shop/lib/lodash.js","results":[{"version":"4.17.4","component":"lodash","detection":"filecontent",
"vulnerabilities":[{"info":["https://example.com/a"],"below":"4.17.12","severity":"high","identifiers":{"summary":"Code Execution","CVE":["CVE-2019-10744"],"githubID":"GHSA-jf85-cpcp-j695"},"cwe":["CWE-94"]},{"info":["https://example.com/b"],"below":"4.17.5","identifiers":{"summary":"Old","retid":"43"}}]}]},
{"file":"/target/shop/dist/all.js","results":[]}],"messages":[],"errors":["one.js: could not be read"],"time":3.1}
"#;

/// Two advisories of one flaw, and one of what is malicious.
pub(crate) const OSV_SCANNER: &str = r#"{"results":[{"source":{"path":"/ci/shop/requirements.txt","type":"lockfile"},"packages":[{"package":{"name":"Jinja2","version":"2.10","ecosystem":"PyPI"},
"vulnerabilities":[{"id":"PYSEC-2019-217","aliases":["CVE-2019-10906"],"summary":"Sandbox"},{"id":"GHSA-462w-v97r-4m45","aliases":["CVE-2019-10906"],"summary":"Code Execution","severity":[{"type":"CVSS_V3","score":"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:N/A:N"}],"database_specific":{"severity":"HIGH","cwe_ids":["CWE-693"]},"affected":[{"package":{"name":"Jinja2"},"ranges":[{"events":[{"introduced":"0"},{"fixed":"2.10.1"}]}]}],"references":[{"type":"WEB","url":"https://example.com/j"}]}],
"groups":[{"ids":["PYSEC-2019-217","GHSA-462w-v97r-4m45"],"aliases":["CVE-2019-10906","PYSEC-2019-217"],"max_severity":"8.6"}]}]},
{"source":{"path":"/ci/shop/web/yarn.lock"},"packages":[{"package":{"name":"flot-axis","version":"0.0.0","ecosystem":"npm"},"vulnerabilities":[{"id":"MAL-2023-1035","summary":"Malicious code"}],"groups":[{"ids":["MAL-2023-1035"]}]}]}],"experimental_config":{}}
"#;

/// Two components, one in the other; an open vulnerability of both, one that is settled, one of the whole.
pub(crate) const CYCLONEDX: &str = r#"{"bomFormat":"CycloneDX","specVersion":"1.6","metadata":{"timestamp":"2026-11-21T21:12:06+00:00","tools":{"components":[{"type":"application","name":"Grype","version":"0.94.0"}]},"component":{"bom-ref":"root","type":"container","name":"docker.io/library/shop:1.0"}},
"vulnerabilities":[{"id":"GHSA-jf85-cpcp-j695","source":{"name":"GitHub","url":"https://example.com/g"},"references":[{"id":"CVE-2019-10744"}],"ratings":[{"source":{"name":"nvd"},"severity":"critical","method":"CVSSv31","score":9.1,"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H"},{"source":{"name":"github"},"severity":"high"}],"cwes":[94],
"description":"Code Execution in lodash.","recommendation":"Upgrade","advisories":[{"url":"https://example.com/a"}],"analysis":{"state":"in_triage"},"affects":[{"ref":"urn:cdx:3e67/1#lodash"},{"ref":"inner","versions":[{"version":"1","status":"affected"}]},{"ref":"fine","versions":[{"status":"unaffected"}]}]},
{"id":"CVE-2020-0001","analysis":{"state":"not_affected","justification":"code_not_reachable"},"affects":[{"ref":"lodash"}]},
{"id":"CVE-2020-0002","affects":[{"ref":"root"}]}],
"components":[{"bom-ref":"lodash","type":"library","name":"lodash","version":"4.17.4","purl":"pkg:npm/lodash@4.17.4?x=y","properties":[{"name":"syft:location:0:path","value":"/app/lib/package.json"}],"components":[{"bom-ref":"inner","group":"g","name":"inner","version":"1"}]}]}
"#;

/// The same.
pub(crate) const CYCLONEDX_XML: &str = r#"<?xml version="1.0"?>
<bom xmlns="http://cyclonedx.org/schema/bom/1.6" version="1"><metadata><timestamp>2026-11-21T21:12:06+00:00</timestamp><tools><components><component type="application"><name>Grype</name><version>0.94.0</version></component></components></tools>
<component bom-ref="root" type="container"><name>docker.io/library/shop:1.0</name></component></metadata>
<components><component type="library" bom-ref="lodash"><name>lodash</name><version>4.17.4</version><purl>pkg:npm/lodash@4.17.4?x=y</purl><properties><property name="syft:location:0:path">/app/lib/package.json</property></properties>
<components><component bom-ref="inner"><group>g</group><name>inner</name><version>1</version></component></components></component></components>
<vulnerabilities><vulnerability><id>GHSA-jf85-cpcp-j695</id><source><name>GitHub</name><url>https://example.com/g</url></source><references><reference><id>CVE-2019-10744</id></reference></references>
<ratings><rating><source><name>nvd</name></source><score>9.1</score><severity>critical</severity><method>CVSSv31</method><vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H</vector></rating><rating><source><name>github</name></source><severity>high</severity></rating></ratings>
<cwes><cwe>94</cwe></cwes><description>Code Execution in lodash.</description><recommendation>Upgrade</recommendation><advisories><advisory><url>https://example.com/a</url></advisory></advisories><analysis><state>in_triage</state></analysis>
<affects><target><ref>urn:cdx:3e67/1#lodash</ref></target><target><ref>inner</ref><versions><version><version>1</version><status>affected</status></version></versions></target><target><ref>fine</ref><versions><version><status>unaffected</status></version></versions></target></affects></vulnerability>
<vulnerability><id>CVE-2020-0001</id><analysis><state>not_affected</state><justification>code_not_reachable</justification></analysis><affects><target><ref>lodash</ref></target></affects></vulnerability>
<vulnerability><id>CVE-2020-0002</id><affects><target><ref>root</ref></target></affects></vulnerability></vulnerabilities></bom>
"#;

/// A project: an issue by two paths, one of a licence; and a container with an application in it.
pub(crate) const SNYK: &str = r#"[{"ok":false,"dependencyCount":3,"packageManager":"npm","projectName":"shop","displayTargetFile":"web\\package-lock.json","path":"/ci/shop","vulnerabilities":[
{"id":"SNYK-JS-LODASH-450202","title":"Code Execution","severity":"high","packageName":"lodash","name":"lodash","version":"4.17.4","packageManager":"npm","identifiers":{"CVE":["CVE-2019-10744"],"CWE":["CWE-94"]},"CVSSv3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:H/A:H","cvssScore":9.1,"description":"Code Execution in lodash.","fixedIn":["4.17.12"],"from":["shop@1.0.0","lodash@4.17.4"],"references":[{"url":"https://example.com/s"}]},
{"id":"SNYK-JS-LODASH-450202","title":"Code Execution","severity":"high","name":"lodash","version":"4.17.4","packageManager":"npm","identifiers":{"CVE":["CVE-2019-10744"]},"from":["shop@1.0.0","async@2.0.0","lodash@4.17.4"]},
{"id":"snyk:lic:npm:left:GPL-2.0","type":"license","title":"GPL-2.0 license","severity":"medium","name":"left","version":"1.0.0","packageManager":"npm","from":["shop@1.0.0"]}]},
{"ok":false,"packageManager":"deb","projectName":"docker-image|o/shop","path":"o/shop:1.0/shop","docker":{"baseImage":"debian:10"},"vulnerabilities":[{"id":"SNYK-DEBIAN10-OPENSSL-1","title":"Old","severity":"low","name":"openssl/libssl1.1","version":"1.1.1d-0","packageManager":"debian:10","identifiers":{"CVE":["CVE-2020-1967"]},"from":["a"]}],
"applications":[{"packageManager":"gomodules","targetFile":"/usr/bin/app","vulnerabilities":[{"id":"SNYK-GOLANG-X-1","severity":"critical","title":"Bad","name":"golang.org/x/crypto/ssh","version":"0.1.0","packageManager":"golang","from":["a"]}]}]},
{"packageManager":"terraformconfig","projectName":"shop","targetFile":"main.tf","path":".","infrastructureAsCodeIssues":[{"id":"SNYK-CC-TF-136","severity":"low","title":"Logging","msg":"resource.aws_redshift_cluster[a].logging","lineNumber":3,"isIgnored":false},{"id":"SNYK-CC-TF-1","severity":"low","title":"x","isIgnored":true}]}]
"#;

/// An open finding, a suppressed one, and one that an analyst settled.
pub(crate) const DEPENDENCY_TRACK: &str = r#"{"version":"1.2","meta":{"application":"Dependency-Track","version":"4.10.1","timestamp":"2026-11-21T21:12:06Z"},"project":{"uuid":"ca4f2da9","name":"shop","version":"1.0"},"findings":[
{"component":{"uuid":"b815","name":"jackson-databind","group":"com.fasterxml.jackson.core","version":"2.13.3","purl":"pkg:maven/com.fasterxml.jackson.core/jackson-databind@2.13.3?type=jar"},"vulnerability":{"uuid":"8af3","source":"GITHUB","vulnId":"GHSA-rgv9-q543-rqg4","title":"Consumption","severity":"HIGH","cvssV3BaseScore":7.5,"cweId":400,"cwes":[{"cweId":502}],"aliases":[{"cveId":"CVE-2022-42004","ghsaId":"GHSA-rgv9-q543-rqg4"}],"description":"Code Execution in jackson."},"analysis":{"isSuppressed":false},"attribution":{"analyzerIdentity":"INTERNAL_ANALYZER"},"matrix":"a:b:c"},
{"component":{"name":"a","version":"1"},"vulnerability":{"vulnId":"CVE-2020-0001","severity":"LOW"},"analysis":{"isSuppressed":true},"matrix":"a:b:d"},
{"component":{"name":"a","version":"1"},"vulnerability":{"vulnId":"CVE-2020-0002","severity":"LOW"},"analysis":{"state":"NOT_AFFECTED","isSuppressed":false},"matrix":"a:b:e"}]}
"#;

pub(crate) const PRISMA: &str = r#"{"results":[{"id":"sha256:b1c0","name":"registry.example/shop:1.0","distro":"Red Hat Enterprise Linux release 8.6 (Ootpa)","packages":[{"type":"os","name":"nss-util","version":"3.67.0-7.el8_5"},{"type":"jar","name":"org.apache.logging.log4j_log4j-core","version":"2.14.1","path":"/app/log4j.jar"}],
"compliances":[{"id":41,"title":"Image as root","severity":"high","description":"Runs as root.","cause":"USER root"}],"complianceDistribution":{"high":1},
"vulnerabilities":[{"id":"CVE-2021-43529","status":"affected","cvss":9.8,"description":"Code Execution in NSS.","severity":"critical","packageName":"nss-util","packageVersion":"3.67.0-7.el8_5","link":"https://example.com/n"},
{"id":"CVE-2021-44228","status":"fixed in 2.15.0, 2.12.2","cvss":10,"vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H","severity":"important","packageName":"org.apache.logging.log4j_log4j-core","packageVersion":"2.14.1"}],"vulnerabilityDistribution":{"critical":1},"scanTime":"2026-11-21T21:12:06.8Z"}]}
"#;

/// The second finding of the sample before, and a compliance issue of another image.
pub(crate) const PRISMA_CSV: &str = r#"Registry,Repository,Tag,Id,Distro,Hosts,Layer,CVE ID,Compliance ID,Type,Severity,Packages,Source Package,Package Version,Package License,CVSS,Fix Status,Description,Cause
registry.example,shop,1.0,sha256:b1c0,Red Hat Enterprise Linux release 8.6,3,,CVE-2021-44228,,jar,important,org.apache.logging.log4j_log4j-core,,2.14.1,,10,"fixed in 2.15.0, 2.12.2","Code Execution in log4j.",""
,other,,sha256:b1c1,,3,,,41,image,high,,,,,,,Image runs as root,"USER root"
"#;

pub(crate) const AQUA: &str = r#"{"image":"registry.example/shop:1.0","registry":"r","scan_started":{"seconds":1658360982,"nanos":1},"os":"debian","version":"10","resources":[
{"resource":{"format":"deb","name":"apt","version":"1.8.2.2"},"scanned":true,"vulnerabilities":[{"name":"CVE-2011-3374","description":"Code Execution in apt.","nvd_score":4.3,"nvd_vectors":"AV:N/AC:M/Au:N/C:N/I:P/A:N","nvd_severity":"medium","vendor_severity":"unimportant","nvd_score_v3":3.7,"nvd_vectors_v3":"CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:N/I:L/A:N","nvd_url":"https://example.com/a"}]},
{"resource":{"format":"npm","path":"/app/node_modules/@babel/traverse","name":"@babel/traverse","version":"7.22.15"},"vulnerabilities":[{"name":"CVE-2023-45133","aqua_severity":"high","fix_version":"7.23.2","cwe_info":[{"Id":"CWE-697"}]},{"name":"CVE-2023-0001","aqua_severity":"low","acknowledged":true}]}]}
"#;

/// An image: an issue of two packages, and the same as a violation; one of a licence.
pub(crate) const XRAY: &str = r#"[{"scan_id":"2c4c","component_id":"docker://shop:1.0","package_type":"Docker","status":"completed","vulnerabilities":[{"cves":[{"cve":"CVE-2023-3446","cvss_v2_score":"5.0","cvss_v2_vector":"CVSS:2.0/AV:N/AC:L/Au:N/C:N/I:N/A:P","cvss_v3_score":"7.5","cvss_v3_vector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}],"summary":"Code Execution in OpenSSL","severity":"High",
"components":{"alpine://3.18:libcrypto3:3.1.1-r1":{"fixed_versions":["[3.1.1-r3]"],"impact_paths":[]},"deb://debian:buster:openssl:1.1.1d-0":{"fixed_versions":[]}},"issue_id":"XRAY-526273","references":["https://example.com/x"]}],
"violations":[{"type":"security","watch_name":"all","cves":[{"cve":"CVE-2023-3446"}],"severity":"High","components":{"alpine://3.18:libcrypto3:3.1.1-r1":{}},"issue_id":"XRAY-526273"},{"type":"license","severity":"High","license_key":"MIT","components":{}}]}]
"#;

/// An image in ECR with a package, an instance with code, and one that was suppressed.
pub(crate) const INSPECTOR: &str = r#"{"findings":[{"awsAccountId":"123456789012","findingArn":"arn:aws:inspector2:eu-central-1:123456789012:finding/1","description":"Code Execution in OpenSSL.","severity":"MEDIUM","status":"ACTIVE","title":"CVE-2023-2650 - openssl","type":"PACKAGE_VULNERABILITY","lastObservedAt":"2026-11-20T04:03:53.051000+02:00",
"packageVulnerabilityDetails":{"vulnerabilityId":"CVE-2023-2650","cvss":[{"baseScore":6.5,"scoringVector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H","version":"3.1"}],"referenceUrls":[],"sourceUrl":"https://example.com/s","vulnerablePackages":[{"name":"openssl","version":"1.1.1n","epoch":0,"release":"0+deb11u4","packageManager":"OS","fixedInVersion":"0:1.1.1n-0+deb11u5"}]},
"resources":[{"type":"AWS_ECR_CONTAINER_IMAGE","id":"arn:aws:ecr:eu-central-1:123456789012:repository/shop/sha256:af96","region":"eu-central-1","details":{"awsEcrContainerImage":{"registry":"123456789012","repositoryName":"shop","imageTags":["1.0"],"platform":"DEBIAN_11"}}}]},
{"awsAccountId":"123456789012","severity":"HIGH","status":"ACTIVE","title":"Log injection","type":"CODE_VULNERABILITY","codeVulnerabilityDetails":{"ruleId":"python-log-injection","cwes":["CWE-117"],"filePath":{"filePath":"src/api.py","startLine":268}},"resources":[{"type":"AWS_LAMBDA_FUNCTION","id":"arn:aws:lambda:eu-central-1:1:function:api","region":"eu-central-1"}]},
{"awsAccountId":"123456789012","severity":"HIGH","status":"SUPPRESSED","resources":[]}]}
"#;

/// The first finding of the sample before as Security Hub knows it, a control that failed and one that passed.
pub(crate) const ASFF: &str = r#"{"Findings":[{"SchemaVersion":"2018-10-08","Id":"arn:aws:inspector2:eu-central-1:123456789012:finding/1","ProductArn":"arn:aws:securityhub:eu-central-1::product/aws/inspector","GeneratorId":"AWSInspector","AwsAccountId":"123456789012","LastObservedAt":"2026-11-20T02:03:53Z","Severity":{"Label":"MEDIUM"},"Title":"CVE-2023-2650 - openssl","Description":"Code Execution in OpenSSL.",
"ProductFields":{"aws/inspector/resources/1/resourceDetails/awsEcrContainerImageDetails/platform":"DEBIAN_11"},"Resources":[{"Type":"AwsEcrContainerImage","Id":"arn:aws:ecr:eu-central-1:123456789012:repository/shop/sha256:af96","Region":"eu-central-1","Details":{"AwsEcrContainerImage":{"RegistryId":"123456789012","RepositoryName":"shop","ImageTags":["1.0"]}}}],"Workflow":{"Status":"NEW"},"RecordState":"ACTIVE",
"Vulnerabilities":[{"Id":"CVE-2023-2650","VulnerablePackages":[{"Name":"openssl","Version":"1.1.1n","Epoch":"0","Release":"0+deb11u4","PackageManager":"OS"}],"Cvss":[{"Version":"3.1","BaseScore":6.5,"BaseVector":"CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:N/I:N/A:H"}]}]},
{"Id":"2","ProductArn":"arn:aws:securityhub:us-east-1::product/aws/securityhub","GeneratorId":"arn:aws:securityhub:::ruleset/cis/v/1.2.0/rule/1.1","AwsAccountId":"1","Severity":{"Normalized":40},"Title":"1.1 Root","Compliance":{"Status":"FAILED"},"Resources":[{"Type":"AwsAccount","Id":"AWS::::Account:1"}],"RecordState":"ACTIVE"},
{"Id":"3","ProductArn":"arn:aws:securityhub:us-east-1::product/aws/securityhub","GeneratorId":"g","AwsAccountId":"1","Severity":{"Label":"LOW"},"Compliance":{"Status":"PASSED"},"Resources":[]}]}
"#;

pub(crate) const WIZCLI: &str = r#"{"id":"1","createdAt":"2026-11-21T21:12:06Z","policies":[],"scanOriginResource":{"__typename":"CICDScanOriginContainerImage","name":"shop:1.0"},"status":{"state":"SUCCESS","verdict":"WARN_BY_POLICY"},"result":{"osPackages":[{"name":"libcrypto3","version":"3.3.1-r0","vulnerabilities":[{"name":"CVE-2024-5535","severity":"LOW","fixedVersion":"3.3.1-r1","source":"https://security.alpinelinux.example/vuln/CVE-2024-5535","description":"Code Execution in OpenSSL."}]}],
"libraries":[{"vulnerabilities":[{"name":"CVE-2023-44487","severity":"MEDIUM","fixedVersion":"0.17.0","source":"https://example.com/g","score":7.5,"hasExploit":true}],"name":"golang.org/x/net","version":"0.14.0","path":"/app/go.mod"}],"secrets":[{"description":"Password in URL (postgresql://postgres:---REDACTED---@db)","path":"/app/testing.go","lineNumber":35,"type":"PASSWORD"}],
"ruleMatches":[{"rule":{"id":"4ac84116","name":"Apk Add Using Local Cache Path"},"severity":"INFORMATIONAL","matches":[{"resourceName":"FROM={{a}}","fileName":"Dockerfile","lineNumber":8,"matchContent":"RUN apk add git","expected":"no cache","found":"cache"}]}]}}
"#;

/// Two open findings and a resolved one.
pub(crate) const WIZ_VULNERABILITIES: &str = r#"ID,WizURL,Name,CVSSSeverity,HasExploit,FindingStatus,VendorSeverity,LastDetected,Remediation,LocationPath,DetailedName,Version,FixedVersion,DetectionMethod,Link,AssetID,AssetName,ProviderUniqueId
1,https://wiz.example/1,CVE-2024-39474,Low,false,Open,High,2026-08-07T12:27:01Z,go get -u github.com/containerd/containerd,/usr/bin/containerd,github.com/containerd/containerd,1.4.0,1.5.11,Library,https://example.com/l,a2,node-1,https://cloud.example/instances/node-1
2,https://wiz.example/2,CVE-2024-0001,,true,Open,Medium,,apt-get install openssl,,openssl,1.1.1,1.1.2,"Package; Code Execution",https://security-tracker.debian.example/2,a2,node-1,https://cloud.example/instances/node-1
3,https://wiz.example/3,CVE-2024-0002,,false,Resolved,Low,,,,x,1,,Library,,a2,node-1,https://cloud.example/instances/node-1
"#;

pub(crate) const WIZ_ISSUES: &str = r#"Created At,Title,Severity,Status,Description,Resource Type,Resource external ID,Control ID,Resource Name,Remediation Recommendation,Subscription Name,Wiz URL
2026-01-25T00:19:27Z,Wildcards in a role,HIGH,OPEN,"Description:
Code Execution through a role.",User,k8s/user/42cf/aks-support,5bd69891,aks-support,Restrict the role to the verbs and resources that it needs,Prod,https://wiz.example/i1
2026-01-25T00:19:27Z,Wildcards in a role,HIGH,RESOLVED,Done,User,k8s/user/42cf/other,5bd69891,other,,Prod,https://wiz.example/i2
"#;

/// An open vulnerability, one that is patched, and one of an ignored component.
pub(crate) const BLACKDUCK: &str = r#"{"totalCount":3,"items":[{"componentName":"cdr/code-server","componentVersionName":"3.3.0-rc.27","componentVersionOriginName":"npmjs","componentVersionOriginId":"code-server/3.3.0-rc.27","ignored":false,"vulnerabilityWithRemediation":{"vulnerabilityName":"BDSA-2021-2909","description":"Code Execution in code-server.","baseScore":7.5,"source":"BDSA","severity":"MEDIUM","remediationStatus":"NEW","cweId":"CWE-400","relatedVulnerability":"https://blackduck.example/api/vulnerabilities/CVE-2021-3810"}},
{"componentName":"a","componentVersionName":"1","ignored":false,"vulnerabilityWithRemediation":{"vulnerabilityName":"CVE-2020-0001","severity":"LOW","remediationStatus":"PATCHED"}},
{"componentName":"a","componentVersionName":"1","ignored":true,"vulnerabilityWithRemediation":{"vulnerabilityName":"CVE-2020-0002","severity":"LOW","remediationStatus":"NEW"}}]}
"#;

/// An open vulnerability and one that is ignored.
pub(crate) const BLACKDUCK_CSV: &str = r#"Used by,Component name,Component version name,Component origin name,Component origin id,Component origin version name,Vulnerability id,Description,Base score,Vulnerability source,Remediation status,Remediation comment,URL,Security Risk,Project path
,Apache Commons Compress,1.18,maven,org.apache.commons:commons-compress:1.18,1.18,BDSA-2019-2725 (CVE-2019-12402),"Code Execution by an infinite loop, as it were.",5.0,BDSA,NEW,,https://blackduck.example/v,LOW,shop latest
,Apache Commons Compress,1.18,maven,org.apache.commons:commons-compress:1.18,1.18,BDSA-2019-1,x,5.0,BDSA,IGNORED,,,LOW,shop latest
"#;

pub(crate) const BLACKDUCK_BINARY: &str = r#""Component","Version","Latest version","CVE","Matching type","CVSS","Object","Object full path","CVSS3","CVSS vector (v2)","CVSS vector (v3)","Summary","Note reason","Vulnerability URL","BDSA"
"zlib","1.2.13","1.3","CVE-2023-45853","Exact match","0.0","instrument.dll","JRE.msi:JRE.cab:instrument.dll","9.8","","AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","Code Execution in MiniZip","","https://example.com/z",""
"fine","1.0","1.0","","Exact match","","fine.dll","fine.dll","","","","","","",""
"#;

/// An active finding and one whose library was removed.
pub(crate) const MEND: &str = r#"{"additionalData":{"totalItems":2},"response":[{"uuid":"1","name":"CVE-2022-42004","type":"SECURITY_VULNERABILITY","component":{"name":"jackson-databind-2.13.3.jar","libraryType":"MAVEN_ARTIFACT","groupId":"com.fasterxml.jackson.core","artifactId":"jackson-databind","version":"2.13.3","dependencyType":"Direct","path":"/source/pom.xml"},"findingInfo":{"status":"ACTIVE"},"project":{"name":"shop"},
"vulnerability":{"name":"CVE-2022-42004","description":"Code Execution in jackson.","score":7.5,"severity":"HIGH","vulnerabilityScoring":[{"score":7.5,"severity":"HIGH","type":"CVSS_3"}]},"topFix":{"fixResolution":"com.fasterxml.jackson.core:jackson-databind:2.13.4","url":"https://example.com/f"}},
{"uuid":"2","name":"CVE-2022-0001","component":{"artifactId":"a","version":"1"},"findingInfo":{"status":"LIBRARY_REMOVED"},"project":{"name":"shop"},"vulnerability":{"name":"CVE-2022-0001","severity":"LOW"}}]}
"#;

/// An open issue and one that does not apply.
pub(crate) const SONATYPE: &str = r#"{"components":[{"hash":"0002","componentIdentifier":{"format":"maven","coordinates":{"artifactId":"log4j-core","groupId":"org.apache.logging.log4j","version":"2.14.1","extension":"jar"}},"matchState":"exact","pathnames":["WEB-INF/lib/log4j-core-2.14.1.jar"],"securityData":{"securityIssues":[{"source":"cve","reference":"CVE-2021-44228","severity":10.0,"status":"Open","url":"https://example.com/Code Execution","threatCategory":"critical"},
{"source":"sonatype","reference":"sonatype-2019-0467","severity":5.5,"status":"Not Applicable","threatCategory":"severe"}]}},{"componentIdentifier":{"format":"npm","coordinates":{"packageId":"left","version":"1.0.0"}},"securityData":null}],"matchSummary":{"totalComponentCount":2}}
"#;

pub(crate) const SPDX: &str = r#"{"spdxVersion":"SPDX-2.3","SPDXID":"SPDXRef-DOCUMENT","name":"shop","dataLicense":"CC0-1.0","creationInfo":{"created":"2026-11-21T21:12:06Z","creators":["Tool: example"]},"packages":[{"SPDXID":"SPDXRef-1","name":"lodash","versionInfo":"4.17.4","downloadLocation":"NOASSERTION","externalRefs":[{"referenceCategory":"PACKAGE-MANAGER","referenceType":"purl","referenceLocator":"pkg:npm/lodash@4.17.4"},{"referenceCategory":"SECURITY","referenceType":"advisory","referenceLocator":"https://nvd.example/CVE-2019-10744?Code Execution"}]},
{"SPDXID":"SPDXRef-2","name":"left","versionInfo":"1.0.0"}],"relationships":[]}
"#;

/// The same.
pub(crate) const SPDX_TAGS: &str = "SPDXVersion: SPDX-2.3\nDataLicense: CC0-1.0\nSPDXID: SPDXRef-DOCUMENT\nDocumentName: shop\nCreated: 2026-11-21T21:12:06Z\nDocumentComment: <text>one\nPackageName: nobody\n</text>\n\n# Packages\nPackageName: lodash\nSPDXID: SPDXRef-1\nPackageVersion: 4.17.4\nPackageDownloadLocation: NOASSERTION\nExternalRef: PACKAGE-MANAGER purl pkg:npm/lodash@4.17.4\nExternalRef: SECURITY advisory https://nvd.example/CVE-2019-10744?Code Execution\n\nPackageName: left\nSPDXID: SPDXRef-2\nPackageVersion: 1.0.0\n";
