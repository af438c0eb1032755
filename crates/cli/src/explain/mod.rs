//! `scanhelm explain`: a language model of one's choice explains one finding of a result.
//!
//! Nothing leaves without being asked for: an endpoint has to be named, what would leave can be seen, and is shown and
//! asked about on a terminal. What comes back goes to whoever asked and nowhere else. The result is only read, so that
//! no identity, order or gate can depend on it.

mod after_scan;
mod endpoint;

use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use scanhelm_core::explanation::Question;
use scanhelm_core::explanation::redaction::{Redactions, in_words};
use scanhelm_core::finding::FindingRecord;
use scanhelm_core::text::single_line;
use serde::Serialize;

use crate::ci::Variables;
use crate::duration;
use crate::exit::{self, Exit};
use crate::scan::{ResultFile, ResultFinding};
pub(crate) use after_scan::AfterScan;
use endpoint::{Endpoint, Explanation};

pub(crate) const EXAMPLES: &str = "\
Examples:
  scanhelm scan . --output-file result.json
  scanhelm explain --results result.json --model llama3.1 --preview
  scanhelm explain --results result.json --model llama3.1 --endpoint http://127.0.0.1:11434/v1
  scanhelm explain --results result.json --rule B602 --yes --output json
  CI=true scanhelm explain --results result.json --ai --yes

The key, where the endpoint wants one, comes from SCANHELM_AI_KEY only. Nothing is sent before you said so.";

#[derive(Args, Debug)]
pub(crate) struct ExplainArguments {
    /// Result of a scan in Scanhelm's JSON; it is only read
    #[arg(long, value_name = "FILE")]
    results: PathBuf,
    /// The finding with this fingerprint; without it and --rule, the worst
    #[arg(long, value_name = "FINGERPRINT", conflicts_with = "rule")]
    finding: Option<String>,
    /// The worst finding of this rule
    #[arg(long, value_name = "ID")]
    rule: Option<String>,
    /// OpenAI-compatible API, up to what stands before /chat/completions. Without TLS only in this machine's networks
    #[arg(long, value_name = "URL", env = "SCANHELM_AI_ENDPOINT")]
    endpoint: Option<String>,
    /// Model that is asked, as the endpoint calls it
    #[arg(long, value_name = "NAME", env = "SCANHELM_AI_MODEL")]
    model: Option<String>,
    /// The matched source may leave too, redacted; never that of a finding about a secret
    #[arg(long)]
    with_code: bool,
    /// Print what would be sent, say what was taken out of it, and send nothing
    #[arg(long)]
    preview: bool,
    /// Send without asking again
    #[arg(long)]
    yes: bool,
    /// Ask although CI=true
    #[arg(long)]
    ai: bool,
    /// How long an answer may take
    #[arg(long, value_name = "DURATION", default_value = "2m", value_parser = duration::parse)]
    time_limit: Duration,
    /// Form of the answer
    #[arg(long, value_enum, default_value_t = Form::Text, value_name = "FORM")]
    output: Form,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// For people
    Text,
    /// For programs: generated_by, text, redacted
    Json,
}

pub(crate) async fn run(arguments: &ExplainArguments) -> Exit {
    match carried_out(arguments, &Variables::of_process()).await {
        Ok(text) => exit::printed(&text),
        Err(error) => exit::refused(&error),
    }
}

async fn carried_out(arguments: &ExplainArguments, variables: &Variables) -> Result<String, String> {
    if variables.is_pipeline() && !arguments.ai {
        return Err("nobody is asked for explanations where CI=true; --ai asks all the same".to_owned());
    }
    let model = given(arguments.model.as_ref())
        .ok_or("no model is named: give one with --model or in SCANHELM_AI_MODEL, as the endpoint calls it")?;
    let file = ResultFile::read(&arguments.results)?;
    let finding = chosen(arguments, &file.findings)?;
    let question = Question::about(&finding.record, arguments.with_code);
    let body = question.body(&model);
    let address = given(arguments.endpoint.as_ref());
    if arguments.preview {
        exit::say(&format!("Nothing was sent. {}", left_out(&question)));
        return Ok(format!("{body}\n"));
    }
    let address = address.ok_or(
        "no endpoint is named: give one with --endpoint or in SCANHELM_AI_ENDPOINT, such as \
         http://127.0.0.1:11434/v1; --preview shows what would be sent",
    )?;
    let endpoint = Endpoint::of(&address, variables, arguments.time_limit)?;
    if !arguments.yes {
        consent(&endpoint, &body, &question)?;
    }
    let explanation = endpoint.asked(&model, body).await?;
    Ok(told(arguments.output, finding, &single_line(&model, 100), &explanation, &question.redacted))
}

/// An empty variable names nothing.
fn given(text: Option<&String>) -> Option<String> {
    text.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty())
}

/// What is suppressed is explained only to those who name it.
fn chosen<'a>(arguments: &ExplainArguments, findings: &'a [ResultFinding]) -> Result<&'a ResultFinding, String> {
    let is_asked_for = |finding: &&ResultFinding| match (&arguments.finding, &arguments.rule) {
        (Some(fingerprint), _) => finding.fingerprint.eq_ignore_ascii_case(fingerprint.trim()),
        (None, Some(rule)) => finding.record.rule_id.eq_ignore_ascii_case(rule.trim()),
        (None, None) => finding.suppressed.is_none(),
    };
    // Of equals the first.
    let worst = findings.iter().rev().filter(is_asked_for).max_by_key(|finding| finding.record.severity);
    worst.ok_or_else(|| match (&arguments.finding, &arguments.rule) {
        (Some(name), _) => format!("the result has no finding with the fingerprint `{}`", single_line(name, 100)),
        (None, Some(name)) => format!("the result has no finding of the rule `{}`", single_line(name, 100)),
        (None, None) => "the result has no finding to explain".to_owned(),
    })
}

fn consent(endpoint: &Endpoint, body: &str, question: &Question) -> Result<(), String> {
    let (stdin, mut stderr) = (std::io::stdin(), std::io::stderr());
    if !(stdin.is_terminal() && stderr.is_terminal()) {
        return Err("nothing was sent: --preview shows what would be, --yes sends it".to_owned());
    }
    exit::say(&format!("{}\n\n{}", harmless(body), left_out(question)));
    let mut answer = String::new();
    write!(stderr, "Send this to {}? [y/N] ", endpoint.host())
        .and_then(|()| stderr.flush())
        .and_then(|()| stdin.lock().read_line(&mut answer))
        .map_err(|error| format!("nothing was sent: the terminal cannot be asked ({error})"))?;
    match answer.trim().to_ascii_lowercase().as_str() {
        "y" | "yes" => Ok(()),
        _ => Err("nothing was sent, as you said".to_owned()),
    }
}

/// JSON escapes control characters, but not those that turn the direction of a text.
fn harmless(body: &str) -> String {
    scanhelm_core::text::clean(body, usize::MAX)
}

fn left_out(question: &Question) -> String {
    let redacted = format!("Redacted: {}.", in_words(&question.redacted));
    match question.withheld {
        true => format!("{redacted} It is about a secret, so title, description and code stay here."),
        false => redacted,
    }
}

#[derive(Serialize)]
struct Told<'a> {
    generated_by: &'a str,
    text: &'a str,
    redacted: &'a Redactions,
}

fn told(form: Form, finding: &ResultFinding, model: &str, explanation: &Explanation, redacted: &Redactions) -> String {
    match form {
        Form::Text => marked(&finding.record, model, explanation),
        Form::Json => {
            let told = Told { generated_by: model, text: &explanation.text, redacted };
            format!("{:#}\n", serde_json::json!(told))
        }
    }
}

/// Set in, so that no line of the text can pass for one of ours.
fn marked(record: &FindingRecord, model: &str, explanation: &Explanation) -> String {
    let (rule, scanner) = (single_line(&record.rule_id, 200), single_line(&record.scanner, 100));
    let heading = format!("{rule} ({scanner}), {}: {}", record.severity, single_line(&record.title, 300));
    let lines: Vec<String> = explanation.text.lines().map(|line| format!("  {line}").trim_end().to_owned()).collect();
    let cut =
        if explanation.is_cut { "\n\nThe model stopped at its limit of words: the text is not whole." } else { "" };
    format!("{heading}\nWritten by {model}, not checked by anybody:\n\n{}{cut}\n", lines.join("\n"))
}
