//! Shared by the tests: read a whole report.

use std::io::Cursor;

use scanhelm_core::finding::FindingRecord;
use scanhelm_core::import::Quarantined;
use scanhelm_formats::{CoveredAsset, ReadError, ReadOptions, ReportHeader, ReportItem, open};

/// Everything a report gave.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Whole {
    pub(crate) format: &'static str,
    pub(crate) headers: Vec<ReportHeader>,
    pub(crate) assets: Vec<CoveredAsset>,
    pub(crate) findings: Vec<FindingRecord>,
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
            ReportItem::Rejected(rejected) => {
                assert_eq!(rejected.record, (whole.findings.len() + whole.rejected.len()) as u64);
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

/// One of each format, in the order of the registry.
pub(crate) const SAMPLES: [&str; 7] = [NESSUS, SARIF, BANDIT, SEMGREP, NESSUS_CSV, INVICTI, INVICTI_XML];

/// Those of formats that have an end mark, so that every cut shows.
pub(crate) const MARKED: [&str; 6] = [NESSUS, SARIF, BANDIT, SEMGREP, INVICTI, INVICTI_XML];
