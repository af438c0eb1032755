//! How a fault is written: one line for the command line, a flat JSON object for the control route.
//!
//! Both are the same form with the same keys, and an unknown or missing key is an error: a misspelt fault that never
//! strikes would make a test pass for the wrong reason.

use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{Fault, FaultKind, Place, RetryAfter};

/// Shown by `--help`.
pub const GRAMMAR: &str = "\
Faults: KIND[,KEY=VALUE]...
  Where and how often (any kind):
    op=NAME          the vendor's operation, as in the ledger (scans.list, scans.launch, ...)
    path=PREFIX      requests whose path starts so          method=GET
    times=N          strike N times, then stop              skip=N   let N matching requests through first
    p=0.3            chance of each strike, drawn from --seed
  Refused, nothing happens at the vendor:
    status,code=429[,retry_after=SECONDS|date:SECONDS|TEXT]   any 4xx or 5xx
    vendor-error,code=N[,status=200][,text=WORDS]   an error in the vendor's own shape, under any HTTP status
    hang | close                      never an answer | connection closed without an answer
    login-page                        200 with an HTML login form
    empty-body | null | empty-array   200 with nothing, `null`, `[]`
    garbage-json | invalid-utf8       200 that cannot be read
    huge-body,bytes=N                 200 with N bytes of valid JSON
    redirect,location=URL             302 to another host
  The vendor acts, then the answer suffers:
    slow,delay_ms=N                   N milliseconds of real time before the request is handled
    drip,delay_ms=N[,bytes=N]         N bytes (default 1) every N milliseconds
    cut,keep=PERCENT[,chunked=true]   body ends early: shorter than Content-Length, or without the last chunk
    duplicate-entries | empty-list    every entry of a list twice | no entries
    reverse-entries                   the entries of every list, last first
    omit-entry,text=VALUE             no entry of which a field has this value
    rename-status,to=WORD[,from=WORD] the vendor calls a state something new
    set-field,field=NAME,to=VALUE[,from=VALUE]      a field has another value, wherever it is
    drop-field,field=NAME             a field is missing, wherever it would be
    lose-answer                       done at the vendor, connection closed without an answer
    hold                              done at the vendor, the answer waits until the fault is cleared
Examples:
  --fault status,code=429,retry_after=5,op=scans.list,times=3
  --fault lose-answer,op=scans.launch,times=1
  --fault cut,keep=50,path=/tokens/,p=0.2";

#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("{0}")]
pub struct FaultError(String);

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Form {
    kind: String,
    #[serde(rename = "op", alias = "operation", skip_serializing_if = "Option::is_none")]
    operation: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    method: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    skip: Option<u32>,
    #[serde(rename = "p", alias = "probability", skip_serializing_if = "Option::is_none")]
    probability: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// A number of seconds, `date:SECONDS`, or any other text as it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    retry_after: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    delay_ms: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    bytes: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    keep: Option<u8>,
    #[serde(skip_serializing_if = "Option::is_none")]
    chunked: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    to: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
}

/// Takes the details of a kind out of a form, so that what is left over can be refused.
struct Details<'a> {
    kind: &'a str,
    form: Form,
}

impl Details<'_> {
    fn needed<T>(&self, value: Option<T>, key: &str) -> Result<T, FaultError> {
        value.ok_or_else(|| FaultError(format!("fault `{}` needs `{key}=`", self.kind)))
    }

    fn delay(&mut self) -> Result<Duration, FaultError> {
        let delay = self.form.delay_ms.take();
        self.needed(delay, "delay_ms").map(Duration::from_millis)
    }

    fn kind(&mut self) -> Result<FaultKind, FaultError> {
        Ok(match self.kind {
            "status" => {
                let code = self.form.code.take();
                let code = self.needed(code, "code")?;
                let refuse = || FaultError(format!("fault `status` takes a code from 400 to 599, not {code}"));
                let code = u16::try_from(code).ok().filter(|code| (400..=599).contains(code)).ok_or_else(refuse)?;
                FaultKind::Status { code, retry_after: self.form.retry_after.take().map(retry_after) }
            }
            "vendor-error" => {
                let code = self.form.code.take();
                let status = self.form.status.take().unwrap_or(200);
                if !(200..=599).contains(&status) {
                    return Err(FaultError(format!("a status lies between 200 and 599, not {status}")));
                }
                let text = self.form.text.take().unwrap_or_else(|| "A simulated error.".to_owned());
                FaultKind::VendorError { status, code: self.needed(code, "code")?, text }
            }
            "slow" => FaultKind::Slow { delay: self.delay()? },
            "drip" => {
                let bytes = self.form.bytes.take().unwrap_or(1).max(1);
                FaultKind::Drip { delay: self.delay()?, bytes: usize::try_from(bytes).unwrap_or(usize::MAX) }
            }
            "hang" => FaultKind::Hang,
            "cut" => FaultKind::Cut {
                keep_percent: self.form.keep.take().unwrap_or(50).min(99),
                chunked: self.form.chunked.take().unwrap_or(false),
            },
            "login-page" => FaultKind::LoginPage,
            "empty-body" => FaultKind::EmptyBody,
            "null" => FaultKind::Null,
            "empty-array" => FaultKind::EmptyArray,
            "garbage-json" => FaultKind::GarbageJson,
            "invalid-utf8" => FaultKind::InvalidUtf8,
            "huge-body" => {
                let bytes = self.form.bytes.take();
                FaultKind::HugeBody { bytes: self.needed(bytes, "bytes")? }
            }
            "duplicate-entries" => FaultKind::DuplicateEntries,
            "empty-list" => FaultKind::EmptyList,
            "close" => FaultKind::Close,
            "redirect" => {
                let location = self.form.location.take();
                FaultKind::Redirect { location: self.needed(location, "location")? }
            }
            "rename-status" => {
                let to = self.form.to.take();
                FaultKind::RenameStatus { from: self.form.from.take(), to: self.needed(to, "to")? }
            }
            "reverse-entries" => FaultKind::ReverseEntries,
            "omit-entry" => {
                let text = self.form.text.take();
                FaultKind::OmitEntry { text: self.needed(text, "text")? }
            }
            "set-field" => {
                let (field, to) = (self.form.field.take(), self.form.to.take());
                let from = self.form.from.take();
                FaultKind::SetField { field: self.needed(field, "field")?, from, to: self.needed(to, "to")? }
            }
            "drop-field" => {
                let field = self.form.field.take();
                FaultKind::DropField { field: self.needed(field, "field")? }
            }
            "lose-answer" => FaultKind::LoseAnswer,
            "hold" => FaultKind::Hold,
            other => return Err(FaultError(format!("no fault is called `{other}`; see --help for the kinds"))),
        })
    }

    fn refuse_leftovers(&self) -> Result<(), FaultError> {
        let form = &self.form;
        let left = [
            ("code", form.code.is_some()),
            ("status", form.status.is_some()),
            ("text", form.text.is_some()),
            ("retry_after", form.retry_after.is_some()),
            ("delay_ms", form.delay_ms.is_some()),
            ("bytes", form.bytes.is_some()),
            ("keep", form.keep.is_some()),
            ("chunked", form.chunked.is_some()),
            ("location", form.location.is_some()),
            ("from", form.from.is_some()),
            ("to", form.to.is_some()),
            ("field", form.field.is_some()),
        ];
        match left.iter().find(|(_, given)| *given) {
            Some((key, _)) => Err(FaultError(format!("fault `{}` has no `{key}`", self.kind))),
            None => Ok(()),
        }
    }
}

fn retry_after(value: Value) -> RetryAfter {
    let text = match value {
        Value::String(text) => text,
        other => other.to_string(),
    };
    if let Ok(seconds) = text.parse() {
        return RetryAfter::Seconds(seconds);
    }
    match text.strip_prefix("date:").and_then(|seconds| seconds.parse().ok()) {
        Some(seconds) => RetryAfter::Date(seconds),
        None => RetryAfter::Literal(text),
    }
}

impl TryFrom<Form> for Fault {
    type Error = FaultError;

    fn try_from(form: Form) -> Result<Self, FaultError> {
        let probability = form.probability.unwrap_or(1.0);
        if !(0.0..=1.0).contains(&probability) {
            return Err(FaultError(format!("the chance `p` of a fault lies between 0 and 1, not {probability}")));
        }
        let name = form.kind.clone();
        let place = Place { method: form.method.clone(), path: form.path.clone(), operation: form.operation.clone() };
        let (times, skip) = (form.times, form.skip.unwrap_or(0));
        let mut details = Details { kind: &name, form };
        let kind = details.kind()?;
        details.refuse_leftovers()?;
        Ok(Fault { kind, place, times, skip, probability })
    }
}

impl From<Fault> for Form {
    fn from(fault: Fault) -> Self {
        let mut form = Form {
            kind: fault.kind.name().to_owned(),
            operation: fault.place.operation,
            method: fault.place.method,
            path: fault.place.path,
            times: fault.times,
            skip: Some(fault.skip).filter(|skip| *skip > 0),
            probability: Some(fault.probability).filter(|probability| *probability < 1.0),
            ..Form::default()
        };
        let milliseconds = |delay: Duration| u64::try_from(delay.as_millis()).ok();
        match fault.kind {
            FaultKind::Status { code, retry_after } => {
                form.code = Some(u32::from(code));
                form.retry_after = retry_after.map(|value| match value {
                    RetryAfter::Seconds(seconds) => Value::from(seconds),
                    RetryAfter::Date(seconds) => Value::from(format!("date:{seconds}")),
                    RetryAfter::Literal(text) => Value::from(text),
                });
            }
            FaultKind::VendorError { status, code, text } => {
                form.status = Some(status);
                form.code = Some(code);
                form.text = Some(text);
            }
            FaultKind::Slow { delay } => form.delay_ms = milliseconds(delay),
            FaultKind::Drip { delay, bytes } => {
                form.delay_ms = milliseconds(delay);
                form.bytes = u64::try_from(bytes).ok();
            }
            FaultKind::Cut { keep_percent, chunked } => {
                form.keep = Some(keep_percent);
                form.chunked = Some(chunked);
            }
            FaultKind::HugeBody { bytes } => form.bytes = Some(bytes),
            FaultKind::Redirect { location } => form.location = Some(location),
            FaultKind::RenameStatus { from, to } => {
                form.from = from;
                form.to = Some(to);
            }
            FaultKind::OmitEntry { text } => form.text = Some(text),
            FaultKind::SetField { field, from, to } => {
                form.field = Some(field);
                form.from = from;
                form.to = Some(to);
            }
            FaultKind::DropField { field } => form.field = Some(field),
            FaultKind::Hang
            | FaultKind::LoginPage
            | FaultKind::EmptyBody
            | FaultKind::Null
            | FaultKind::EmptyArray
            | FaultKind::GarbageJson
            | FaultKind::InvalidUtf8
            | FaultKind::DuplicateEntries
            | FaultKind::ReverseEntries
            | FaultKind::EmptyList
            | FaultKind::Close
            | FaultKind::LoseAnswer
            | FaultKind::Hold => {}
        }
        form
    }
}

impl FromStr for Fault {
    type Err = FaultError;

    fn from_str(line: &str) -> Result<Self, FaultError> {
        let mut parts = line.split(',');
        let kind = parts.next().unwrap_or_default().trim();
        let mut object = Map::new();
        object.insert("kind".to_owned(), Value::from(kind));
        for part in parts {
            let Some((key, value)) = part.split_once('=') else {
                return Err(FaultError(format!("`{part}` in fault `{line}` is not KEY=VALUE")));
            };
            object.insert(key.trim().to_owned(), value_of(key.trim(), value.trim()));
        }
        let form: Form =
            serde_json::from_value(Value::Object(object)).map_err(|error| FaultError(format!("`{line}`: {error}")))?;
        form.try_into()
    }
}

/// Keys that are text stay text, even when they look like a number.
fn value_of(key: &str, value: &str) -> Value {
    let is_text = matches!(
        key,
        "path" | "op" | "operation" | "method" | "location" | "from" | "to" | "field" | "retry_after" | "text"
    );
    match serde_json::from_str(value) {
        Ok(parsed @ (Value::Number(_) | Value::Bool(_))) if !is_text => parsed,
        _ => Value::from(value),
    }
}
