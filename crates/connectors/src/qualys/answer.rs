//! What an answer of Qualys means. Answers are XML documents that name their DTD, which nobody fetches; a document that
//! declares anything of its own is refused. An error is a `SIMPLE_RETURN` with a code, behind a status of 400 or 409 as
//! well as behind 200, so that no success is believed before its root element is known. A 409 says "too many at once"
//! and "too many an hour" alike; the code tells them apart.

use std::time::Duration;

use quick_xml::Reader;
use quick_xml::events::Event;
use scanhelm_core::integration::ConditionKind;
use scanhelm_core::text::single_line;
use scanhelm_net::{Answer, NetError, Unreadable, WriteError};
use serde::de::DeserializeOwned;

use super::model::SimpleReturn;
use crate::contract::CallError;
use crate::outcome;

/// Root element of short answers and of errors.
const SIMPLE_RETURN: &str = "SIMPLE_RETURN";
/// The account is let in and may not make this call.
const NOT_AUTHORISED: u32 = 2012;
/// How long to wait when too many calls are under way: one of them will have ended.
const ONE_CALL: Duration = Duration::from_secs(10);
/// How long to wait when too many calls were made and Qualys does not say until when.
const SOME_CALLS: Duration = Duration::from_mins(5);

/// What Qualys answers instead of what was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Complaint {
    pub(super) code: u32,
    /// For people: what was asked and what Qualys said.
    detail: String,
    wait: Option<Duration>,
}

impl Complaint {
    /// In the body of an error, or of a success that is none.
    pub(super) fn find(what: &str, body: &[u8]) -> Option<Self> {
        let text = text_of(body).ok()?;
        let simple: SimpleReturn = match root_of(text).ok()?.as_str() {
            SIMPLE_RETURN => quick_xml::de::from_str(text).ok()?,
            _ => return None,
        };
        let code = simple.response.code.as_deref()?.trim().parse().ok()?;
        let wait = simple.item("SECONDS_TO_WAIT").and_then(|text| text.trim().parse().ok()).map(Duration::from_secs);
        let said = single_line(&simple.response.text, 300);
        Some(Self { code, detail: format!("{what}: Qualys says {said} (code {code})"), wait })
    }

    /// How long nothing should be asked. `None`: it is not about that.
    pub(super) fn pause(&self) -> Option<Duration> {
        match self.code {
            1960 => Some(ONE_CALL),
            1965 => Some(self.wait.unwrap_or(SOME_CALLS)),
            _ => None,
        }
    }

    /// It says that there is no such scan.
    fn names_no_scan(&self) -> bool {
        matches!(self.code, 1905 | 1907) && self.detail.to_ascii_lowercase().contains("scan_ref")
    }

    pub(super) fn of_read(self) -> CallError {
        let kind = match self.code {
            1960 | 1965 => ConditionKind::RateLimited,
            NOT_AUTHORISED => ConditionKind::Permission,
            // Bad log-in, expired account, registration or second factor due.
            2000..=2099 => ConditionKind::Authentication,
            // About our own request.
            1901..=1908 | 1922 => ConditionKind::Garbage,
            _ if is_about_rights(&self.detail) => ConditionKind::Permission,
            _ => ConditionKind::VendorError,
        };
        CallError::Failed { kind, retry_after: self.pause(), detail: self.detail }
    }

    /// The call was turned away whole.
    pub(super) fn of_write(self) -> CallError {
        match self.code {
            NOT_AUTHORISED => CallError::Refused { detail: self.detail, by_licence: true },
            1960 | 1965 | 2000..=2099 => self.of_read(),
            _ if self.names_no_scan() => CallError::Gone { detail: self.detail },
            _ => CallError::Refused { by_licence: is_about_rights(&self.detail), detail: self.detail },
        }
    }
}

fn is_about_rights(detail: &str) -> bool {
    let detail = detail.to_ascii_lowercase();
    ["permission", "privilege", "not allowed", "not authorized", "subscription"]
        .iter()
        .any(|word| detail.contains(word))
}

pub(super) fn of_read(error: &NetError) -> CallError {
    match Complaint::find(&format!("{} at {}", error.what, error.host), error.body()) {
        Some(complaint) => complaint.of_read(),
        None => outcome::of_read(error),
    }
}

pub(super) fn of_write(error: &WriteError) -> CallError {
    let WriteError::NotDone(net) = error else { return outcome::of_write(error) };
    match Complaint::find(&format!("{} at {}", net.what, net.host), net.body()) {
        Some(complaint) => complaint.of_write(),
        None if net.status() == Some(403) => CallError::Refused { detail: net.to_string(), by_licence: true },
        None => outcome::of_write(error),
    }
}

/// The answer as a document with this root.
pub(super) fn read<T: DeserializeOwned>(what: &str, answer: &Answer, root: &str) -> Result<T, CallError> {
    if let Some(complaint) = Complaint::find(what, &answer.body) {
        return Err(complaint.of_read());
    }
    document(&answer.body, root).map_err(|why| outcome::of_read(&answer.unreadable(why)))
}

/// The answer to a command. Without a readable one nobody knows what became of it.
pub(super) fn accepted(what: &str, answer: &Answer) -> Result<SimpleReturn, CallError> {
    if let Some(complaint) = Complaint::find(what, &answer.body) {
        return Err(complaint.of_write());
    }
    document(&answer.body, SIMPLE_RETURN).map_err(|why| outcome::unknown(&answer.unreadable(why)))
}

fn document<T: DeserializeOwned>(body: &[u8], root: &str) -> Result<T, Unreadable> {
    let text = text_of(body)?;
    let found = root_of(text)?;
    if found.eq_ignore_ascii_case("html") {
        return Err(Unreadable::Html);
    }
    if found != root {
        let found = single_line(&found, 60);
        return Err(Unreadable::Malformed(format!("<{found}> came where <{root}> is due")));
    }
    quick_xml::de::from_str(text).map_err(|error| Unreadable::Malformed(single_line(&error.to_string(), 200)))
}

fn text_of(body: &[u8]) -> Result<&str, Unreadable> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| Unreadable::Encoding)?.trim();
    if text.is_empty() { Err(Unreadable::Empty) } else { Ok(text) }
}

/// Name of the root element of a document that declares nothing.
fn root_of(text: &str) -> Result<String, Unreadable> {
    let malformed = |detail: &str| Err(Unreadable::Malformed(detail.to_owned()));
    let mut reader = Reader::from_str(text);
    loop {
        match reader.read_event() {
            Ok(Event::Start(tag) | Event::Empty(tag)) => return Ok(tag.name().into_inner().to_owned()),
            Ok(Event::DocType(declared)) if declared.contains('[') => return malformed("it declares entities"),
            Ok(Event::Eof) => return malformed("it holds no XML element"),
            Ok(Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_)) => {}
            Ok(Event::Text(text)) if text.trim().is_empty() => {}
            Ok(_) => return malformed("it is no XML document"),
            Err(error) => return malformed(&single_line(&error.to_string(), 200)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::qualys::model::ScanListOutput;

    const LIST: &str = r#"<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE SCAN_LIST_OUTPUT SYSTEM "https://qualys.example.com/api/2.0/fo/scan/scan_list_output.dtd">
<SCAN_LIST_OUTPUT><RESPONSE><DATETIME>2025-01-09T10:21:25Z</DATETIME><SCAN_LIST><SCAN><REF>scan/1.2</REF>
<TITLE><![CDATA[A & B]]></TITLE><STATUS><STATE>Finished</STATE></STATUS></SCAN><SCAN><REF>scan/1.3</REF><STATUS><STATE>Running</STATE></STATUS></SCAN></SCAN_LIST></RESPONSE></SCAN_LIST_OUTPUT>
<!-- CONFIDENTIAL //-->"#;

    fn list(text: &str) -> Result<ScanListOutput, Unreadable> {
        document(text.as_bytes(), "SCAN_LIST_OUTPUT")
    }

    #[test]
    fn fm_b19_a_list_cut_at_any_byte_is_an_error_and_never_a_shorter_list() {
        assert_eq!(list(LIST).unwrap().response.into_scans().len(), 2);
        let end = LIST.find("</SCAN_LIST_OUTPUT>").unwrap() + "</SCAN_LIST_OUTPUT>".len();
        for cut in (0..end).filter(|cut| LIST.is_char_boundary(*cut)) {
            assert!(list(&LIST[..cut]).is_err(), "cut at {cut}: {:?}", &LIST[cut.saturating_sub(30)..cut]);
        }
    }

    #[test]
    fn fm_b19_what_declares_entities_or_is_something_else_is_refused() {
        let bomb = LIST.replace(".dtd\">", ".dtd\" [<!ENTITY a \"aaaa\">]>").replace("A & B", "&a;");
        assert!(matches!(list(&bomb), Err(Unreadable::Malformed(why)) if why.contains("declares entities")));
        let reference = LIST.replace("<![CDATA[A & B]]>", "&xxe;");
        assert!(list(&reference).is_err(), "nothing declares it");
        assert_eq!(list("<!doctype html><html>").unwrap_err(), Unreadable::Html);
        for other in
            ["<HOST_LIST_OUTPUT/>", "{}", "", "<SCAN_LIST_OUTPUT/>", "<SCAN_LIST_OUTPUT><RESPONSE/></SCAN_LIST_OUTPUT>"]
        {
            assert!(list(other).is_err(), "{other}");
        }
    }

    #[test]
    fn a_409_tells_too_many_at_once_from_too_many_an_hour() {
        let said = |code: &str, items: &str| {
            let text = format!(
                "<SIMPLE_RETURN><RESPONSE><DATETIME>2020-09-27T01:23:36Z</DATETIME><CODE>{code}</CODE><TEXT>This API cannot \
                 be run again for another 7 seconds.</TEXT>{items}</RESPONSE></SIMPLE_RETURN>"
            );
            Complaint::find("list", text.as_bytes()).unwrap()
        };
        let items = "<ITEM_LIST><ITEM><KEY>CALLS_TO_FINISH</KEY><VALUE>2</VALUE></ITEM>\
                     <ITEM><KEY>SECONDS_TO_WAIT</KEY><VALUE>7</VALUE></ITEM></ITEM_LIST>";
        assert_eq!(said("1960", "").pause(), Some(ONE_CALL));
        assert_eq!(said("1965", items).pause(), Some(Duration::from_secs(7)));
        assert_eq!(said("1965", "").pause(), Some(SOME_CALLS));
        for code in ["1960", "1965"] {
            for error in [said(code, "").of_read(), said(code, "").of_write()] {
                assert!(matches!(
                    error,
                    CallError::Failed { kind: ConditionKind::RateLimited, retry_after: Some(_), .. }
                ));
            }
        }
        let blocked = said("1920", "").of_write();
        assert!(matches!(blocked, CallError::Refused { by_licence: false, .. }), "{blocked:?}");
    }
}
