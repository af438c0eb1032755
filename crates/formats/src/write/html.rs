//! A page for people without a hub: one file, readable in any browser and on paper, with no script and nothing from
//! elsewhere. Findings quote what hostile targets answer, so everything is escaped, and a policy in the page forbids
//! whatever would still slip through.

use std::io::{self, Write};

use scanhelm_core::Severity;
use scanhelm_core::finding::Location;

use super::entry::{Entry, Standing};
use super::escaped::Escaped;
use super::order::Findings;
use super::scanners::{ScannerOutcome, nobody_looked};
use super::{Heading, ToolInfo, is_web_uri};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#d5d9e0;--dim:#5b6472;--critical:#a3123f;--high:#c2410c;--medium:#946200;--low:#1d63b8;--info:#5b6472}
@media(prefers-color-scheme:dark){:root{--line:#39404d;--dim:#a2abba;--critical:#ff7a9c;--high:#ff9a62;--medium:#e5b83f;--low:#7db4ff;--info:#a2abba}}
body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:70rem;padding:0 1rem}
h1{font-size:1.4rem;margin:0}p{margin:.4rem 0}.dim{color:var(--dim)}
ul.counts{list-style:none;display:flex;gap:1.5rem;padding:0;flex-wrap:wrap}ul.counts b{font-size:1.3rem;margin-right:.3rem}
details{border-top:1px solid var(--line);padding:.5rem 0}summary{cursor:pointer;overflow-wrap:anywhere}
.severity{display:inline-block;min-width:5rem;font-weight:600}
.critical{color:var(--critical)}.high{color:var(--high)}.medium{color:var(--medium)}.low{color:var(--low)}.info{color:var(--info)}
dl{display:grid;grid-template-columns:9rem 1fr;gap:.2rem 1rem;margin:.5rem 0}dt{color:var(--dim)}dd{margin:0;overflow-wrap:anywhere;white-space:pre-wrap}
pre{white-space:pre-wrap;overflow-wrap:anywhere;border:1px solid var(--line);padding:.6rem;margin:0;max-height:24rem;overflow:auto}
@media print{pre{max-height:none}}";

pub(super) fn write(output: &mut dyn Write, findings: &Findings<'_>, heading: &Heading) -> io::Result<()> {
    begin(output, &format!("Findings: {}", heading.name), &heading.tool)?;
    writeln!(output, "<ul class=\"counts\">")?;
    for severity in Severity::ALL {
        writeln!(output, "<li class=\"{severity}\"><b>{}</b>{severity}</li>", findings.counts().get(severity))?;
    }
    writeln!(output, "</ul>")?;
    write_scanners(output, &heading.scanners)?;
    for warning in &heading.warnings {
        writeln!(output, "<p><b>Warning</b>: {}</p>", Escaped(warning))?;
    }
    if findings.counts().total() == 0 {
        let nothing = match heading.of_hub {
            true => "No finding matches.",
            false if nobody_looked(&heading.scanners) => "No result: no scanner looked.",
            false => "Nothing was found.",
        };
        writeln!(output, "<p>{nothing}</p>")?;
    }
    findings.each(|entry| write_finding(output, entry))?;
    writeln!(output, "</body>\n</html>")
}

/// Up to what the page is about.
pub(super) fn begin(output: &mut dyn Write, title: &str, tool: &ToolInfo) -> io::Result<()> {
    writeln!(
        output,
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" \
         content=\"width=device-width\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         style-src 'unsafe-inline'\">\n<meta name=\"referrer\" content=\"no-referrer\">\n<title>{}</title>\n<style>\n{STYLE}\n\
         </style>\n</head>\n<body>\n<h1>{}</h1>\n<p class=\"dim\">{} {}</p>",
        Escaped(title),
        Escaped(title),
        Escaped(&tool.name),
        Escaped(&tool.version),
    )
}

/// Those that did not look at everything.
pub(super) fn write_scanners(output: &mut dyn Write, scanners: &[ScannerOutcome]) -> io::Result<()> {
    for scanner in scanners {
        let told = scanner.failed().map(|reason| ("failed", reason));
        let told = told.or_else(|| scanner.skipped().map(|reason| ("was skipped", reason)));
        if let Some((what, reason)) = told.or_else(|| scanner.partial().map(|reason| ("was partial", reason))) {
            writeln!(output, "<p><b>{} {what}</b>: {}</p>", Escaped(&scanner.label()), Escaped(&reason))?;
        }
    }
    Ok(())
}

pub(super) fn write_finding(output: &mut dyn Write, entry: &Entry) -> io::Result<()> {
    let record = &entry.record;
    let place = match &record.location {
        Location::Asset | Location::Network { .. } => format!("{} {}", record.asset.name, record.location.label()),
        location => location.label(),
    };
    writeln!(
        output,
        "<details>\n<summary><span class=\"severity {severity}\">{severity}</span> {} <span class=\"dim\">{}</span>\
         </summary>\n<dl>",
        Escaped(&record.title),
        Escaped(place.trim()),
        severity = record.severity,
    )?;
    let cwes: Vec<String> = record.cwes.iter().map(|cwe| format!("CWE-{cwe}")).collect();
    let scores: Vec<String> = record
        .cvss
        .iter()
        .map(|score| {
            let number = score.score.map(|number| format!("{number:.1}"));
            [Some(format!("v{}", score.version)), number, score.vector.clone()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ")
        })
        .collect();
    let facts = [
        ("Scanner", Some(record.scanner.clone())),
        ("Rule", Some(record.rule_id.clone())),
        ("Asset", Some(record.asset.name.clone())),
        ("Vulnerabilities", Some(record.cves.join(" "))),
        ("Weaknesses", Some(cwes.join(" "))),
        ("CVSS", Some(scores.join("\n"))),
        ("Description", record.description.clone()),
        ("Solution", record.solution.clone()),
    ];
    for (name, text) in facts.into_iter().chain(entry.standing.as_deref().into_iter().flat_map(standing_facts)) {
        if let Some(text) = text.filter(|text| !text.trim().is_empty()) {
            writeln!(output, "<dt>{name}</dt><dd>{}</dd>", Escaped(&text))?;
        }
    }
    if !record.references.is_empty() {
        writeln!(output, "<dt>References</dt><dd>")?;
        for reference in &record.references {
            let text = Escaped(reference);
            if is_web_uri(reference) {
                writeln!(output, "<a href=\"{text}\" rel=\"noopener noreferrer\">{text}</a>")?;
            } else {
                writeln!(output, "{text}")?;
            }
        }
        writeln!(output, "</dd>")?;
    }
    if let Some(evidence) = record.evidence.as_deref().filter(|evidence| !evidence.trim().is_empty()) {
        writeln!(output, "<dt>Evidence</dt><dd><pre>{}</pre></dd>", Escaped(evidence))?;
    }
    writeln!(output, "</dl>\n</details>")
}

fn standing_facts(standing: &Standing) -> [(&'static str, Option<String>); 5] {
    let seen = format!("{} to {}", standing.first_seen_at, standing.last_seen_at);
    [
        ("State", Some(standing.status.as_str().replace('_', " "))),
        ("Reason", standing.reason.clone()),
        ("Stands until", standing.expires_at.map(|time| time.to_string())),
        ("Seen", Some(seen)),
        ("Resolved", standing.resolved_at.map(|time| time.to_string())),
    ]
}
