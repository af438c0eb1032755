//! Shared by the tests: read a whole report.

use std::io::Cursor;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::finding::identity::{location, weakness};
use scanhelm_core::import::Quarantined;
use scanhelm_formats::{CoveredAsset, ReadError, ReadOptions, ReportHeader, ReportItem, open};

/// Everything a report gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Whole {
    pub(crate) format: &'static str,
    pub(crate) headers: Vec<ReportHeader>,
    pub(crate) assets: Vec<CoveredAsset>,
    pub(crate) findings: Vec<FindingRecord>,
    pub(crate) suppressed: Vec<FindingRecord>,
    pub(crate) rejected: Vec<Quarantined>,
    pub(crate) complete: bool,
    pub(crate) blind: bool,
    pub(crate) problems: Vec<String>,
}

pub(crate) fn read_with(bytes: impl Into<Vec<u8>>, options: &ReadOptions) -> Result<Whole, ReadError> {
    let report = open(Box::new(Cursor::new(bytes.into())), options)?;
    let mut whole = Whole { format: report.format.id, ..Whole::default() };
    let mut footers = 0;
    for item in report {
        assert_eq!(footers, 0, "nothing follows the footer");
        match item? {
            ReportItem::Header(header) => whole.headers.push(header),
            ReportItem::Asset(asset) => whole.assets.push(asset),
            ReportItem::Finding(finding) => {
                assert!(!whole.headers.is_empty(), "a header comes first");
                let identity = finding.asset.identity();
                assert!(
                    whole.assets.iter().any(|covered| covered.asset.identity() == identity),
                    "the asset {identity} comes before its findings"
                );
                whole.findings.push(*finding);
            }
            ReportItem::Suppressed(finding) => whole.suppressed.push(*finding),
            ReportItem::Rejected(rejected) => {
                let before = whole.findings.len() + whole.suppressed.len() + whole.rejected.len();
                assert_eq!(rejected.record, before as u64);
                whole.rejected.push(rejected);
            }
            ReportItem::Footer { complete, blind, problems, .. } => {
                footers += 1;
                whole.complete = complete;
                whole.blind = blind;
                whole.problems = problems;
            }
        }
    }
    assert_eq!(footers, 1, "a report read to its end has one footer");
    Ok(whole)
}

pub(crate) fn read(bytes: impl Into<Vec<u8>>) -> Result<Whole, ReadError> {
    read_with(bytes, &ReadOptions::default())
}

/// A small Nessus report: two hosts, three items, one of them a compliance check.
/// What each finding is known by: asset, weakness and place.
pub(crate) fn known_by(whole: &Whole) -> Vec<[String; 3]> {
    let all = whole.findings.iter();
    all.map(|finding| [finding.asset.identity(), weakness(finding), location(&finding.location)]).collect()
}

/// One of [`known_by`].
pub(crate) fn entry(asset: &str, weakness: &str, location: &str) -> [String; 3] {
    [asset, weakness, location].map(str::to_owned)
}

pub(crate) const NESSUS: &str = r#"<?xml version="1.0" ?>
<!-- exported --><NessusClientData_v2>
<Policy><policyName>Internal &amp; quick</policyName><Preferences><ServerPreferences>
<preference><name>TARGET</name><value>10.0.0.5,db1.example.com</value></preference>
</ServerPreferences></Preferences></Policy>
<Report name="Weekly" xmlns:cm="http://www.nessus.org/cm">
<ReportHost name="10.0.0.5"><HostProperties>
<tag name="host-ip">10.0.0.5</tag>
<tag name="host-fqdn">DB1.example.com</tag>
<tag name="netbios-name">WORKGROUP\DB1</tag>
<tag name="host-uuid">44d62c42-1539-4c9d-8079-ea2f87120006</tag>
<tag name="operating-system">Linux Kernel 5.10</tag>
<tag name="Credentialed_Scan">true</tag>
<tag name="HOST_START">Thu Jun 10 11:24:12 2021</tag>
<tag name="HOST_END">Thu Jun 10 13:37:06 2021</tag>
<tag name="HOST_END_TIMESTAMP">1623325026</tag>
</HostProperties>
<ReportItem port="443" svc_name="www" protocol="tcp" severity="3" pluginID="51192" pluginName="TLS &lt; 1.2" pluginFamily="General">
<cve>CVE-2022-3602</cve><cve>CVE-2022-3786</cve><cwe>119</cwe><xref>CWE:121</xref><xref>IAVA:2022-A-1</xref>
<cvss_base_score>7.8</cvss_base_score><cvss_vector>CVSS2#AV:N/AC:M/Au:N/C:N/I:N/A:C</cvss_vector>
<cvss3_base_score>7.5</cvss3_base_score><cvss3_vector>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H</cvss3_vector>
<risk_factor>High</risk_factor><synopsis>Old TLS.</synopsis><description>The service speaks old TLS.</description>
<solution>Switch it off.</solution><see_also>https://example.com/a
https://example.com/b</see_also><plugin_output><![CDATA[TLSv1 <is> on]]> &#x26; open</plugin_output><fname>x.nasl</fname>
</ReportItem>
<ReportItem port="0" svc_name="general" protocol="TCP" severity="3" pluginID="21157" pluginName="Unix Compliance Checks" pluginFamily="Policy Compliance">
<cm:compliance-check-name>5.2.1 Ensure SSH</cm:compliance-check-name><cm:compliance-check-id>abc123</cm:compliance-check-id>
<cm:compliance-result>FAILED</cm:compliance-result><cm:compliance-actual-value>yes</cm:compliance-actual-value>
<cm:compliance-policy-value>no</cm:compliance-policy-value><cm:compliance-info>Why.</cm:compliance-info>
</ReportItem>
</ReportHost>
<ReportHost name="quiet"><HostProperties><tag name="HOST_END">Thu Jun 10 11:37:06 2021</tag></HostProperties>
<ReportItem port="22" svc_name="ssh" protocol="tcp" severity="0" pluginID="0" pluginName="" pluginFamily=""/>
</ReportHost>
</Report></NessusClientData_v2>
"#;

/// A small SARIF whose rules stand behind the results.
pub(crate) const SARIF: &str = r#"{"version":"2.1.0","runs":[{"results":[
{"ruleId":"py/sqli","ruleIndex":0,"level":"error","message":{"text":"SQL from {0}","arguments":["input"]},
 "locations":[{"physicalLocation":{"artifactLocation":{"uri":"src/a%20b.py","uriBaseId":"%SRCROOT%"},
 "region":{"startLine":7,"startColumn":3,"snippet":{"text":"  db.run(q)"}}}}]},
{"ruleId":"py/weak","message":{"id":"default","arguments":["MD5"]},"suppressions":[{"kind":"inSource","justification":"test data"}],
 "locations":[{"physicalLocation":{"artifactLocation":{"index":1},"region":{"startLine":2}}}]},
{"ruleId":"py/ok","kind":"pass","message":{"text":"fine"}}],
"artifacts":[{"location":{"uri":"x.py"}},{"location":{"uri":"src/hash.py"}}],
"invocations":[{"executionSuccessful":true,"startTimeUtc":"2026-11-21T21:12:00Z","endTimeUtc":"2026-11-21T21:12:13Z"}],
"versionControlProvenance":[{"repositoryUri":"https://bot:secret@github.com/example/shop.git"}],
"tool":{"driver":{"name":"Example Scanner","semanticVersion":"1.2.3","rules":[
{"id":"py/sqli","shortDescription":{"text":"SQL injection"},"fullDescription":{"text":"Never build SQL."},
 "helpUri":"https://example.com/sqli","properties":{"security-severity":"9.1","tags":["security","external/cwe/cwe-089"]}},
{"id":"py/weak","name":"WeakHash","defaultConfiguration":{"level":"note"},"messageStrings":{"default":{"text":"Weak hash {0}"}},
 "relationships":[{"target":{"id":"327","toolComponent":{"name":"CWE"}}}]}]}}}]}
"#;

pub(crate) const BANDIT: &str = r#"{"errors":[],"generated_at":"2026-11-21T21:12:06Z",
"metrics":{"_totals":{"loc":3},"app.py":{"loc":3}},"results":[
{"code":"1 import x\n2     eval(q)\n3 done()\n","col_offset":4,"filename":"./app.py","issue_confidence":"HIGH",
"issue_cwe":{"id":78,"link":"https://cwe.mitre.org/data/definitions/78.html"},"issue_severity":"MEDIUM",
"issue_text":"Use of possibly insecure function.","line_number":2,"line_range":[2],
"more_info":"https://bandit.readthedocs.io/b307","test_id":"B307","test_name":"blacklist"}]}
"#;

pub(crate) const SEMGREP: &str = r#"{"version":"1.182.0","results":[{"check_id":"py.eval","path":"src/app.py",
"start":{"line":2,"col":5},"end":{"line":2,"col":12},"extra":{"message":"Never eval. It runs anything.","severity":"ERROR",
"metadata":{"cwe":["CWE-95: Eval Injection"],"references":["https://example.com/eval"],"category":"security"},
"lines":"    eval(q)","fix":"literal_eval(q)"}}],"errors":[],"paths":{"scanned":["src/app.py"]}}
"#;

/// A small table: the first finding is that of [`NESSUS`], its two rows apart; then two that say the same, one
/// without CVE on a host that is known by its address, and a row of nothing.
pub(crate) const NESSUS_CSV: &str = r#"Plugin ID,CVE,CVSS,Risk,Host,Protocol,Port,Name,Synopsis,Description,Solution,See Also,Plugin Output,IP Address,FQDN,NetBios,OS,Plugin Family,CVSS v3.0 Base Score,CVSS3 Vector,CVSS Vector,Service,XREF,Risk Factor,Host Start,Host End
"51192","CVE-2022-3786","7.8","High","10.0.0.5","tcp","443","TLS < 1.2","Old TLS.","The service speaks old TLS.","Switch it off.","https://example.com/a
https://example.com/b","TLSv1 <is> on & ""open""","10.0.0.5","DB1.example.com","WORKGROUP\DB1","Linux Kernel 5.10","General","7.5","CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H","AV:N/AC:M/Au:N/C:N/I:N/A:C","www","CWE:121;IAVA:2022-A-1","High","2021-06-10T11:24:12Z","2021-06-10T11:37:06Z"
"60001","CVE-2020-0001","","Low","10.0.0.5","tcp","80","Twice","","","n/a","","Same","10.0.0.5","DB1.example.com","WORKGROUP\DB1","","","","","","","","","",""
"60001","CVE-2020-0001","","Low","10.0.0.5","tcp","80","Twice","","","n/a","","Same","10.0.0.5","DB1.example.com","WORKGROUP\DB1","","","","","","","","","",""
,,,,,,,,,,,,,,,,,,,,,,,,,
"22","","","None","10.0.0.9","UDP","0","=cmd|'/c calc'!A1","","","","","","","","","","","","","","","","","",""
"51192","cve-2022-3602","7.8","High","10.0.0.5","TCP","443","TLS < 1.2","Old TLS.","The service speaks old TLS.","Switch it off.","","TLSv1 <is> on & ""open""","10.0.0.5","DB1.example.com","WORKGROUP\DB1","Linux Kernel 5.10","General","7.5","","","www","","High","",""
"#;

/// A small report of Invicti: an issue through a parameter, and one without.
pub(crate) const INVICTI: &str = r#"{"Generated":"25/06/2021 09:59 AM",
"Target":{"Duration":"00:12:24.8161163","Initiated":"25/06/2021 01:46 AM","ScanId":"ee9136920f6243486d12ad5104e2f745","Url":"https://shop.example/"},
"Vulnerabilities":[{"Certainty":100,"Classification":{"Cwe":"89, 943","Wasc":"19","Cvss":{"BaseScore":{"Severity":4,"Type":"Base","Value":"10.0"},
"Vector":"CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H"},"Cvss31":null},"Confirmed":true,"Description":"<p>SQL injection &amp; more.</p>",
"ExternalReferences":"<div><a href='https://example.com/sqli'>A</a></div>","ExtraInformation":[{"Name":"Database","Value":"MySQL"}],
"HttpRequest":{"Content":"GET /login.php?id=-1 HTTP/1.1","Method":"GET","Parameters":[{"Name":"id","Type":"Querystring","Value":"-1","Vulnerable":true},
{"Name":"page","Type":"Querystring","Value":"2","Vulnerable":false}]},"HttpResponse":{"Content":"HTTP/1.1 200 OK","StatusCode":200},
"LookupId":"dbd0a5a8-18d2-471a-7b37-ad490211f0f0","Impact":"<div>Data is read.</div>","KnownVulnerabilities":[],"Name":"Boolean Based SQL Injection",
"ProofOfConcept":"","RemedialActions":"<ol><li>Bind parameters.</li></ol>","RemedialProcedure":null,"RemedyReferences":"","Severity":"Critical",
"State":"Present","Type":"ConfirmedBooleanSqlInjection","Url":"https://shop.example/login.php?id=-1%20OR%2017-7%3d10"},
{"Certainty":90,"Classification":null,"Confirmed":false,"Description":"Old.","KnownVulnerabilities":[{"Severity":"High","Title":"Use After Free"}],
"LookupId":"","Name":"Out-of-date Version (Apache)","Severity":"BestPractice","State":"Present, Scanning","Type":"ApacheOutOfDate","Url":"https://shop.example/"}]}
"#;

/// The same as XML.
pub(crate) const INVICTI_XML: &str = r#"<?xml version="1.0" encoding="utf-8" ?>
<invicti-enterprise generated="25/06/2021 09:59 AM"><target><scan-id>ee9136920f6243486d12ad5104e2f745</scan-id><url>https://shop.example/</url>
<initiated>25/06/2021 01:46 AM</initiated><duration>00:12:24.8161163</duration></target>
<vulnerabilities><vulnerability><LookupId>dbd0a5a8-18d2-471a-7b37-ad490211f0f0</LookupId><url>https://shop.example/login.php?id=-1%20OR%2017-7%3d10</url>
<type>ConfirmedBooleanSqlInjection</type><name>Boolean Based SQL Injection</name><severity>Critical</severity><certainty>100</certainty>
<confirmed>True</confirmed><state>Present</state><classification><wasc>19</wasc><cwe>89, 943</cwe>
<cvss><vector>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H</vector><score><type>Base</type><value>10.0</value><severity>Critical</severity></score>
<score><type>Temporal</type><value>9.1</value><severity>Critical</severity></score></cvss></classification>
<http-request><method>GET</method><content><![CDATA[GET /login.php?id=-1 HTTP/1.1]]></content>
<parameters><parameter name="id" type="Querystring" value="-1" vulnerable="True"/><parameter name="page" type="Querystring" value="2" vulnerable="False"/></parameters></http-request>
<http-response><status-code>200</status-code><content><![CDATA[HTTP/1.1 200 OK]]></content></http-response>
<extra-information><info name="Database" value="MySQL"/></extra-information>
<description><![CDATA[<p>SQL injection &amp; more.</p>]]></description><impact><![CDATA[<div>Data is read.</div>]]></impact>
<remedial-actions><![CDATA[<ol><li>Bind parameters.</li></ol>]]></remedial-actions><remedial-procedure></remedial-procedure>
<external-references><![CDATA[<div><a href='https://example.com/sqli'>A</a></div>]]></external-references></vulnerability>
<vulnerability><LookupId></LookupId><url>https://shop.example/</url><type>ApacheOutOfDate</type><name>Out-of-date Version (Apache)</name>
<severity>BestPractice</severity><certainty>90</certainty><confirmed>False</confirmed><state>Present, Scanning</state>
<known-vulnerabilities><known-vulnerability><title>Use After Free</title><severity>High</severity></known-vulnerability></known-vulnerabilities>
<description>Old.</description></vulnerability></vulnerabilities></invicti-enterprise>
"#;

/// The results of one scan of Qualys: two findings on a host that was logged in on, one without a port, a broken record,
/// a host that was not alive and one that gave nothing.
pub(crate) const QUALYS_RESULTS: &str = r#"[{"username":"example","company":"X","scan_report_template_title":"Scan Results","result_date":"06/10/2021 11:40:00"},
{"launch_date":"06/10/2021 11:24:12","active_hosts":"2","total_hosts":"3","type":"API","status":"Finished","reference":"scan/1623324252.00001",
"scanner_appliance":"10.0.0.2 (Scanner 12.1)","duration":"00:12:54","scan_title":"DMZ","asset_groups":null,"ips":"10.0.0.5-10.0.0.7","excluded_ips":"","option_profile":"Initial Options"},
{"ip":"10.0.0.5","dns":"DB1.example.com","netbios":null,"os":"Linux 5.10","ip_status":"host scanned, found vuln","qid":"38909","title":"OpenSSH Code Execution","type":"Vuln","severity":"5","port":"22","protocol":"tcp","fqdn":"","ssl":"no","cve_id":"CVE-2024-6387, CVE-2024-6409","vendor_reference":"usn-6859-1","cvss_base":"7.6 (AV:N/AC:H/Au:N/C:C/I:C/A:C)","cvss3_base":"8.1 (AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:H)","threat":"A race.","impact":"Remote code.","solution":"Upgrade.","results":"SSH-2.0-OpenSSH_9.6p1","instance":null,"category":"General remote services"},
{"ip":"10.0.0.5","dns":"DB1.example.com","netbios":null,"os":"Linux 5.10","ip_status":"host scanned, found vuln","qid":38307,"title":"Unix Authentication Method","type":"Ig","severity":"2","port":null,"protocol":null,"ssl":"no","cve_id":null,"results":"Authentication Method\tPassword","instance":null,"category":"Information gathering"},
{"ip":"10.0.0.5","dns":"DB1.example.com","netbios":null,"os":"Linux 5.10","ip_status":"host scanned, found vuln","qid":"45038","title":"Host Scan Time","type":"Ig","severity":"1","results":"Scan duration: 268 seconds\n\nStart time: Thu, Jun 10 2021, 11:25:00 GMT\n\nEnd time: Thu, Jun 10 2021, 11:29:28 GMT","category":"Information gathering"},
{"ip":"10.0.0.5","dns":"DB1.example.com","ip_status":"host scanned, found vuln","qid":"none","title":"?","type":"Vuln","severity":"3"},
{"ip":"10.0.0.6","dns":null,"ip_status":"host not alive"},
{"target_distribution_across_scanner_appliances":"appliance-1 : 10.0.0.5-10.0.0.7","hosts_not_scanned_host_not_alive_ip":"10.0.0.6","no_vulnerabilities_match_your_filters_for_these_hosts":"10.0.0.7"}]
"#;

/// The same scan as the console of Qualys writes it, with one finding.
pub(crate) const QUALYS_SCAN: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE SCAN SYSTEM "https://qualys.example.com/scan-1.dtd">
<SCAN value="scan/1623324252.00001"><HEADER><KEY value="DATE">2021-06-10T11:24:12Z</KEY><KEY value="TITLE"><![CDATA[DMZ]]></KEY>
<KEY value="TARGET"><![CDATA[10.0.0.5-10.0.0.7]]></KEY><KEY value="DURATION">00:12:54</KEY><KEY value="STATUS">FINISHED</KEY>
<OPTION_PROFILE><OPTION_PROFILE_TITLE option_profile_default="1"><![CDATA[Initial Options]]></OPTION_PROFILE_TITLE></OPTION_PROFILE></HEADER>
<IP value="10.0.0.5" name="DB1.example.com"><OS><![CDATA[Linux 5.10]]></OS>
<VULNS><CAT value="General remote services" port="22" protocol="tcp"><VULN number="38909" severity="5" cveid="CVE-2024-6387">
<TITLE><![CDATA[OpenSSH Code Execution]]></TITLE><CVE_ID_LIST><CVE_ID><ID><![CDATA[CVE-2024-6409]]></ID></CVE_ID></CVE_ID_LIST>
<DIAGNOSIS><![CDATA[A race &amp; more.]]></DIAGNOSIS><RESULT><![CDATA[SSH-2.0-OpenSSH_9.6p1]]></RESULT></VULN></CAT></VULNS>
<INFOS><CAT value="Information gathering"><INFO number="38307" severity="2"><TITLE>Unix Authentication Method</TITLE><RESULT>Password</RESULT></INFO></CAT></INFOS></IP>
<IP value="10.0.0.7"/></SCAN>
<!-- CONFIDENTIAL //-->
"#;

pub(crate) const QUALYS_DETECTIONS: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE HOST_LIST_VM_DETECTION_OUTPUT SYSTEM "https://qualys.example.com/host_list_vm_detection_output.dtd">
<HOST_LIST_VM_DETECTION_OUTPUT><RESPONSE><DATETIME>2021-06-10T12:00:00Z</DATETIME><HOST_LIST><HOST><ID>4711</ID><IP>10.0.0.5</IP>
<TRACKING_METHOD>IP</TRACKING_METHOD><OS><![CDATA[Linux 5.10]]></OS><DNS><![CDATA[db1.example.com]]></DNS>
<LAST_VM_SCANNED_DATE>2021-06-10T11:29:28Z</LAST_VM_SCANNED_DATE><LAST_VM_AUTH_SCANNED_DATE>2021-06-10T11:29:28Z</LAST_VM_AUTH_SCANNED_DATE>
<TAGS><TAG><NAME>x</NAME></TAG></TAGS><DETECTION_LIST>
<DETECTION><QID>38909</QID><TYPE>Confirmed</TYPE><SEVERITY>5</SEVERITY><PORT>22</PORT><PROTOCOL>tcp</PROTOCOL><SSL>0</SSL><RESULTS><![CDATA[Banner]]></RESULTS>
<STATUS>Active</STATUS><LAST_FOUND_DATETIME>2021-06-10T11:29:28Z</LAST_FOUND_DATETIME></DETECTION>
<DETECTION><QID>38170</QID><TYPE>Potential</TYPE><SEVERITY>2</SEVERITY><STATUS>Fixed</STATUS></DETECTION>
<DETECTION><QID>38601</QID><TYPE>Potential</TYPE><SEVERITY>2</SEVERITY><STATUS>Re-Opened</STATUS></DETECTION>
</DETECTION_LIST></HOST></HOST_LIST></RESPONSE></HOST_LIST_VM_DETECTION_OUTPUT>
"#;

pub(crate) const QUALYS_REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE ASSET_DATA_REPORT SYSTEM "https://qualys.example.com/asset_data_report.dtd">
<ASSET_DATA_REPORT><HEADER><GENERATION_DATETIME>2021-06-11T08:00:00Z</GENERATION_DATETIME><TEMPLATE><![CDATA[All]]></TEMPLATE></HEADER>
<HOST_LIST><HOST><IP>10.0.0.5</IP><TRACKING_METHOD>DNS</TRACKING_METHOD><DNS><![CDATA[DB1.example.com]]></DNS>
<VULN_INFO_LIST><VULN_INFO><QID id="qid_38909">38909</QID><TYPE>Vuln</TYPE><PORT>22</PORT><SERVICE>ssh</SERVICE><PROTOCOL>tcp</PROTOCOL><SSL>false</SSL>
<RESULT><![CDATA[SSH-2.0]]></RESULT><LAST_FOUND>2021-06-10T11:29:28Z</LAST_FOUND><VULN_STATUS>New</VULN_STATUS></VULN_INFO>
<VULN_INFO><QID id="qid_45038">45038</QID><TYPE>Ig</TYPE><RESULT>End time: Thu, Jun 10 2021, 11:29:28 GMT</RESULT></VULN_INFO></VULN_INFO_LIST></HOST></HOST_LIST>
<GLOSSARY><VULN_DETAILS_LIST><VULN_DETAILS id="qid_38909"><QID id="qid_38909">38909</QID><TITLE><![CDATA[OpenSSH Code Execution]]></TITLE><SEVERITY>5</SEVERITY>
<CATEGORY>General remote services</CATEGORY><THREAT><![CDATA[A race.]]></THREAT><CVE_ID_LIST><CVE_ID><ID><![CDATA[CVE-2024-6387]]></ID></CVE_ID></CVE_ID_LIST></VULN_DETAILS>
<VULN_DETAILS id="qid_45038"><QID>45038</QID><TITLE>Host Scan Time</TITLE><SEVERITY>1</SEVERITY></VULN_DETAILS></VULN_DETAILS_LIST></GLOSSARY></ASSET_DATA_REPORT>
"#;

/// A table by CVE with lines before its header: two rows of one finding, one of a finding that is fixed.
pub(crate) const QUALYS_CSV: &str = r#""Asset Vuln Datalist Report","04 Feb 2026 10:00AM GMT-0500","1"
"Company","Street","City"
"CVE","QID","Title","Severity","Type Detected","Last Detected","Protocol","Port","Status","Asset Id","Asset Name","Asset IPV4","Results"
"CVE-2024-6387","38909","OpenSSH Code Execution","5","Confirmed","Feb 03, 2026 07:00 AM","TCP","22","ACTIVE","4711","DB1","10.0.0.5","old"
"CVE-2024-0001","38910","Other","4","Confirmed","Feb 03, 2026 07:00 AM","'-","0","FIXED","4711","DB1","10.0.0.5",""
"CVE-2024-6409","38909","OpenSSH Code Execution","5","Confirmed","Feb 03, 2026 07:00 AM","TCP","22","ACTIVE","4711","DB1","10.0.0.5","old"
"#;

/// A small report of Acunetix: one scan, two items.
pub(crate) const ACUNETIX: &str = r#"<?xml version="1.0"?>
<ScanGroup ExportedOn="28/04/2020, 14:29:33"><Scan>
<Name><![CDATA[Weekly shop]]></Name><StartURL><![CDATA[shop.example.com]]></StartURL>
<StartTime>28/04/2020, 05:36:46</StartTime><Aborted>False</Aborted><Responsive>True</Responsive>
<Crawler StartUrl="https://shop.example.com/"><SiteFiles><SiteFile id="1"><Name>a</Name></SiteFile></SiteFiles></Crawler>
<ReportItems>
<ReportItem id="1" color="red"><Name><![CDATA[SQL injection]]></Name><ModuleName>/Scripts/Sql.script</ModuleName>
<Details><![CDATA[Tested: <b>1&#39;</b><br/>Error found]]></Details><Affects><![CDATA[/item.php?id=1]]></Affects>
<Parameter><![CDATA[id]]></Parameter><IsFalsePositive></IsFalsePositive><Severity>high</Severity><Type>sqlinjection</Type>
<Impact>Data is lost.</Impact><Description><![CDATA[<p>SQL can be injected.</p>]]></Description>
<Recommendation>Bind values.</Recommendation><TechnicalDetails><Request>GET /item.php?id=1%27 HTTP/1.1</Request></TechnicalDetails>
<CWEList><CWE id="89"><![CDATA[CWE-89]]></CWE></CWEList><CVEList><CVE><ID>CVE-2020-0001</ID></CVE></CVEList>
<CVSS><Descriptor>AV:N/AC:L/Au:N/C:P/I:P/A:P</Descriptor><Score>7.5</Score></CVSS>
<CVSS3><Descriptor>CVSS:3.0/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H</Descriptor><Score>9.8</Score></CVSS3>
<References><Reference><Database>A guide</Database><URL>https://example.com/sqli</URL></Reference></References></ReportItem>
<ReportItem id="2"><Name>Old server</Name><Affects>Web Server</Affects><Parameter>&lt;empty&gt;</Parameter>
<IsFalsePositive>True</IsFalsePositive><Severity>info</Severity></ReportItem>
</ReportItems></Scan></ScanGroup>
"#;

/// A small run of Acunetix: the kind of the second record is described in the first one only.
pub(crate) const ACUNETIX_RUN: &str = r#"{"acunetix_run":1,"run":{"scan_id":"s","result_id":"r","status":"completed",
"started_at":"2026-11-20T10:00:00.000000+00:00","ended_at":"2026-11-20T11:00:00.000000+00:00","profile":"Full Scan",
"target_id":"t","address":"https://shop.example.com/","name":"Weekly shop","version":"24.8.1","authenticated":true,"problems":[]},
"vulnerabilities":[
{"vuln_id":"1","vt_id":"ae1c","vt_name":"SQL injection","severity":4,"affects_url":"https://shop.example.com/item.php?id=1",
 "affects_detail":"id","status":"open","confidence":95,"tags":["CWE-89","sql_injection","CVE-2020-0001"],"source":"/Scripts/Sql.script",
 "detail":{"description":"<p>SQL can be injected.</p>","impact":"Data is lost.","recommendation":"Bind values.",
 "long_description":"","cvss2":"AV:N/AC:L/Au:N/C:P/I:P/A:P","cvss3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","cvss_score":9.8,
 "cvss4":"","details":"Tested: <b>1&#39;</b>","request":"GET /item.php?id=1%27 HTTP/1.1","references":[{"rel":"A guide","href":"https://example.com/sqli"}]}},
{"vuln_id":"2","vt_id":"ae1c","vt_name":"SQL injection","severity":4,"affects_url":"https://shop.example.com/list.php",
 "affects_detail":"","status":"false_positive","tags":["CWE-89"]}
],"count":2}
"#;
