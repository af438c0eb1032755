//! Small reports of scanners of code, secrets and infrastructure as code. The secrets in them work nowhere.

use crate::samples::Sample;

pub(crate) const SAMPLES: &[Sample] = &[
    Sample::marked("gitleaks", GITLEAKS),
    Sample::unmarked("trufflehog", TRUFFLEHOG),
    Sample::marked("trufflehog3", TRUFFLEHOG3),
    Sample::marked("detect-secrets", DETECT_SECRETS),
    Sample::marked("betterleaks", BETTERLEAKS),
    Sample::marked("kingfisher", KINGFISHER),
    Sample::marked("whispers", WHISPERS),
    Sample::marked("checkov", CHECKOV),
    Sample::marked("kics", KICS),
    Sample::marked("hadolint", HADOLINT),
    Sample::marked("njsscan", NJSSCAN),
    Sample::unmarked("flawfinder-csv", FLAWFINDER),
    Sample::marked("cppcheck", CPPCHECK),
    Sample::marked("shellcheck", SHELLCHECK),
    Sample::marked("zizmor", ZIZMOR),
    Sample::marked("gixy", GIXY),
    Sample::unmarked("lynis", LYNIS),
    Sample::marked("eslint", ESLINT),
    Sample::marked("ruff", RUFF),
    Sample::marked("cfn-lint", CFN_LINT),
    Sample::marked("spectral", SPECTRAL),
    Sample::marked("checkmarx", CHECKMARX),
    Sample::unmarked("checkmarx-csv", CHECKMARX_CSV),
    Sample::marked("fortify", FVDL),
    Sample::marked("fortify-report", FORTIFY_REPORT),
    Sample::marked("checkmarx-one", CHECKMARX_ONE),
    Sample::marked("checkmarx-report", CHECKMARX_REPORT),
    Sample::marked("sonarqube", SONARQUBE),
    Sample::marked("veracode", VERACODE),
    Sample::marked("veracode-findings", VERACODE_FINDINGS),
    Sample::marked("veracode-pipeline", VERACODE_PIPELINE),
    Sample::marked("veracode-agent", VERACODE_AGENT),
    Sample::unmarked("veracode-agent-csv", VERACODE_AGENT_CSV),
    Sample::marked("gitlab", GITLAB),
    Sample::marked("gitlab-codequality", CODE_QUALITY),
    Sample::marked("github", GITHUB),
    Sample::marked("mobsf", MOBSF),
    Sample::marked("appscan", APPSCAN),
    Sample::marked("defectdojo", DEFECTDOJO),
    Sample::unmarked("defectdojo-csv", DEFECTDOJO_CSV),
    Sample::marked("scanhelm", SCANHELM),
    Sample::unmarked("scanhelm-csv", SCANHELM_CSV),
];

/// One leak in a working copy, the same in a commit, and one that is redacted.
pub(crate) const GITLEAKS: &str = r#"[
{"RuleID":"generic-api-key","Description":"It runs: a Generic API Key, potentially exposing access.","StartLine":6,"EndLine":6,
"StartColumn":5,"EndColumn":43,"Match":"apiKey: \"hunter2hunter2hunter2\"","Secret":"hunter2hunter2hunter2","File":"/home/ci/shop/config/dev.js",
"SymlinkFile":"","Commit":"","Entropy":4.05,"Author":"","Email":"","Date":"","Message":"","Tags":[],
"Fingerprint":"config/dev.js:generic-api-key:6"},
{"RuleID":"generic-api-key","Description":"Detected a Generic API Key.","StartLine":9,"EndLine":9,"StartColumn":5,"EndColumn":43,
"Match":"apiKey: \"hunter2hunter2hunter2\"","Secret":"hunter2hunter2hunter2","File":"/home/ci/shop/config/dev.js","SymlinkFile":"",
"Commit":"4e18673d2f3d46994c05eed4df26c13950212215","Entropy":4.05,"Author":"a","Email":"a@example.org",
"Date":"2026-11-21T21:56:32Z","Message":"add","Tags":[],"Fingerprint":"4e18673d:config/dev.js:generic-api-key:9"},
{"RuleID":"private-key","Description":"","StartLine":1,"EndLine":15,"StartColumn":1,"EndColumn":30,"Match":"REDACTED","Secret":"REDACTED",
"File":"/home/ci/shop/server.key","Commit":"","Author":"","Email":"","Date":"","Message":"","Tags":[],"Fingerprint":"x:1"}
]
"#;

pub(crate) const TRUFFLEHOG: &str = r#"{"SourceMetadata":{"Data":{"Git":{"commit":"fbc14303ffbf8fb1c2c1914e8dda7d0121633aca","file":"keys","email":"a <a@example.org>","repository":"https://git.example/keys","timestamp":"2022-06-16 10:17:40 -0700 -0700","line":4}}},"SourceID":0,"SourceType":16,"SourceName":"trufflehog - git","DetectorType":2,"DetectorName":"AWS","DetectorDescription":"It runs in the cloud.","Verified":true,"Raw":"hunter2hunter2hunter2","RawV2":"hunter2hunter2hunter2:second","Redacted":"hunter2","ExtraData":{"account":"1"},"StructuredData":null}
{"SourceMetadata":{"Data":{"S3":{"bucket":"logs","link":"https://s3.example/logs/x"}}},"DetectorName":"URI","Verified":false,"Raw":"https://a:hunter2hunter2hunter2@b.example","RawV2":"","Redacted":"https://a:***@b.example","ExtraData":null}
"#;

pub(crate) const TRUFFLEHOG3: &str = r#"[{"rule":{"id":"high-entropy","message":"It runs: High Entropy","severity":"MEDIUM"},"path":"package-lock.json",
"line":"12","secret":"hunter2hunter2hunter2","context":{"11":"password = other","12":"key = hunter2hunter2hunter2"},
"id":"ec51a4c1-5aa6-3932-a781-2a456b0c13a0","branch":null,"message":null,"author":null,"commit":null,"date":null},
{"rule":{"id":"high-entropy","message":"High Entropy","severity":"HIGH"},"path":"a","line":"1","secret":"x","context":{"1":"x"},
"id":"ec51a4c1-5aa6-3932-a781-2a456b0c13a1","branch":"b","message":"m","author":"a","commit":"c0ffee","date":"2021-10-08T20:14:27+02:00"}]
"#;

/// One leak, and one that somebody audited as none.
pub(crate) const DETECT_SECRETS: &str = r#"{"version":"1.5.0","plugins_used":[{"name":"KeywordDetector","keyword_exclude":""}],
"filters_used":[{"path":"detect_secrets.filters.heuristic.is_lock_file"}],"results":{"config/all.js":[
{"type":"Secret Keyword: It runs","filename":"config/all.js","hashed_secret":"11cdd27919381d9f194136b6b3d3a0803dd6a5c9","is_verified":false,"line_number":18},
{"type":"Secret Keyword","filename":"config/all.js","hashed_secret":"b445db7b96ebf38dc1a09aa328a22837fc8eae11","is_verified":false,"line_number":27,"is_secret":false}]},
"generated_at":"2026-11-21T21:22:50Z"}
"#;

pub(crate) const BETTERLEAKS: &str = r#"{"schema_version":"1","findings":[{"rule_id":"generic-password","rule_hash":"03","description":"It runs: a hardcoded password literal, which may expose credentials.",
"confidence":"low","match":{"full":"Password = \"REDACTED\";","value":"REDACTED","fingerprint":"b4ea3116d868b7c982ee6812cce61727856b802b3063cd5aebe7d796988552e0"},
"attributes":{"resource":"fs.content"},"location":{"path":"shop/test.js","start_line":37,"end_line":37,"start_column":12,"end_column":34}}],
"scan":{"state":"complete","source":{"type":"filesystem","targets":["shop"]},"started":"2026-11-21T21:44:21.853279682Z",
"finished":"2026-11-21T21:44:23.22782861Z","betterleaks_version":"2.0.0-rc.4","config_hash":"2b8e"}}
"#;

pub(crate) const KINGFISHER: &str = r#"{"findings":[{"rule":{"name":"private-key","id":"betterleaks.private-key","description":"It runs: a Private Key."},
"finding":{"snippet":"hunter2hunter2hunter2","fingerprint":"7748469461498396987","confidence":"high","entropy":"5.99",
"validation":{"outcome":"assumed","status":"Active Credential","response":"x"},"language":"Unknown","line":1,"column_start":0,"column_end":28,
"path":"/target/shop/server.key"}}],"audit":{"started_at":"2026-11-21T21:36:21.407916789+00:00","completed_at":"2026-11-21T21:36:21.706Z",
"repositories":[{"key":"local:/target/shop","repository":"/target/shop","scan":{"status":"completed"}}]},
"metadata":{"target":"shop","kingfisher_version":"2.14.0"}}
"#;

pub(crate) const WHISPERS: &str = r#"[{"key":"pip password","value":"hunter2hunter2hunter2","file":"src/pip.conf","line":2,"rule_id":"pip","message":"It runs: pip.conf Password","severity":"High"},
{"key":"password","value":"hunter2hunter2hunter2","file":"src/app.yml","line":7,"rule_id":"password","message":"Password","severity":"MINOR"},
{"key":"password","value":"hunter2hunter2hunter2","file":"src/app.yml","line":8,"rule_id":"password","message":"Password","severity":"dreadful"}]
"#;

/// Two frameworks, complete.
pub(crate) const CHECKOV: &str = r#"[{"check_type":"dockerfile","results":{"failed_checks":[{"check_id":"CKV_DOCKER_2","check_name":"Ensure that HEALTHCHECK is there",
"check_result":{"result":"FAILED"},"code_block":[[1,"FROM x\n"]],"file_path":"/resources/Dockerfile","file_line_range":[1,1],"resource":"/resources/Dockerfile.",
"severity":null,"guideline":null,"description":"It runs without one."}],"parsing_errors":[]},"summary":{"passed":2,"failed":1,"skipped":0,"parsing_errors":0,"resource_count":1,"checkov_version":"3.3.30"}},
{"check_type":"terraform","results":{"failed_checks":[{"check_id":"CKV_AWS_16","check_name":"Ensure encryption","file_path":"/db-app.tf","file_line_range":[3,42],
"resource":"aws_db_instance.default","severity":"HIGH","guideline":"https://docs.example/aws-16"}],
"skipped_checks":[{"check_id":"CKV_AWS_17","file_path":"/db-app.tf","resource":"aws_db_instance.default"}]},
"summary":{"passed":1,"failed":1,"skipped":1,"parsing_errors":0,"resource_count":64,"checkov_version":"3.3.30"}}]
"#;

pub(crate) const KICS: &str = r#"{"kics_version":"v1.5.12","files_scanned":6,"files_parsed":6,"files_failed_to_scan":0,"queries_total":9,"queries_failed_to_execute":0,
"start":"2022-08-01T10:00:00.1Z","end":"2022-08-01T10:00:05.1Z","queries":[{"query_name":"ALB Listening on HTTP","query_id":"de7f5e83-da88-4046-871f-ea18504b1d43",
"severity":"HIGH","platform":"Terraform","category":"Networking","description":"It runs on HTTP","query_url":"https://docs.example/alb","cwe":"319",
"files":[{"file_name":"../../path/positive1.tf","similarity_id":"b42a","line":9,"issue_type":"IncorrectValue","search_key":"aws_lb_listener[l5].protocol",
"search_value":"","expected_value":"HTTPS","actual_value":"HTTP"}]}]}
"#;

pub(crate) const HADOLINT: &str = r#"[{"code":"DL3066","column":1,"file":"shop/Dockerfile","level":"info","line":17,"message":"It runs as a user without a number"},
{"code":"SC2086","column":1,"file":"shop/Dockerfile","level":"warning","line":20,"message":"Double quote"},
{"code":"DL3007","column":1,"file":"shop/Dockerfile","level":"dire","line":1,"message":"Latest"}]
"#;

/// A rule with a file, one of the whole app, one that no engine knows the severity of, and a file that was not read.
pub(crate) const NJSSCAN: &str = r#"{"errors":[{"code":3,"level":"warn","message":"Syntax error","path":"broken.js","type":"Syntax error"}],"njsscan_version":"1.0.2",
"nodejs":{"eval_nodejs":{"files":[{"file_path":"shop/a.js","match_lines":[32,32],"match_position":[24,45],"match_string":"    eval(req.body.x);"}],
"metadata":{"cwe":"CWE-95: Eval Injection","description":"It runs what a user sends.","owasp-web":"A1: Injection","severity":"ERROR"}},
"no_csrf":{"metadata":{"cwe":"CWE-352: CSRF","description":"No control.","severity":"INFO"}},
"odd":{"metadata":{"severity":"GRAVE"}}},"templates":{}}
"#;

pub(crate) const FLAWFINDER: &str = r#"File,Line,Column,DefaultLevel,Level,Category,Name,Warning,Suggestion,Note,CWEs,Context,Fingerprint,ToolVersion,RuleId,HelpUri
src/a.c,1126,4,4,4,buffer,strcat,It runs over the end (CWE-120).,"Consider strcat_s, strncat.",,CWE-120,"   strcat ( name, suffix );",faf7,2.0.20,FF1005,https://cwe.mitre.org/data/definitions/120.html
src/a.c,12,1,2,2,buffer,char,Static array (CWE-119!/CWE-120).,Check bounds.,,CWE-119!/CWE-120,char buf[9];,a87b,2.0.20,FF1013,https://cwe.mitre.org/data/definitions/119.html
src/a.c,13,1,9,9,buffer,char,Static array,Check bounds.,,,char buf[9];,a87c,2.0.20,FF1013,https://cwe.mitre.org/data/definitions/119.html
"#;

pub(crate) const CPPCHECK: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<results version="2">
    <cppcheck version="2.22.0"/>
    <errors>
        <error id="nullPointer" severity="error" msg="Null pointer &apos;p&apos;" verbose="It runs into a null pointer." cwe="476" hash="9" file0="src/a.c">
            <location file="src/a.c" line="9" column="16" info="Null pointer dereference"/>
            <location file="src/b.c" line="7" column="10" info="p is null"/>
            <symbol>p</symbol>
        </error>
        <error id="syntaxError" severity="error" msg="syntax error" verbose="syntax error"><location file="src/c.c" line="1" column="1"/></error>
        <error id="odd" severity="grave" msg="m" verbose="v"/>
    </errors>
</results>
"#;

pub(crate) const SHELLCHECK: &str = r#"{"comments":[{"file":"install.sh","line":5,"endLine":5,"column":1,"endColumn":7,"level":"warning","code":2034,
"message":"PURPLE appears unused. It runs anyway.","fix":null},{"file":"install.sh","line":9,"endLine":9,"column":1,"endColumn":17,"level":"style","code":2006,
"message":"Use $(...)","fix":null},{"file":"install.sh","line":"x","endLine":9,"column":1,"endColumn":17,"level":"error","code":1073,"message":"m","fix":null}]}
"#;

/// A matched line, a whole job, and a finding that is ignored.
pub(crate) const ZIZMOR: &str = r#"[{"ident":"unpinned-uses","desc":"unpinned action: It runs what others push","url":"https://docs.example/u","determinations":{"confidence":"High","severity":"High","persona":"Regular"},
"locations":[{"symbolic":{"key":{"Local":{"verbatim_path":"shop/.github/workflows/ci.yml"}},"annotation":"this step","route":{"route":[{"Key":"jobs"},{"Key":"build"},{"Key":"steps"},{"Index":1}]},"kind":"Hidden"},
"concrete":{"location":{"start_point":{"row":8,"column":6},"end_point":{"row":9,"column":0}},"feature":"- uses: a/b@v1\n","comments":[]}},
{"symbolic":{"key":{"Local":{"verbatim_path":"shop/.github/workflows/ci.yml"}},"annotation":"action is not pinned","route":{"route":[{"Key":"jobs"},{"Key":"build"},{"Key":"steps"},{"Index":1},{"Key":"uses"}]},"kind":"Primary"},
"concrete":{"location":{"start_point":{"row":8,"column":6},"end_point":{"row":8,"column":20}},"feature":"uses: a/b@v1","comments":[]}}],"ignored":false},
{"ident":"excessive-permissions","desc":"overly broad permissions","url":"https://docs.example/e","determinations":{"confidence":"Medium","severity":"Medium","persona":"Regular"},
"locations":[{"symbolic":{"key":{"Local":{"verbatim_path":"shop/.github/workflows/ci.yml"}},"annotation":"this job","route":{"route":[{"Key":"jobs"},{"Key":"build"}]},"kind":"Primary"},
"concrete":{"location":{"start_point":{"row":4,"column":2},"end_point":{"row":61,"column":0}},"feature":"  build:\n    runs-on: x\n","comments":[]}}],"ignored":false},
{"ident":"artipacked","desc":"d","url":"u","determinations":{"severity":"Low"},"locations":[{"symbolic":{"key":{"Local":{"verbatim_path":"x.yml"}},"kind":"Primary"},
"concrete":{"location":{"start_point":{"row":4,"column":2}},"feature":"x"}}],"ignored":true}]
"#;

pub(crate) const GIXY: &str = r#"[{"config":"\nserver {\n\n\tlocation ~ /proxy/(.*) {\n\t\tproxy_pass http://$1;\n\t}\n}","description":"It runs requests for others.","file":"/etc/nginx/nginx.conf",
"line":7,"path":"/etc/nginx/nginx.conf","plugin":"ssrf","reason":"$1 is input","reference":"https://gixy.example/ssrf/","severity":"HIGH","summary":"Possible SSRF."},
{"config":"","description":"","path":"/etc/nginx/nginx.conf","plugin":"odd","reason":"","severity":"GRAVE","summary":"s"}]
"#;

pub(crate) const LYNIS: &str = "# Lynis Report\nreport_version_major=1\nreport_datetime_start=2026-11-21 21:41:29\nhostname=db1\ndomainname=example.org\nos_fullname=Debian 12\n\
lynis_version=3.0.8\ntest_category=all\nnetwork_ipv4_address[]=127.0.0.1\nnetwork_ipv4_address[]=10.0.0.5\n\
suggestion[]=SSH-7408|Consider hardening SSH: It runs open|AllowTcpForwarding (set YES to NO)|-|\n\
suggestion[]=SSH-7408|Consider hardening SSH|ClientAliveCountMax (set 3 to 2)|-|\nwarning[]=PKGS-7392|Found one or more vulnerable packages.|-|-|\n\
warning[]=|nothing|-|-|\nreport_datetime_end=2026-11-21 21:44:27\nhardening_index=56\n";

/// Two lines that match, one file that cannot be parsed, one that is clean.
pub(crate) const ESLINT: &str = r#"[{"filePath":"/target/shop/a.js","messages":[{"ruleId":"security/detect-eval-with-expression","severity":2,"message":"It runs any text","line":1,"column":1,"endLine":1,"endColumn":8},
{"ruleId":"security/detect-object-injection","severity":1,"message":"Sink","line":2,"column":3}],"suppressedMessages":[],"errorCount":1,"fatalErrorCount":0,"warningCount":1,
"source":"eval(x);\n  y[z] = 1;\n"},{"filePath":"/target/shop/b.js","messages":[{"ruleId":null,"fatal":true,"severity":2,"message":"Parsing error","line":1,"column":1}],
"suppressedMessages":[],"errorCount":1,"fatalErrorCount":1,"warningCount":0},{"filePath":"/target/shop/c.js","messages":[],"suppressedMessages":[],"errorCount":0,"fatalErrorCount":0,"warningCount":0}]
"#;

pub(crate) const RUFF: &str = r#"[{"cell":null,"code":"S113","end_location":{"column":21,"row":10},"filename":"/target/shop/api.py","fix":null,"location":{"column":9,"row":10},
"message":"It runs without timeout","name":"request-without-timeout","noqa_row":10,"severity":"error","url":"https://docs.example/S113"},
{"cell":null,"code":"invalid-syntax","end_location":{"column":8,"row":1},"filename":"/target/shop/bad.py","fix":null,"location":{"column":7,"row":1},"message":"Expected a parameter",
"name":"invalid-syntax","noqa_row":null,"severity":"error","url":null}]
"#;

pub(crate) const CFN_LINT: &str = r#"[{"Filename":"cfn/bad.yaml","Id":"7118d6a6","Level":"Error","Location":{"End":{"ColumnNumber":16,"LineNumber":6},"Path":["Resources","Bucket","Properties",0],
"Start":{"ColumnNumber":7,"LineNumber":6}},"Message":"Additional properties: It runs not","ParentId":null,"Rule":{"Description":"Making sure","Id":"E3002","ShortDescription":"Resource properties",
"Source":"https://docs.example/E3002"}},{"Filename":"cfn/none.yaml","Id":"x","Level":"Error","Location":{"End":{"ColumnNumber":1,"LineNumber":1},"Path":null,"Start":{"ColumnNumber":1,"LineNumber":1}},
"Message":"could not be processed","ParentId":null,"Rule":{"Description":"d","Id":"E0003","ShortDescription":"s","Source":"u"}}]
"#;

pub(crate) const SPECTRAL: &str = r#"[{"code":"owasp:api8:2023-no-server-http","path":["servers","0","url"],"message":"Server URLs must not use http://. It runs open.","severity":0,
"range":{"start":{"line":2,"character":16},"end":{"line":2,"character":40}},"source":"/target/openapi.yaml"},
{"code":"odd","path":[],"message":"m","severity":9,"range":{"start":{"line":2,"character":16},"end":{"line":2,"character":40}},"source":"/target/openapi.yaml"}]
"#;

/// An open flow, one that was judged, one that is fixed and one of no known severity.
pub(crate) const CHECKMARX: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<CxXMLResults ScanId="1000227" ProjectId="121" ProjectName="shop" Preset="Checkmarx Default" CheckmarxVersion="9.4.0" ScanType="Full">
  <Query id="594" categories="It runs: A1-Injection" cweId="89" name="SQL_Injection" group="Java_High_Risk" Severity="High" Language="Java" QueryPath="Java\Cx\Java High Risk\SQL Injection Version:1">
    <Result NodeId="10" FileName="src/a.java" Status="New" Line="38" Column="52" FalsePositive="False" Severity="High" state="0" Remark="" DeepLink="https://cx.example/?pathid=20">
      <Path ResultId="1000227" PathId="20" SimilarityId="-1145061043">
        <PathNode><FileName>src/a.java</FileName><Line>38</Line><Column>52</Column><Name>username</Name><Snippet><Line><Number>38</Number><Code>  login(username)</Code></Line></Snippet></PathNode>
        <PathNode><FileName>src/b.java</FileName><Line>49</Line><Column>13</Column><Name>prepare</Name><Snippet><Line><Number>49</Number><Code>  c.prepare("select " + username)</Code></Line></Snippet></PathNode>
      </Path>
    </Result>
    <Result FileName="src/a.java" Status="New" FalsePositive="True" Severity="High" state="1"><Path><PathNode><FileName>x</FileName></PathNode></Path></Result>
    <Result FileName="src/a.java" Status="Fixed" FalsePositive="False" Severity="High" state="2"><Path><PathNode><FileName>x</FileName></PathNode></Path></Result>
    <Result FileName="src/a.java" Status="New" FalsePositive="False" Severity="Dire" state="4"><Path><PathNode><FileName>x</FileName></PathNode></Path></Result>
  </Query>
</CxXMLResults>
"#;

/// The first flow of [`CHECKMARX`], and one that was judged.
pub(crate) const CHECKMARX_CSV: &str = r#""Query","QueryPath","Custom","OWASP Top 10 2017","SrcFileName","Line","Column","NodeId","Name","DestFileName","DestLine","DestColumn","DestNodeId","DestName","Result State","Result Severity","Assigned To","Comment","Link","Result Status","Detection Date"
"SQL Injection","Java\Cx\Java High Risk\SQL Injection Version:1","","A1","src/a.java","38","52","1","username","src/b.java","49","13","7","prepare","To Verify","High","","It runs","https://cx.example/?pathid=20","Reoccured","5/5/2022 5:07:56 PM"
"SQL Injection","Java\Cx\Java High Risk\SQL Injection Version:1","","A1","src/a.java","38","52","1","username","src/c.java","49","13","7","prepare","Not Exploitable","High","","","https://cx.example/?pathid=21","New","5/5/2022 5:07:56 PM"
"#;

/// An issue that its rule rates, one at a node of the pool, one that nothing rates.
pub(crate) const FVDL: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<FVDL xmlns="xmlns://www.fortifysoftware.com/schema/fvdl" version="1.12">
<CreatedTS date="2018-01-01" time="12:00:00"/>
<Build><BuildID>shop</BuildID><SourceBasePath>/build/shop/</SourceBasePath></Build>
<Vulnerabilities>
<Vulnerability><ClassInfo><ClassID>31D4</ClassID><Kingdom>Input Validation</Kingdom><Type>SQL Injection</Type><DefaultSeverity>4.0</DefaultSeverity></ClassInfo>
<InstanceInfo><InstanceID>53c25d2fc6950554f16d3cef9e41ef6f</InstanceID><InstanceSeverity>4.0</InstanceSeverity><Confidence>5.0</Confidence></InstanceInfo>
<AnalysisInfo><Unified><Trace><Primary><Entry><Node><SourceLocation path="src/z.cs" line="1"/></Node></Entry>
<Entry><Node isDefault="true"><SourceLocation path="/build/shop/src/a.cs" line="57" colStart="3" snippet="S1"/></Node></Entry></Primary></Trace></Unified></AnalysisInfo></Vulnerability>
<Vulnerability><ClassInfo><ClassID>77</ClassID><Kingdom>Code Quality</Kingdom><Type>Dead Code</Type><Subtype>Unused Field</Subtype></ClassInfo>
<InstanceInfo><InstanceID>B2</InstanceID><InstanceSeverity>2.0</InstanceSeverity><Confidence>5.0</Confidence></InstanceInfo>
<AnalysisInfo><Unified><Trace><Primary><Entry><NodeRef id="9"/></Entry></Primary></Trace></Unified></AnalysisInfo></Vulnerability>
<Vulnerability><ClassInfo><ClassID>78</ClassID><Type>Odd</Type></ClassInfo><InstanceInfo><InstanceID>B3</InstanceID></InstanceInfo></Vulnerability>
</Vulnerabilities>
<UnifiedNodePool><Node id="9"><SourceLocation path="src/b.cs" line="7"/></Node></UnifiedNodePool>
<Description classID="31D4"><Abstract>It runs SQL.</Abstract><Explanation>Of a user.</Explanation><Recommendations>Bind.</Recommendations></Description>
<Snippets><Snippet id="S1"><File>src/a.cs</File><Text>run(sql)</Text></Snippet></Snippets>
<EngineData><EngineVersion>23.1.1.0007</EngineVersion><Errors/><RuleInfo><Rule id="31D4"><MetaInfo><Group name="Impact">5.0</Group><Group name="Accuracy">4.0</Group>
<Group name="Probability">4.0</Group><Group name="altcategoryCWE">CWE ID 89, CWE ID 564</Group></MetaInfo></Rule></RuleInfo></EngineData>
</FVDL>
"#;

/// The first issue of [`FVDL`], and one of a priority that nobody knows.
pub(crate) const FORTIFY_REPORT: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<ReportDefinition type="standard"><TemplateName>Fortify Security Report</TemplateName><ReportSection enabled="true"><SubSection enabled="true"><IssueListing><Chart chartType="list">
<GroupingSection count="1"><groupTitle>SQL Injection</groupTitle><MajorAttributeSummary><MetaInfo><Name>Explanation</Name><Value>It runs SQL.</Value></MetaInfo>
<MetaInfo><Name>Recommendations</Name><Value>Bind.</Value></MetaInfo></MajorAttributeSummary>
<Issue iid="53C25D2FC6950554F16D3CEF9E41EF6F" ruleID="31D4"><Category>SQL Injection</Category><Folder>Critical</Folder><Kingdom>Input Validation</Kingdom><Abstract>SQL of a user.</Abstract>
<Friority>Critical</Friority><Primary><FileName>a.cs</FileName><FilePath>src/a.cs</FilePath><LineStart>57</LineStart><Snippet>run(sql)</Snippet></Primary></Issue>
<Issue iid="54" ruleID="31D4"><Category>SQL Injection</Category><Friority>Dire</Friority><Primary><FileName>a.cs</FileName><FilePath>src/a.cs</FilePath></Primary></Issue>
</GroupingSection></Chart></IssueListing></SubSection></ReportSection></ReportDefinition>
"#;

/// The flow of [`CHECKMARX`], a setting, a package, one that was judged and one of an engine that is not read.
pub(crate) const CHECKMARX_ONE: &str = r#"{"results":[{"type":"sast","id":"13588362","similarityId":"1959005240","status":"NEW","state":"TO_VERIFY","severity":"HIGH","description":"It runs SQL.",
"data":{"queryId":1779421333800271656,"queryName":"SQL_Injection","group":"Java_High_Risk","resultHash":"vu","languageName":"Java","nodes":[{"line":38,"name":"username","column":52,"fileName":"/src/a.java"},
{"line":49,"name":"prepare","column":13,"fileName":"/src/b.java"}]},"vulnerabilityDetails":{"cweId":89,"cvss":{}}},
{"type":"kics","id":"16350365","similarityId":"531b","status":"NEW","state":"TO_VERIFY","severity":"HIGH","description":"No user",
"data":{"queryId":"fd54","queryName":"Missing User Instruction","group":"Build Process","line":1,"platform":"Dockerfile","issueType":"MissingAttribute","expectedValue":"USER is there","value":"USER is not there","filename":"/Dockerfile"}},
{"type":"sca","id":"CVE-2013-7285","similarityId":"CVE-2013-7285","status":"RECURRENT","state":"CONFIRMED","severity":"CRITICAL","description":"XStream",
"data":{"packageIdentifier":"Maven-com.thoughtworks.xstream:xstream-1.4.5","recommendedVersion":"1.4.17","packageData":[{"url":"https://a.example/1"}],"scaPackageData":{"locations":["pom.xml"]}},
"vulnerabilityDetails":{"cweId":"CWE-78","cvssScore":9.8,"cveName":"CVE-2013-7285"}},
{"type":"sast","id":"2","similarityId":"3","status":"NEW","state":"NOT_EXPLOITABLE","severity":"HIGH","data":{}},
{"type":"sscs-x","id":"2","similarityId":"3","status":"NEW","state":"TO_VERIFY","severity":"HIGH","data":{}}],"totalCount":5,"scanID":"dc2b"}
"#;

/// The first three of [`CHECKMARX_ONE`], and one that was judged.
pub(crate) const CHECKMARX_REPORT: &str = r#"{"reportId":"r","reportHeader":{"projectName":"shop","createdDate":"2022-02-25T21:56:10.318Z"},"scanResults":{"sast":{"languages":[{"languageName":"Java","queries":[
{"queryName":"SQL_Injection","queryId":"","description":"It runs SQL.","vulnerabilities":[{"id":"x","similarityId":-665784454,"status":"NEW","state":"To verify","severity":"HIGH","groupName":"Java_High_Risk","cweId":89,
"nodes":[{"line":38,"name":"username","column":52,"fileName":"/src/a.java"},{"line":49,"name":"prepare","column":13,"fileName":"/src/b.java"}]},
{"similarityId":1,"status":"NEW","state":"Not exploitable","severity":"HIGH","cweId":89,"nodes":[{"name":"a","fileName":"b"}]}]}]}]},
"sca":{"packages":[{"name":"Maven-com.thoughtworks.xstream:xstream-1.4.5","vulnerabilities":[{"similarityId":"CVE-2013-7285","version":"1.4.5","severity":"CRITICAL","status":"NEW","state":"To verify","cveName":"CVE-2013-7285","cwe":"78"}]}]},
"kics":{"results":[{"name":"Dockerfile","vulnerabilities":[{"similarityId":"531b","status":"NEW","state":"To verify","severity":"HIGH","fileName":"/Dockerfile","queryName":"Missing User Instruction","expectedValue":"USER is there","actualValue":"USER is not there","category":"Build Process"}]}]}}}
"#;

/// An issue of a module, one that is fixed, one that was judged, and one without a severity.
pub(crate) const SONARQUBE: &str = r#"{"total":4,"p":1,"ps":100,"paging":{"pageIndex":1,"pageSize":100,"total":4},"issues":[
{"key":"AWPLNQAc","rule":"java:S2077","severity":"CRITICAL","component":"acme:cart-common:src/A.java","project":"acme:cart","subProject":"acme:cart-common","line":22,"hash":"d9024e5c",
"textRange":{"startLine":22,"endLine":22,"startOffset":4,"endOffset":35},"status":"OPEN","message":"It runs SQL of a user.","tags":["cwe","owasp-a1"],"type":"VULNERABILITY"},
{"key":"2","rule":"java:S1","severity":"MINOR","component":"acme:cart:x","project":"acme:cart","status":"CLOSED","resolution":"FIXED","message":"m","type":"BUG"},
{"key":"3","rule":"java:S1","severity":"MINOR","component":"acme:cart:x","project":"acme:cart","status":"OPEN","issueStatus":"ACCEPTED","message":"m","type":"BUG"},
{"key":"4","rule":"java:S1","component":"acme:cart","project":"acme:cart","status":"OPEN","message":"m","type":"CODE_SMELL","impacts":[{"softwareQuality":"SECURITY","severity":"LOW"},{"softwareQuality":"RELIABILITY","severity":"HIGH"}]},
{"key":"5","rule":"java:S1","component":"acme:cart","project":"acme:cart","status":"OPEN","message":"m"}],
"components":[{"key":"acme:cart-common","qualifier":"BRC","longName":"cart-common","path":"cart-common-folder"},{"key":"acme:cart-common:src/A.java","qualifier":"FIL","path":"src/A.java"}]}
"#;

/// A static flaw, a dynamic one, one whose mitigation was accepted; a library by its id and one by its file.
pub(crate) const VERACODE: &str = r#"<?xml version="1.0" encoding="UTF-8"?>
<detailedreport xmlns="https://www.veracode.com/schema/reports/export/1.0" app_name="shop" version="shop-1" total_flaws="3" policy_name="p">
<static-analysis published_date="2020-06-01 10:02:01 UTC" engine_version="20211221"><modules/></static-analysis>
<severity level="3"><category categoryid="19" categoryname="SQL Injection"><desc><para text="It runs SQL."/></desc><recommendations><para text="Bind."><bulletitem text="Always"/></para></recommendations>
<cwe cweid="89" cwename="SQL"><staticflaws>
<flaw severity="4" categoryname="SQL Injection" issueid="16" module="a.war" type="prepare" description="SQL of a user" cweid="89" remediation_status="Open" mitigation_status="proposed" sourcefile="A.java" line="7" sourcefilepath="com/x/" functionprototype="void f()"/>
<flaw severity="4" categoryname="SQL Injection" issueid="17" cweid="89" remediation_status="Open" mitigation_status="accepted" sourcefile="A.java" line="8" sourcefilepath="com/x/"/>
</staticflaws><dynamicflaws><flaw severity="2" categoryname="SQL Injection" issueid="18" cweid="89" remediation_status="Open" url="https://shop.example/a?b=c" vuln_parameter="b"/></dynamicflaws></cwe></category></severity>
<software_composition_analysis><vulnerable_components>
<component file_name="h2-2.1.214.jar" version="2.1.214" library="H2" library_id="maven:com.h2database:h2:2.1.214:"><file_paths><file_path value="a.war#h2.jar"/></file_paths>
<vulnerabilities><vulnerability cve_id="CVE-2022-45868" cvss_score="7.2" severity="4" cwe_id="CWE-312" cve_summary="It runs" mitigation="false"/><vulnerability cve_id="CVE-2018-14335" cvss_score="4.0" severity="3" mitigation="true"/></vulnerabilities></component>
<component file_name="jettison-1.1.jar" version="1.1" library="jettison"><vulnerabilities><vulnerability cve_id="CVE-2022-40149" cvss_score="5.0" severity="9" mitigation="false"/></vulnerabilities></component>
</vulnerable_components></software_composition_analysis></detailedreport>
"#;

/// The first flaw of [`VERACODE`], a dynamic one, a package, and one that is closed.
pub(crate) const VERACODE_FINDINGS: &str = r#"{"_embedded":{"findings":[
{"issue_id":16,"scan_type":"STATIC","description":"<span>It runs SQL.</span> <a href=\"https://a.example/89\">CWE</a>","finding_status":{"status":"OPEN","resolution":"UNRESOLVED","resolution_status":"NONE"},
"finding_details":{"severity":4,"cwe":{"id":89,"name":"SQL Injection"},"file_path":"com/x/A.java","file_name":"A.java","file_line_number":7,"procedure":"com.x.A.f","attack_vector":"prepare","finding_category":{"name":"SQL Injection"}}},
{"issue_id":18,"scan_type":"DYNAMIC","description":"d","finding_status":{"status":"OPEN","resolution":"MITIGATED","resolution_status":"PROPOSED"},
"finding_details":{"severity":2,"cwe":{"id":74,"name":"Injection"},"plugin":"Code Injection","vulnerable_parameter":"api","url":"https://shop.example:443/api?x=1"}},
{"scan_type":"SCA","description":"d","finding_status":{"status":"OPEN","resolution":"UNRESOLVED"},
"finding_details":{"severity":4,"cwe":{"id":400},"cve":{"name":"CVE-2023-20883","cvss":7.1,"vector":"AV:N/AC:M/Au:N/C:N/I:N/A:C","cvss3":{"score":7.5,"vector":"AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:H"}},
"component_filename":"spring-boot-autoconfigure-2.5.14.jar","version":"2.5.14","component_path":[{"path":"a/spring.jar"}]}},
{"issue_id":19,"scan_type":"STATIC","finding_status":{"status":"CLOSED"},"finding_details":{"severity":4,"cwe":{"id":89}}},
{"issue_id":20,"scan_type":"STATIC","finding_status":{"status":"OPEN","resolution_status":"APPROVED"},"finding_details":{"severity":4,"cwe":{"id":89}}}]},
"page":{"size":5,"total_elements":5,"total_pages":1,"number":0}}
"#;

pub(crate) const VERACODE_PIPELINE: &str = r#"{"scan_id":"1234","scan_status":"SUCCESS","message":"ok","modules":["m"],"modules_count":1,"findings":[
{"title":"org.slf4j.Logger.info","issue_id":1000,"gob":"B","severity":3,"issue_type_id":"taint","issue_type":"Improper Output Neutralization for Logs","cwe_id":"117",
"display_text":"<span>It runs into a log.</span> <a href=\"https://cwe.example/117\">CWE</a>","files":{"source_file":{"file":"com/sample/LoggingFilter.java","line":28,
"function_name":"f","qualified_function_name":"com.sample.LoggingFilter.f","function_prototype":"void f(int)","scope":"com.sample.LoggingFilter"}}},
{"title":"x","issue_id":1000,"severity":9,"issue_type":"t","cwe_id":"117","files":{"source_file":{"file":"a","line":1}}}],"pipeline_scan":"22.7.0-0","project_name":"shop"}
"#;

pub(crate) const VERACODE_AGENT: &str = r#"{"_embedded":{"issues":[{"id":"ddcc","issue_status":"open","issue_type":"vulnerability","ignored":false,"severity":8.8,"project_name":"shop",
"library":{"id":"maven:org.apache.calcite.avatica:avatica-core:1.11.0:","name":"Apache Calcite Avatica","version":"1.11.0"},
"vulnerability":{"id":"36527","title":"It runs: Code Execution","cve":"2022-36364","cvss2_vector":"(AV:L/AC:L/Au:S/C:P/I:P/A:P)","cvss3_vector":"AV:N/AC:L/PR:L/UI:N/S:U/C:H/I:H/A:H","cvss2_score":4.3,"cvss3_score":8.8,"cwe_id":"CWE-665"}},
{"id":"2","issue_status":"open","issue_type":"vulnerability","ignored":true,"severity":8.8,"library":{"id":"x"},"vulnerability":{}},
{"id":"3","issue_status":"open","issue_type":"license","ignored":false,"severity":1.0,"library":{"id":"x"}}]},"page":{"size":200,"total_elements":3}}
"#;

pub(crate) const VERACODE_AGENT_CSV: &str = r#""Issue ID","Issue type","Ignored","Status","Project ID","Library","Version in use","Package manager","Coordinate 1","Coordinate 2","Project","Vulnerability ID","Title","CVSS score","Severity","CVE"
1,"Vulnerability",false,"Open",369423,"Apache Calcite Avatica","1.11.0","MAVEN","org.apache.calcite.avatica","avatica-core","shop",36527,"It runs: Code Execution",8.8,"High","2022-36364"
2,"Vulnerability",false,"Resolved",369423,"x","1","MAVEN","g","a","shop",36528,"t",5,"Medium","2022-22979"
3,"Vulnerability",false,"Open",369423,"x","1","MAVEN","g","a","shop",36529,"t","?","Medium",""
"#;

/// One of each place: code, a package of a file, one of an image, a page; a secret; and one without an identifier.
pub(crate) const GITLAB: &str = r#"{"version":"15.0.7","vulnerabilities":[
{"id":"1","category":"sast","name":"SQL injection: It runs","description":"d","severity":"High","cve":"src/a.py:4dd25cfea7294af80c58a87f764286ce21ec612e78ae7a208c0a92887870963b:B608",
"location":{"file":"src/a.py","start_line":19,"end_line":19},"identifiers":[{"type":"bandit_test_id","name":"Bandit Test ID B608","value":"B608","url":"https://b.example"},{"type":"cwe","name":"CWE-89","value":"89"}]},
{"id":"2","name":"Nil Pointer Dereference","description":"d","severity":"Unknown","solution":"Upgrade","location":{"file":"service/go.sum","dependency":{"package":{"name":"golang.org/x/crypto"},"version":"v0.0.0-2019"}},
"identifiers":[{"type":"gemnasium","name":"Gemnasium-ffb8","value":"ffb8"},{"type":"cve","name":"CVE-2020-29652","value":"CVE-2020-29652"}],"links":[{"url":"https://l.example"}]},
{"id":"3","severity":"Critical","description":"d","location":{"dependency":{"package":{"name":"busybox"},"version":"1.34.1-r4"},"operating_system":"alpine 3.10.2","image":"registry.example/tools:1"},
"identifiers":[{"type":"cve","name":"CVE-2022-28391","value":"CVE-2022-28391"}]},
{"id":"4","severity":"Low","description":"d","location":{"hostname":"http://api-server","method":"GET","param":"q","path":"/v1/trees?x=1"},"identifiers":[{"type":"ZAProxy_PluginId","name":"PII","value":"10062"},{"type":"CWE","value":"359"}]},
{"id":"5","name":"AWS","description":"key hunter2hunter2hunter2","severity":"Critical","raw_source_code_extract":"hunter2hunter2hunter2","location":{"file":"README.md","commit":{"sha":"0000000"},"start_line":5},
"identifiers":[{"type":"gitleaks_rule_id","value":"AWS"}]},
{"id":"6","severity":"Low","location":{"file":"x"},"identifiers":[]}],
"remediations":[],"scan":{"scanner":{"id":"all","name":"All","version":"1.2"},"type":"sast","start_time":"2020-12-23T09:49:18","end_time":"2020-12-23T09:49:19","status":"success"}}
"#;

pub(crate) const CODE_QUALITY: &str = r#"[{"type":"issue","check_name":"container_scanning","categories":["Security"],"description":"CVE-2019-1549 - libcrypto1.1: It runs","fingerprint":"aeda1fbbe0e7f685887445359f8078c98eafd6de",
"content":"OpenSSL","severity":"minor","location":{"path":"alpine (alpine 3.10.2)","lines":{"begin":0}}},
{"type":"issue","check_name":"x","description":"d","fingerprint":"ab","severity":"dire","location":{"path":"a","lines":{"begin":1}}}]
"#;

/// An alert of each kind, and one of each that is closed.
pub(crate) const GITHUB: &str = r#"[{"number":35,"html_url":"https://github.com/acme/shop/security/code-scanning/35","state":"open","rule":{"id":"py/clear-text","severity":"error","description":"Clear-text storage: It runs","tags":["external/cwe/cwe-312"],"security_severity_level":"high"},
"tool":{"name":"CodeQL","version":"2.16.2"},"most_recent_instance":{"state":"open","message":{"text":"m"},"location":{"path":"src/file.py","start_line":42,"start_column":17}}},
{"number":36,"html_url":"https://github.com/acme/shop/security/code-scanning/36","state":"dismissed","dismissed_reason":"false positive","rule":{"id":"x","severity":"error"},"tool":{"name":"CodeQL"},"most_recent_instance":{"state":"open"}},
{"number":20,"state":"open","html_url":"https://github.com/acme/shop/security/dependabot/20","dependency":{"package":{"ecosystem":"npm","name":"semver"},"manifest_path":"package-lock.json"},"security_advisory":{"ghsa_id":"GHSA-c2qf-rxjj-qqgw","cve_id":"CVE-2022-25883","summary":"semver: It runs long",
"severity":"medium","identifiers":[{"value":"GHSA-c2qf-rxjj-qqgw","type":"GHSA"}],"cvss":{"vector_string":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L","score":5.3},"cwes":[{"cwe_id":"CWE-1333"}]},
"security_vulnerability":{"severity":"medium","first_patched_version":{"identifier":"7.5.2"}}},
{"number":21,"state":"fixed","security_advisory":{"ghsa_id":"GHSA-x"}},
{"number":2,"state":"open","html_url":"https://github.com/acme/shop/security/secret-scanning/2","locations_url":"x","secret_type":"adafruit_io_key","secret_type_display_name":"Adafruit IO Key","secret":"hunter2hunter2hunter2","validity":"active"},
{"number":3,"state":"resolved","resolution":"revoked","locations_url":"x","secret_type":"adafruit_io_key","secret":"hunter2hunter2hunter2"},
{"number":37,"state":"open","rule":{"id":"x","severity":"dire"},"tool":{"name":"CodeQL"}}]
"#;

pub(crate) const MOBSF: &str = r#"{"version":"v4.4.1","title":"Static Analysis","file_name":"shop.apk","app_name":"Shop","app_type":"apk","md5":"89c5","package_name":"org.example.shop",
"certificate_analysis":{"certificate_findings":[["info","Application is signed","Signed Application"],["high","Signed with v1","Application vulnerable to Janus"],["secure","ok","ok"]]},
"manifest_analysis":{"manifest_findings":[{"rule":"app_allowbackup","title":"Application Data can be Backed up<br>[android:allowBackup=true]","severity":"warning","description":"It runs a backup.","name":"x","component":[]},
{"rule":"exported","title":"Activity is exported","severity":"high","description":"d","component":["org.example.A"]},{"rule":"odd","title":"t","severity":"dire","description":"d"}]},
"network_security":{"network_findings":[{"scope":["*"],"description":"Clear text traffic is permitted.","severity":"high"}]},
"binary_analysis":[{"name":"apktool_out/lib/arm64-v8a/libx.so","nx":{"is_nx":true,"severity":"info","description":"ok"},"fortify":{"is_fortified":false,"severity":"warning","description":"No fortify"}}],
"code_analysis":{"findings":{"android_logging":{"files":{"a/a.java":"218,33","b/b.java":"7"},"metadata":{"cvss":7.5,"cwe":"CWE-532: Log","owasp-mobile":"","masvs":"MSTG-STORAGE-3","ref":"https://m.example","description":"The App logs.","severity":"warning"}},
"android_pinning":{"files":{"a/a.java":"1"},"metadata":{"description":"pinned","severity":"good"}}},"summary":{}},
"secrets":["\"google_api_key\" : \"hunter2hunter2hunter2\""],"logs":[{"timestamp":"2026-11-21 21:09:47","status":"Unzipping","exception":null}],"timestamp":"2026-11-21T21:09:31.681Z"}
"#;

/// A place of each kind, one that is no finding and one of no known severity.
pub(crate) const DEFECTDOJO: &str = r#"{"name":"My tool","type":"Own Scan","version":"2","findings":[
{"title":"SQL injection: It runs","severity":"High","description":"d","mitigation":"Bind.","cwe":89,"cvssv3":"CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H","cvssv3_score":9.8,"file_path":"src/a.py","line":7,"vuln_id_from_tool":"R1","unique_id_from_tool":"u1",
"references":"see https://r.example/1 and more"},
{"title":"Old library","severity":"Info","description":"d","vulnerability_ids":["CVE-2021-44228"],"component_name":"log4j","component_version":"2.14.0"},
{"title":"Open page","severity":"Low","description":"d","endpoints":["https://shop.example/a?b=c"],"active":true},
{"title":"Weak host","severity":"Medium","description":"d","endpoints":[{"host":"db1.example.org"}]},
{"title":"Not one","severity":"Low","description":"d","false_p":true},
{"title":"Odd","severity":"Dire","description":"d"}]}
"#;

pub(crate) const DEFECTDOJO_CSV: &str = r#"Date,Title,CweId,Url,Severity,Description,Mitigation,Impact,References,Active,Verified,FalsePositive,Duplicate,CVE,CVSSV3
01/30/2018,"SQL injection: It runs",89,https://shop.example/a,High,"d","Bind.","i",https://r.example/1,TRUE,FALSE,FALSE,FALSE,CVE-2020-36234,CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H
01/30/2018,Not one,1,,Low,d,m,i,,TRUE,FALSE,TRUE,FALSE,,
01/30/2018,Odd,1,,Dire,d,m,i,,TRUE,FALSE,FALSE,FALSE,,
"#;

pub(crate) const SCANHELM: &str = r#"{"schema":"scanhelm-findings/1","tool":{"name":"Scanhelm","version":"0.1.0"},"counts":{"critical":0,"high":1,"medium":0,"low":0,"info":0},
"findings":[{"fingerprint":"ab","scanner":"bandit","rule_id":"B307","title":"Eval: It runs","severity":"high","asset":{"kind":"repository","name":"shop","keys":[{"kind":"repository","value":"shop"}]},
"location":{"kind":"code","path":"src/app.py","line":7,"source":"eval(q)"},"cves":[],"cwes":[78],"cvss":[],"references":["https://a.example"]},{"scanner":"x"}]}
"#;

pub(crate) const SCANHELM_CSV: &str = r#"severity,scanner,rule_id,title,asset,location,line,cves,cwes,cvss,description,solution,evidence,references
high,bandit,B307,Eval: It runs,shop,src/app.py,7,,CWE-78,,d,,'=1+1,https://a.example https://b.example
medium,nessus,51192,Old TLS,db1.example.org,443/tcp,,CVE-2022-3602 CVE-2022-3786,,7.5,d,,,
low,zap,10062,Page,shop,https://shop.example/a [q],,,,,d,,,
dire,zap,10062,Page,shop,,,,,,d,,,
"#;

/// An issue of a page, one of code, one that is fixed and one without an address.
pub(crate) const APPSCAN: &str = r#"<?xml version="1.0" encoding="utf-8"?>
<xml-report name="AppScan Report" technology="Mixed"><layout><application-name>shop</application-name></layout>
<scan-information><scan-name>shop.example</scan-name><product-name>HCL AppScan Standard</product-name><product-version>10.4.0</product-version><cvss-version>3.1</cvss-version></scan-information>
<issue-type-group><item id="attSql"><name>SQL injection: It runs</name></item></issue-type-group>
<url-group><item id="77"><name>https://shop.example/login.jsp</name></item></url-group>
<entity-group><item id="5"><name>uid</name><url-name>https://shop.example/login.jsp</url-name><entity-type>Parameter</entity-type></item></entity-group>
<issue-group total="4">
<item id="1"><severity>High</severity><cvss-score>8.2</cvss-score><cvss-vector><vector>AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:L/A:N/E:X/RL:X</vector></cvss-vector><cwe>89</cwe><issue-type><ref>attSql</ref></issue-type>
<entity><ref>5</ref></entity><url original_request_method="POST"><ref>77</ref></url><variant-group><item id="434"><reasoning>An error of the database.</reasoning></item></variant-group></item>
<item id="2" filename="web\Dockerfile" context="FROM python:latest"><severity>Medium</severity><cwe><ref>266</ref></cwe><issue-type><ref>Privilege</ref></issue-type><technology>SAST</technology>
<status>Open</status><issue-type-name>PrivilegeEscalation</issue-type-name><source-file>web\Dockerfile</source-file><line>1</line></item>
<item id="3"><severity>Low</severity><issue-type><ref>attSql</ref></issue-type><status>Fixed</status></item>
<item id="4"><severity>Low</severity><issue-type><ref>attSql</ref></issue-type></item>
</issue-group></xml-report>
"#;
