//! Small reports of scanners of hosts and web applications, one of each format.

use crate::samples::Sample;

/// Two hosts, one of which did not answer; a port with scripts of each kind that states vulnerabilities.
pub(crate) const NMAP: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE nmaprun>
<?xml-stylesheet href="file:///usr/share/nmap/nmap.xsl" type="text/xsl"?>
<!-- Nmap 7.93 scan initiated -->
<nmaprun scanner="nmap" args="nmap -sT -sV -p 22,443 --script vulners,vulscan -oX - db1.example.com 10.0.0.9" start="1623324252" startstr="Thu Jun 10 11:24:12 2021" version="7.93" xmloutputversion="1.05">
<scaninfo type="connect" protocol="tcp" numservices="2" services="22,443"/>
<host starttime="1623324252" endtime="1623325026"><status state="up" reason="syn-ack" reason_ttl="0"/>
<address addr="10.0.0.5" addrtype="ipv4"/><address addr="02:42:AC:1C:01:03" addrtype="mac"/>
<hostnames><hostname name="db1.internal.example.com" type="PTR"/><hostname name="DB1.example.com" type="user"/></hostnames>
<ports><extraports state="filtered" count="1"/>
<port protocol="tcp" portid="22"><state state="open" reason="syn-ack" reason_ttl="0"/>
<service name="ssh" product="OpenSSH" version="7.4" extrainfo="protocol 2.0" method="probed" conf="10"><cpe>cpe:/a:openbsd:openssh:7.4</cpe></service>
<script id="vulners" output="&#xa;  cpe:/a:openbsd:openssh:7.4: &#xa;    &#x9;CVE-2018-15919&#x9;5.0&#x9;https://vulners.com/cve/CVE-2018-15919&#xa;    &#x9;EDB-ID:40888&#x9;7.8&#x9;https://vulners.com/exploitdb/EDB-ID:40888&#x9;*EXPLOIT*"/>
<script id="vulscan" output="VulDB - https://vuldb.com:&#xa;[12724] OpenSSH forwarding&#xa;&#xa;MITRE CVE - https://cve.mitre.org:&#xa;[CVE-2010-4755] Two functions allow&#xa;&#xa;"/>
<script id="banner" output="SSH-2.0-OpenSSH_7.4 Banner"/></port>
<port protocol="tcp" portid="443"><state state="closed" reason="reset" reason_ttl="0"/></port>
<port protocol="udp" portid="161"><state state="open|filtered" reason="no-response" reason_ttl="0"/></port></ports>
<os><osmatch name="Linux 4.15" accuracy="90"/><osmatch name="Linux 5.10" accuracy="98"/></os>
<hostscript><script id="smb-vuln-ms17-010" output="&#xa;  VULNERABLE:&#xa;  Remote Code Execution vulnerability in Microsoft SMBv1 servers&#xa;    State: VULNERABLE&#xa;    IDs:  CVE:CVE-2017-0143  BID:96703&#xa;    Risk factor: HIGH  CVSSv2: 9.3 (HIGH)&#xa;      A critical vulnerability exists in Microsoft SMBv1.&#xa;    Disclosure date: 2017-03-14&#xa;    References:&#xa;      https://example.com/ms17-010&#xa;  &#xa;  Another one&#xa;    State: NOT VULNERABLE&#xa;    IDs:  CVE:CVE-2017-0144&#xa;"/></hostscript>
</host>
<host starttime="1623324252" endtime="1623325026"><status state="up" reason="user-set" reason_ttl="0"/><address addr="10.0.0.9" addrtype="ipv4"/>
<ports><extraports state="filtered" count="2"/></ports></host>
<runstats><finished time="1623325030" timestr="Thu Jun 10 11:37:10 2021" summary="Nmap done" elapsed="12.18" exit="success"/><hosts up="2" down="0" total="2"/></runstats>
</nmaprun>
"#;

/// A port, a banner, and a port that was closed.
pub(crate) const MASSCAN: &str = r#"[
{   "ip": "10.0.0.5",   "timestamp": "1623324252", "ports": [ {"port": 22, "proto": "tcp", "status": "open", "reason": "syn-ack", "ttl": 64} ] }
,
{   "ip": "10.0.0.5",   "timestamp": "1623324253", "ports": [ {"port": 22, "proto": "tcp", "service": {"name": "ssh", "banner": "Banner SSH-2.0-OpenSSH_7.4"}} ] }
,
{   "ip": "10.0.0.5",   "timestamp": "1623324254", "ports": [ {"port": 23, "proto": "tcp", "status": "closed", "reason": "rst-ack", "ttl": 64} ] }
]
"#;

/// The same as a list.
pub(crate) const MASSCAN_LIST: &str = "#masscan
open tcp 22 10.0.0.5 1623324252
banner tcp 22 10.0.0.5 1623324253 ssh Banner SSH-2.0-OpenSSH_7.4
closed tcp 23 10.0.0.5 1623324254
open udp 53 10.0.0.6 1623324255
banner udp 53 10.0.0.6 1623324256 dns-ver \\x09some version of a name server that is long enough for the tests of inputs that break off
banner tcp 80 10.0.0.7 1623324257 title A page with a title that is long
open tcp 80 10.0.0.7 1623324257
open tcp 443 10.0.0.7 1623324258
open tcp 8080 10.0.0.7 1623324259
# end
";

/// A host with an end, a log message, a false positive, and an error that another host gave.
pub(crate) const OPENVAS: &str = r#"<report id="a" format_id="a994b278-1f62-11e1-96ac-406186ea4fc5" extension="xml" content_type="text/xml"><owner><name>admin</name></owner><name>2021-06-10T11:24:12Z</name>
<task id="t1"><name>Weekly</name></task>
<report id="a"><gmp><version>22.4</version></gmp><filters id="0"><term>apply_overrides=1 levels=chmlgf rows=-1 min_qod=0</term></filters>
<scan_run_status>Done</scan_run_status><hosts><count>1</count></hosts>
<task id="t1"><name>Weekly</name><target id="x"><name>DMZ</name></target><progress>100</progress></task>
<scan_start>2021-06-10T11:24:12Z</scan_start>
<ports start="1" max="-1"><count>1</count><port>443/tcp<host>10.0.0.5</host><severity>7.5</severity><threat>High</threat></port></ports>
<results start="1" max="-1">
<result id="r1"><name>TLS overflow</name><owner><name>admin</name></owner><creation_time>2021-06-10T11:30:00Z</creation_time>
<host>10.0.0.5<asset asset_id="96329f0e"/><hostname>DB1.example.com</hostname></host><port>443/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.836484"><type>nvt</type><name>OpenSSL &lt; 3.0.7</name><family>General</family><cvss_base>7.5</cvss_base>
<severities score="7.5"><severity type="cvss_base_v3"><origin>NVD</origin><score>7.5</score><value>CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H</value></severity></severities>
<tags>cvss_base_vector=CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H|summary=Old TLS.|insight=Two overflows.|affected=OpenSSL 3|impact=It dies.|solution=x</tags>
<solution type="VendorFix">Update it.</solution><refs><ref type="cve" id="CVE-2022-3602"/><ref type="cve" id="CVE-2022-3786"/><ref type="url" id="https://example.com/a"/><ref type="cert-bund" id="WID-SEC-1"/></refs></nvt>
<scan_nvt_version>2021-06-01T00:00:00Z</scan_nvt_version><threat>High</threat><severity>7.5</severity><qod><value>80</value><type/></qod><description>Installed version: 3.0.1</description>
<original_threat>High</original_threat><original_severity>7.5</original_severity></result>
<result id="r2"><name>OS Detection</name><host>10.0.0.5<asset asset_id="96329f0e"/><hostname>DB1.example.com</hostname></host><port>general/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.105937"><name>OS Detection</name><tags>summary=It runs.</tags><refs/></nvt><threat>Log</threat><severity>0.0</severity><description>Linux</description></result>
<result id="r3"><name>Weak</name><host>10.0.0.5<asset asset_id="96329f0e"/></host><port>22/tcp</port>
<nvt oid="1.3.6.1.4.1.25623.1.0.1"><name>Weak</name><cvss_base>5.0</cvss_base></nvt><threat>False Positive</threat><severity>-1.0</severity><original_severity>5.0</original_severity></result>
</results><result_count>3<full>3</full><filtered>3</filtered></result_count>
<host><ip>10.0.0.5</ip><asset asset_id="96329f0e"/><start>2021-06-10T11:24:30Z</start><end>2021-06-10T11:37:06Z</end>
<detail><name>hostname</name><value>DB1.example.com</value></detail><detail><name>best_os_txt</name><value>Linux 5.10</value></detail><detail><name>Auth-SSH-Success</name><value>Login</value></detail></host>
<errors><count>0</count></errors><scan_end>2021-06-10T11:40:00Z</scan_end></report></report>
"#;

/// The first two results of [`OPENVAS`].
pub(crate) const OPENVAS_CSV: &str = r#"IP,Hostname,Port,Port Protocol,CVSS,Severity,QoD,Solution Type,NVT Name,Summary,Specific Result,NVT OID,CVEs,Task ID,Task Name,Timestamp,Result ID,Impact,Solution,Affected Software/OS,Vulnerability Insight,Vulnerability Detection Method,Product Detection Result,BIDs,CERTs,Other References
10.0.0.5,DB1.example.com,443,tcp,7.5,High,80,"VendorFix","OpenSSL < 3.0.7","Old TLS.","Installed version: 3.0.1",1.3.6.1.4.1.25623.1.0.836484,"CVE-2022-3602,CVE-2022-3786",t1,"Weekly",2021-06-10T11:30:00Z,r1,"It dies.","Update it.","OpenSSL 3","Two overflows.","","","","WID-SEC-1","https://example.com/a"
10.0.0.5,DB1.example.com,,,0.0,Log,80,"","OS Detection","It runs.","Linux",1.3.6.1.4.1.25623.1.0.105937,"",t1,"Weekly",2021-06-10T11:30:00Z,r2,"","","","","","","","",""
"#;

/// A host with a check of its own and one of a service, one that is excepted, one that found nothing.
pub(crate) const INSIGHTVM: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<NexposeReport version="2.0"><scans><scan id="7" name="DMZ" startTime="20210610T112412000" endTime="20210610T113706000" status="finished"/></scans>
<nodes><node address="10.0.0.5" status="alive" hardware-address="000C298A721F" device-id="4" site-name="DMZ" site-importance="Low" scan-template="Full audit" risk-score="0.0">
<names><name>DB1.example.com</name></names><fingerprints><os certainty="0.80" vendor="Linux" product="Linux" version="5.10"/><os certainty="0.10" vendor="X" product="Y"/></fingerprints>
<tests><test id="generic-tcp-timestamp" key="" status="vulnerable-exploited" scan-id="7" vulnerable-since="20210610T113000000" pci-compliance-status="pass">
<Paragraph><Paragraph>Able to determine system boot time.</Paragraph></Paragraph></test></tests>
<endpoints><endpoint protocol="tcp" port="443" status="open"><services><service name="HTTPS"><configuration><config name="ssl">true</config></configuration>
<tests><test id="OpenSSL-cve-2022-3602" key="" status="vulnerable-version" scan-id="7"><Paragraph>Running <URLLink LinkURL="https://example.com">OpenSSL</URLLink> 3.0.1</Paragraph></test>
<test id="http-basic-auth-cleartext" key="/admin" status="exception-vulnerable-exploited"><Paragraph>Basic</Paragraph></test>
<test id="http-basic-auth-cleartext" key="/" status="not-vulnerable"/></tests></service></services></endpoint></endpoints></node></nodes>
<VulnerabilityDefinitions>
<vulnerability id="generic-tcp-timestamp" title="TCP timestamp response" severity="1" pciSeverity="1" cvssScore="0.0" cvssVector="(AV:N/AC:L/Au:N/C:N/I:N/A:N)" published="19970801T000000000" added="20110401T000000000" modified="20160408T000000000">
<description><ContainerBlockElement><Paragraph>The remote host responded. Old TLS is another matter.</Paragraph></ContainerBlockElement></description><references/><tags><tag>Network</tag></tags><solution/></vulnerability>
<vulnerability id="openssl-cve-2022-3602" title="OpenSSL &lt; 3.0.7" severity="8" pciSeverity="4" cvssScore="7.5" cvssVector="(AV:N/AC:L/Au:N/C:N/I:N/A:P)">
<description><ContainerBlockElement><Paragraph>Two overflows.</Paragraph></ContainerBlockElement></description>
<references><reference source="CVE">CVE-2022-3602</reference><reference source="CVE">CVE-2022-3786</reference><reference source="URL">https://example.com/a</reference><reference source="BID">1</reference></references>
<tags><tag>OpenSSL</tag></tags><solution><ContainerBlockElement><OrderedList><ListItem>Update it.</ListItem></OrderedList></ContainerBlockElement></solution></vulnerability>
<vulnerability id="http-basic-auth-cleartext" title="Clear text" severity="5" cvssScore="5.0" cvssVector="(AV:N/AC:L/Au:N/C:P/I:N/A:N)"><description/><references/><tags/><solution/></vulnerability>
</VulnerabilityDefinitions></NexposeReport>
"#;

/// The second finding of [`INSIGHTVM`], one that is excepted, and a check that found nothing.
pub(crate) const INSIGHTVM_CSV: &str = r#"Asset IP Address,Asset Names,Service Port,Service Protocol,Service Name,Vulnerability Test Result Code,Vulnerability ID,Vulnerability CVE IDs,Vulnerability Severity Level,Vulnerability Title,Vulnerability Description,Vulnerability Proof,Vulnerability CVSS Score
10.0.0.5,DB1.example.com,443,tcp,HTTPS,vv,openssl-cve-2022-3602,"CVE-2022-3602, CVE-2022-3786",8,"OpenSSL < 3.0.7","Two overflows. Old TLS.","Running OpenSSL 3.0.1",7.5
10.0.0.5,DB1.example.com,443,tcp,HTTPS,ee,http-basic-auth-cleartext,,5,Clear text,,,5.0
10.0.0.5,DB1.example.com,443,tcp,HTTPS,nv,http-other,,5,Other,,,5.0
"#;

/// An alert on two pages, one of them attacked twice, a false positive, and a site without alerts.
pub(crate) const ZAP: &str = r#"<?xml version="1.0"?><OWASPZAPReport programName="ZAP" version="2.16.1" generated="Thu, 10 Jun 2021 11:37:06">
<site name="https://shop.example.com" host="shop.example.com" port="443" ssl="true"><alerts><alertitem>
<pluginid>40018</pluginid><alertRef>40018-1</alertRef><alert>SQL Injection</alert><name>SQL Injection</name><riskcode>3</riskcode><confidence>2</confidence>
<riskdesc>High (Medium)</riskdesc><desc>&lt;p&gt;SQL injection may be possible.&lt;/p&gt;</desc><instances>
<instance><uri>https://shop.example.com/item.php?id=1%27</uri><method>GET</method><param>id</param><attack>1'</attack><evidence>syntax error</evidence></instance>
<instance><uri>https://shop.example.com/item.php?id=2%27</uri><method>GET</method><param>id</param><attack>2'</attack></instance>
<instance><uri>https://shop.example.com/login.php</uri><method>POST</method><param>user</param><attack>x'</attack></instance></instances>
<count>3</count><solution>&lt;p&gt;Bind values.&lt;/p&gt;</solution><otherinfo>Of the database.</otherinfo><reference>&lt;p&gt;https://example.com/sqli&lt;/p&gt;</reference>
<cweid>89</cweid><wascid>19</wascid><sourceid>1</sourceid><tags><tag><tag>CVE-2020-0001</tag><link>https://example.com/cve</link></tag></tags></alertitem>
<alertitem><pluginid>10015</pluginid><alert>Cache</alert><riskcode>1</riskcode><confidence>0</confidence><riskdesc>Low (False Positive)</riskdesc><desc/>
<instances><instance><uri>https://shop.example.com</uri><method>GET</method><param>Cache-Control</param></instance></instances><cweid>-1</cweid></alertitem></alerts></site>
<site name="http://cdn.example.com" host="cdn.example.com" port="80" ssl="false"><alerts></alerts></site></OWASPZAPReport>
"#;

/// The same; the site's name behind its alerts.
pub(crate) const ZAP_JSON: &str = r#"{"@programName":"ZAP","@version":"2.16.1","@generated":"Thu, 10 Jun 2021 11:37:06","site":[{"alerts":[
{"pluginid":"40018","alertRef":"40018-1","alert":"SQL Injection","name":"SQL Injection","riskcode":"3","confidence":"2","riskdesc":"High (Medium)",
"desc":"<p>SQL injection may be possible.</p>","instances":[
{"uri":"https://shop.example.com/login.php","method":"POST","param":"user","attack":"x'","evidence":"","otherinfo":""},
{"uri":"https://shop.example.com/item.php?id=1%27","method":"GET","param":"id","attack":"1'","evidence":"syntax error"},
{"uri":"https://shop.example.com/item.php?id=2%27","method":"GET","param":"id","attack":"2'"}],
"count":"3","solution":"<p>Bind values.</p>","otherinfo":"Of the database.","reference":"<p>https://example.com/sqli</p>","cweid":"89","wascid":"19","sourceid":"1",
"tags":[{"tag":"CVE-2020-0001","link":"https://example.com/cve"}]},
{"pluginid":"10015","alert":"Cache","riskcode":"1","confidence":"0","riskdesc":"Low (False Positive)","desc":"","instances":[{"uri":"https://shop.example.com","method":"GET","param":"Cache-Control"}],"cweid":"-1"}],
"@name":"https://shop.example.com","@host":"shop.example.com","@port":"443","@ssl":"true"},
{"@name":"http://cdn.example.com","@host":"cdn.example.com","@port":"80","@ssl":"false","alerts":[]}]}
"#;

/// Issues of a built-in check, and of an extension, which a person called false.
pub(crate) const BURP: &str = r#"<?xml version="1.0"?>
<!DOCTYPE issues [
<!ELEMENT issues (issue*)>
<!ATTLIST issues burpVersion CDATA "">
<!ELEMENT issue (serialNumber, type, name)>
]>
<issues burpVersion="2021.5.1" exportTime="Thu Jun 10 11:37:06 CEST 2021">
<issue><serialNumber>3198286154699013120</serialNumber><type>1049088</type><name>SQL injection</name><host ip="10.0.0.5">https://shop.example.com</host>
<path><![CDATA[/item.php]]></path><location><![CDATA[/item.php [id parameter]]]></location><severity>High</severity><confidence>Firm</confidence>
<issueBackground><![CDATA[<p>SQL injection arises when data is put into queries.</p>]]></issueBackground>
<remediationBackground><![CDATA[<p>Bind values.</p>]]></remediationBackground><references><![CDATA[<ul><li><a href="https://example.com/sqli">A</a></li></ul>]]></references>
<vulnerabilityClassifications><![CDATA[<ul><li><a href="https://cwe.mitre.org/data/definitions/89.html">CWE-89: SQL</a></li></ul>]]></vulnerabilityClassifications>
<issueDetail><![CDATA[The <b>id</b> parameter is open.]]></issueDetail>
<requestresponse><request method="GET" base64="true"><![CDATA[R0VUIC9pdGVtLnBocD9pZD0x]]></request><response base64="false"><![CDATA[HTTP/1.1 200 OK]]></response></requestresponse></issue>
<issue><serialNumber>1</serialNumber><type>134217728</type><name>Software Version: old</name><host>https://shop.example.com:443</host><path>/</path><location>/</location>
<severity>False positive</severity><confidence>Certain</confidence></issue></issues>
"#;

/// The first issue of [`BURP`] as the REST API tells it.
pub(crate) const BURP_JSON: &str = r#"{"task_id":"5","scan_status":"succeeded","scan_metrics":{"crawl_requests_made":340,"audit_requests_made":6980,"issue_events":1},
"message":"","issue_events":[{"id":"0","type":"issue_found","issue":{"name":"SQL injection","type_index":1049088,"serial_number":"3198286154699013121",
"origin":"https://shop.example.com","path":"/item.php","severity":"high","confidence":"firm","caption":"/item.php [id parameter]",
"issue_background":"<p>SQL injection arises when data is put into queries.</p>","description":"The <b>id</b> parameter is open.","remediation_background":"<p>Bind values.</p>",
"evidence":[{"type":"FirstOrderEvidence","request_response":{"url":"https://shop.example.com/item.php","request":[{"type":"DataSegment","data":"R0VUIC9pdGVtLnBocD9pZD0x","length":18}],
"response":[{"type":"DataSegment","data":"SFRUUC8xLjEgMjAwIE9L","length":15}]}}],"internal_data":"e30="}}]}
"#;

/// A web template with a CVE, one with matchers, one of a network service, and a matcher that did not match.
pub(crate) const NUCLEI: &str = r#"{"template-id":"CVE-2021-44228","info":{"name":"Log4j","severity":"critical","description":"Code Execution by a message.","reference":["https://example.com/log4j"],"tags":["cve","rce"],"classification":{"cve-id":["cve-2021-44228"],"cwe-id":["cwe-77"],"cvss-metrics":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:C/C:H/I:H/A:H","cvss-score":10.0},"remediation":"Update."},"matcher-name":"word-1","type":"http","host":"https://shop.example.com","matched-at":"https://shop.example.com/api?x=1","extracted-results":["host-1"],"ip":"10.0.0.5","timestamp":"2021-06-10T13:37:06.5+02:00","curl-command":"curl -X GET","matcher-status":true}
{"template-id":"http-missing-security-headers","info":{"name":"Missing","severity":"info","reference":null,"tags":"misconfig,headers"},"matcher-name":"x-frame-options","type":"http","host":"https://shop.example.com","matched-at":"https://shop.example.com","timestamp":"2021-06-10T11:37:06Z","matcher-status":true}
{"template-id":"http-missing-security-headers","info":{"name":"Missing","severity":"info"},"matcher-name":"permissions-policy","type":"http","host":"https://shop.example.com","matched-at":"https://shop.example.com","timestamp":"2021-06-10T11:37:06Z","matcher-status":false}
{"templateID":"openssh-detect","info":{"name":"OpenSSH","severity":"unknown","author":"a"},"type":"network","host":"https://shop.example.com","matched":"shop.example.com:22","ip":"10.0.0.5","timestamp":"2021-06-10T11:37:06Z"}
"#;

/// Statements of three sections.
pub(crate) const WAPITI: &str = r#"{"classifications":{"SQL Injection":{"desc":"SQL injection vulnerabilities alter queries.","sol":"Bind values.","ref":{"CWE-89: SQL":"https://cwe.mitre.org/data/definitions/89.html"},"wstg":["WSTG-INPV-05"]},
"HttpOnly Flag cookie":{"desc":"A flag.","sol":"Set it.","ref":{},"wstg":[]},"Internal Server Error":{"desc":"An error.","sol":"","ref":{},"wstg":[]}},
"vulnerabilities":{"SQL Injection":[{"method":"GET","path":"/item.php","info":"SQL Injection via injection in the parameter id","level":4,"parameter":"id","referer":"","module":"sql","http_request":"GET /item.php?id=1%27 HTTP/1.1","curl_command":"curl \"https://shop.example.com/item.php\"","wstg":["WSTG-INPV-05"]}],
"HttpOnly Flag cookie":[{"method":"GET","path":"/","info":"HttpOnly flag is not set in the cookie : sid","level":1,"parameter":"","http_request":"GET / HTTP/1.1","curl_command":"curl"}],"CRLF Injection":[]},
"anomalies":{"Internal Server Error":[{"method":"POST","path":"/login.php","info":"The server responded with a 500","level":3,"parameter":"user","http_request":"POST","curl_command":"curl"}]},
"additionals":{},"infos":{"target":"https://shop.example.com/","date":"Thu, 10 Jun 2021 11:37:06 +0000","version":"Wapiti 3.2.3","scope":"folder","auth":null,"crawled_pages_nbr":9,"detailed_report_level":0}}
"#;

/// The first two of [`WAPITI`].
pub(crate) const WAPITI_XML: &str = r#"<?xml version="1.0" ?>
<report type="security"><report_infos><info name="generatorName">wapiti</info><info name="generatorVersion">Wapiti 3.0.4</info><info name="scope">folder</info>
<info name="dateOfScan">Thu, 10 Jun 2021 11:37:06 +0000</info><info name="target">https://shop.example.com/</info></report_infos>
<vulnerabilities><vulnerability name="CRLF Injection"><description><![CDATA[Lines.]]></description><solution/><references/><entries/></vulnerability>
<vulnerability name="SQL Injection"><description><![CDATA[SQL injection vulnerabilities alter queries.]]></description><solution><![CDATA[Bind values.]]></solution>
<references><reference><title>CWE-89: SQL</title><url>https://cwe.mitre.org/data/definitions/89.html</url></reference></references>
<entries><entry><method>GET</method><path>/item.php</path><level>4</level><parameter>id</parameter><info>SQL Injection via injection in the parameter id</info>
<http_request><![CDATA[GET /item.php?id=1%27 HTTP/1.1]]></http_request><curl_command><![CDATA[curl]]></curl_command></entry></entries></vulnerability>
<vulnerability name="HttpOnly Flag cookie"><description>A flag.</description><solution>Set it.</solution><references/>
<entries><entry><method>GET</method><path>/</path><level>1</level><parameter/><info>HttpOnly flag is not set in the cookie : sid</info></entry></entries></vulnerability></vulnerabilities>
<anomalies/><additionals/></report>
"#;

/// A host with two statements of one test, and one that could not be reached.
pub(crate) const NIKTO: &str = r#"[{"host":"shop.example.com","ip":"10.0.0.5","port":443,"server_banner":null,"start_time":"2021-06-10 11:24:12 +0000","end_time":"2021-06-10 11:37:06 +0000","vulnerabilities":[
{"id":"013587","method":"GET","url":"/","msg":"Suggested security header missing: content-security-policy.","references":"https://example.com/csp"},
{"id":"013587","method":"GET","url":"/","msg":"Suggested security header missing: referrer-policy.","references":""},
{"id":"006525","method":"GET","url":"/manager/html?x=1","msg":"Default Tomcat Manager interface found. It runs as root, see CVE-2020-0001.","references":"https://example.com/a,https://example.com/b"}]},
{"host":"no-such-host.invalid","ip":"","port":80,"server_banner":null,"start_time":"2021-06-10 11:24:12 +0000","end_time":"2021-06-10 11:24:12 +0000","vulnerabilities":[
{"id":"FAIL","method":"GET","url":"/","msg":"ERROR: Cannot resolve hostname 'no-such-host.invalid'","references":""}]}]
"#;

/// The statements of the first host of [`NIKTO`].
pub(crate) const NIKTO_XML: &str = r#"<?xml version="1.0" ?>
<!DOCTYPE niktoscan SYSTEM "/usr/share/doc/nikto/nikto.dtd">
<niktoscan hoststest="0" options="-h shop.example.com" version="2.5.0" scanstart="Thu Jun 10 11:24:12 2021" scanend="Thu Jun 10 11:37:06 2021" nxmlversion="1.2">
<scandetails targetip="10.0.0.5" targethostname="shop.example.com" targetport="443" targetbanner="" starttime="2021-06-10 11:24:12" sitename="https://shop.example.com:443/" siteip="https://10.0.0.5:443/" hostheader="shop.example.com" errors="0" checks="6544">
<item id="013587" osvdbid="0" method="GET"><description><![CDATA[/: Suggested security header missing: content-security-policy.]]></description><uri><![CDATA[/]]></uri><namelink/><iplink/></item>
<item id="013587" osvdbid="0" method="GET"><description><![CDATA[/: Suggested security header missing: referrer-policy.]]></description><uri><![CDATA[/]]></uri></item>
<item id="006525" osvdbid="397" method="GET"><description><![CDATA[/manager/html: Default Tomcat Manager interface found. It runs as root, see CVE-2020-0001.]]></description><uri><![CDATA[/manager/html?x=1]]></uri></item>
<statistics elapsed="37" itemsfound="3" itemstested="6544" endtime="2021-06-10 11:37:06" /></scandetails></niktoscan>
"#;

/// A potential vulnerability, one that is fixed, and what was gathered.
pub(crate) const QUALYS_WAS: &str = r#"<?xml version='1.0' encoding='UTF-8'?>
<WAS_SCAN_REPORT><HEADER><NAME>Scan Report</NAME><GENERATION_DATETIME>10 Jun 2021 12:16PM GMT-0400</GENERATION_DATETIME></HEADER>
<FILTERS><FILTER><NAME>REMEDIATION</NAME><VALUE>Show ignored findings</VALUE></FILTER></FILTERS><TARGET><SCAN>Weekly</SCAN></TARGET>
<SUMMARY><GLOBAL_SUMMARY><SECURITY_RISK>High</SECURITY_RISK><VULNERABILITY>2</VULNERABILITY><SENSITIVE_CONTENT>0</SENSITIVE_CONTENT><INFORMATION_GATHERED>1</INFORMATION_GATHERED></GLOBAL_SUMMARY></SUMMARY>
<RESULTS><VULNERABILITY_LIST><VULNERABILITY><UNIQUE_ID>2ba09eec</UNIQUE_ID><ID>101507528</ID><QID>150003</QID><URL>https://shop.example.com/item.php?id=1</URL><PARAM>id</PARAM>
<DETECTION_DATE>10 Jun 2021 11:30AM GMT-0400</DETECTION_DATE><POTENTIAL>true</POTENTIAL><PAYLOADS><PAYLOAD><NUM>1</NUM><PAYLOAD>id=%27</PAYLOAD>
<REQUEST><METHOD>GET</METHOD><URL>https://shop.example.com/item.php?id=%27</URL><HEADERS><HEADER><key>Host</key><value>shop.example.com</value></HEADER></HEADERS></REQUEST>
<RESPONSE><CONTENTS base64="true">SFRUUC8xLjEgMjAwIE9L</CONTENTS></RESPONSE></PAYLOAD></PAYLOADS><IGNORED>false</IGNORED></VULNERABILITY>
<VULNERABILITY><QID>150003</QID><URL>https://shop.example.com/old.php</URL><STATUS>FIXED</STATUS></VULNERABILITY></VULNERABILITY_LIST>
<INFORMATION_GATHERED_LIST><INFORMATION_GATHERED><QID>150009</QID><LAST_TIME_DETECTED>10 Jun 2021 11:30AM GMT-0400</LAST_TIME_DETECTED><DATA base64="true">TGlua3M6IDE=</DATA></INFORMATION_GATHERED></INFORMATION_GATHERED_LIST></RESULTS>
<GLOSSARY><QID_LIST><QID><QID>150003</QID><CATEGORY>Confirmed Vulnerability</CATEGORY><SEVERITY>5</SEVERITY><TITLE>SQL Injection</TITLE><GROUP>SQL</GROUP><DESCRIPTION>SQL injection &lt;B&gt;is&lt;/B&gt; possible.</DESCRIPTION>
<IMPACT>Data is read.</IMPACT><SOLUTION>Bind values.</SOLUTION><CWE>CWE-89, CWE-943</CWE><CVSS_BASE>7.5</CVSS_BASE></QID>
<QID><QID>150009</QID><CATEGORY>Information Gathered</CATEGORY><SEVERITY>1</SEVERITY><TITLE>Links Crawled</TITLE><IMPACT>N/A</IMPACT><SOLUTION>N/A</SOLUTION></QID></QID_LIST></GLOSSARY>
<APPENDIX><SCAN_LIST><SCAN><NAME>Weekly</NAME><REFERENCE>was/1</REFERENCE><START_DATE>10 Jun 2021 11:24AM GMT-0400</START_DATE><END_DATE>10 Jun 2021 11:37AM GMT-0400</END_DATE><PROFILE>Initial WAS Options</PROFILE>
<STATUS>Finished</STATUS><AUTHENTICATION_STATUS>Successful</AUTHENTICATION_STATUS></SCAN></SCAN_LIST><WEBAPP><ID>1</ID><NAME>Shop</NAME><URL>https://shop.example.com/</URL></WEBAPP></APPENDIX></WAS_SCAN_REPORT>
"#;

/// A fact, a weakness with a CVE, one without, and a test that could not be made.
pub(crate) const TESTSSL: &str = r#"[
{"id":"service","ip":"db1.example.com/10.0.0.5","port":"443","severity":"INFO","finding":"HTTP"},
{"id":"heartbleed","ip":"db1.example.com/10.0.0.5","port":"443","severity":"CRITICAL","cve":"CVE-2014-0160","cwe":"CWE-119","finding":"VULNERABLE. It runs an Old TLS library"},
{"id":"cert_keySize","ip":"db1.example.com/10.0.0.5","port":"443","severity":"MEDIUM","finding":"RSA 1024 bits"},
{"id":"engine_problem","ip":"/","port":"443","severity":"WARN","finding":"No engine or GOST support"},
{"id":"scanTime","ip":"db1.example.com/10.0.0.5","port":"443","severity":"INFO","finding":"29"}]
"#;

/// The same as rows.
pub(crate) const TESTSSL_CSV: &str = r#""id","fqdn/ip","port","severity","finding","cve","cwe"
"service","db1.example.com/10.0.0.5","443","INFO","HTTP","",""
"heartbleed","db1.example.com/10.0.0.5","443","CRITICAL","VULNERABLE. It runs an Old TLS library","CVE-2014-0160","CWE-119"
"cert_keySize","db1.example.com/10.0.0.5","443","MEDIUM","RSA 1024 bits","",""
"engine_problem","/","443","WARN","No engine or GOST support","",""
"scanTime","db1.example.com/10.0.0.5","443","INFO","29","",""
"#;

/// A server with weak protocols, ciphers and certificate.
pub(crate) const SSLSCAN: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<document title="SSLScan Results" version="2.0.7" web="http://github.com/rbsec/sslscan">
 <ssltest host="db1.example.com" sniname="db1.example.com" port="443">
  <protocol type="ssl" version="3" enabled="1" /><protocol type="tls" version="1.2" enabled="1" /><protocol type="tls" version="1.0" enabled="0" />
  <renegotiation supported="1" secure="1" /><heartbleed sslversion="TLSv1.2" vulnerable="1" /><heartbleed sslversion="TLSv1.1" vulnerable="0" />
  <cipher status="preferred" sslversion="TLSv1.2" bits="256" cipher="ECDHE-RSA-AES256-GCM-SHA384" id="0xC030" strength="strong" />
  <cipher status="accepted" sslversion="TLSv1.2" bits="256" cipher="ADH-AES256-SHA" id="0x003A" strength="anonymous" />
  <certificates><certificate type="short"><signature-algorithm>sha1WithRSAEncryption</signature-algorithm><pk error="false" type="RSA" bits="1024" />
   <subject><![CDATA[Banner of db1]]></subject><issuer><![CDATA[db1]]></issuer><self-signed>true</self-signed><not-valid-after>Nov 26 21:27:12 2026 GMT</not-valid-after><expired>false</expired></certificate></certificates>
 </ssltest>
</document>
"#;

/// A server of which an algorithm is to be removed, one changed and one added; and a CVE.
pub(crate) const SSH_AUDIT: &str = r#"{"additional_notes":[],"banner":{"comments":null,"protocol":"2.0","raw":"SSH-2.0-OpenSSH_7.4","software":"OpenSSH_7.4"},"compression":["none"],
"cves":[{"name":"CVE-2018-15473","cvssv2":5.3,"description":"Banner grabbing: enumerate usernames"}],"enc":[],"fingerprints":[],"kex":[{"algorithm":"ecdh-sha2-nistp256"}],"key":[],"mac":[],
"recommendations":{"critical":{"del":{"kex":[{"name":"ecdh-sha2-nistp256","notes":""}]}},
"warning":{"chg":{"key":[{"name":"rsa-sha2-256","notes":"increase modulus size to 3072 bits or larger"}]}},
"informational":{"add":{"kex":[{"name":"sntrup761x25519-sha512@openssh.com","notes":""}]}}},"target":"10.0.0.5:2222"}
"#;

/// A parameter through which SQL can be injected, and what was read through it.
pub(crate) const SQLMAP: &str = r#"{"success":true,"data":[{"status":1,"type":0,"type_name":"TARGET","value":{"url":"https://shop.example.com/item.php","query":"id=1","data":null}},
{"status":1,"type":1,"type_name":"TECHNIQUES","value":[{"place":"GET","parameter":"id","notes":[],"dbms":"SQLite","dbms_version":[">= 3.9"],"os":null,
"data":[{"technique":"boolean-based blind","title":"AND boolean-based SQL injection","payload":"id=1 AND 9087=9087","vector":"AND [INFERENCE]"}]}]},
{"status":1,"type":4,"type_name":"CURRENT_USER","value":"root"}],"error":[]}
"#;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample::marked("nmap", NMAP),
    Sample::marked("masscan", MASSCAN),
    Sample::marked("masscan-list", MASSCAN_LIST),
    Sample::marked("openvas", OPENVAS),
    Sample::unmarked("openvas-csv", OPENVAS_CSV),
    Sample::marked("insightvm", INSIGHTVM),
    Sample::unmarked("insightvm-csv", INSIGHTVM_CSV),
    Sample::marked("zap", ZAP),
    Sample::marked("zap-json", ZAP_JSON),
    Sample::marked("burp", BURP),
    Sample::marked("burp-json", BURP_JSON),
    Sample::unmarked("nuclei", NUCLEI),
    Sample::marked("wapiti", WAPITI),
    Sample::marked("wapiti-xml", WAPITI_XML),
    Sample::marked("nikto", NIKTO),
    Sample::marked("nikto-xml", NIKTO_XML),
    Sample::marked("qualys-was", QUALYS_WAS),
    Sample::marked("testssl", TESTSSL),
    Sample::unmarked("testssl-csv", TESTSSL_CSV),
    Sample::marked("sslscan", SSLSCAN),
    Sample::marked("ssh-audit", SSH_AUDIT),
    Sample::marked("sqlmap", SQLMAP),
];
