//! sqlmap: the data of a task as its REST server answers it (`/scan/<id>/data`).
//!
//! - **A finding** is a parameter through which SQL can be injected; by which techniques is evidence. sqlmap proves what it
//!   tells and rates nothing: critical.
//! - **Never complete**: the answer does not say whether the task came to its end.

use scanhelm_core::Severity;
use scanhelm_core::finding::{FindingRecord, Location};
use scanhelm_core::text::single_line;
use serde_json::Value;

use crate::format::{Format, Opened};
use crate::gathered::{bare, filled};
use crate::input::Input;
use crate::json::records::{self, Beginning, Layout, Record, Sections, Step};
use crate::json::value::{at, list, text, word};
use crate::options::ReadOptions;
use crate::prose::{labelled, paragraphs};
use crate::report::{Problems, ReportHeader};
use crate::sample::Sample;
use crate::site::{page, site};

pub(crate) const FORMAT: Format =
    Format { id: "sqlmap", name: "sqlmap API data", extensions: &["json"], sniff: recognises, open };

const SCANNER: &str = "sqlmap";
const SQL_INJECTION: u32 = 89;

fn recognises(sample: &Sample) -> bool {
    sample.has_json("success") && sample.has_json("data[].type") && sample.has_json("data[].value")
}

fn open(input: Input, options: &ReadOptions) -> Opened {
    records::reader(input.content, SqlmapLayout { target: None }, &options.limits)
}

struct SqlmapLayout {
    /// The page that was attacked; it comes before what was found on it.
    target: Option<String>,
}

impl Layout for SqlmapLayout {
    fn step(&self, path: &str) -> Step {
        match path {
            "" | "data" => Step::Enter,
            "data[]" => Step::Record,
            "success" | "error" => Step::Keep,
            _ => Step::Skip,
        }
    }

    fn begin(&mut self, sections: &Sections) -> Result<Beginning, String> {
        let answer = sections.first();
        let mut problems = Problems::default();
        if answer.fact("success") != Some(&Value::Bool(true)) {
            problems.add("sqlmap says that the request did not succeed");
        }
        for error in answer.fact("error").and_then(Value::as_array).into_iter().flatten() {
            problems.add(error.as_str().unwrap_or(&error.to_string()));
        }
        Ok(Beginning {
            header: ReportHeader { scanner: SCANNER.to_owned(), ..ReportHeader::default() },
            problems,
            ..Beginning::default()
        })
    }

    fn read(&mut self, record: &Record<'_>) -> Result<Vec<FindingRecord>, String> {
        let value = record.value()?;
        match text(&value, "type_name") {
            "TARGET" => {
                let url = text(&value, "value.url");
                self.target = Some(page(url).ok_or_else(|| format!("`{}` is no web address", single_line(url, 64)))?);
                Ok(vec![])
            }
            "TECHNIQUES" => {
                let target = self.target.as_deref().ok_or("no target stands before it")?;
                list(&value, "value").iter().map(|point| injection(point, target)).collect()
            }
            // What was read out of the database, and facts of it.
            _ => Ok(vec![]),
        }
    }
}

fn injection(point: &Value, target: &str) -> Result<FindingRecord, String> {
    let parameter = filled(single_line(text(point, "parameter"), 300)).ok_or("it names no parameter")?;
    let place = text(point, "place").trim();
    let method = matches!(place, "GET" | "POST" | "PUT" | "DELETE" | "PATCH").then(|| place.to_owned());
    let techniques = list(point, "data").iter().map(|technique| {
        paragraphs([text(technique, "title"), &labelled("Payload", text(technique, "payload"))]).unwrap_or_default()
    });
    let software = match at(point, "dbms") {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", "),
        _ => word(point, "dbms"),
    };
    Ok(FindingRecord {
        cwes: vec![SQL_INJECTION],
        evidence: paragraphs([labelled("Place", place), labelled("Database", &software)].into_iter().chain(techniques)),
        ..bare(
            SCANNER,
            "sql-injection",
            format!("SQL injection through {parameter}"),
            Severity::Critical,
            &site(target),
            Location::Web { url: target.to_owned(), method, parameter: Some(parameter) },
        )
    })
}
