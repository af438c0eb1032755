//! Receiving a report file. It goes into the hub's spool chunk by chunk while it arrives, so memory does not grow with
//! it, and the size is counted, not believed. Until the hub takes it over, the file goes away whatever happens: the
//! request may be cut at any of its waits.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use axum::extract::multipart::{Field, MultipartError};
use axum::extract::{FromRequest, Multipart, Request};
use axum::http::StatusCode;
use scanhelm_core::{Error, ErrorCode};
use tokio::io::AsyncWriteExt;

use crate::Api;
use crate::problem::Failure;

/// Longest text field beside the file.
const LONGEST_TEXT: usize = 64 * 1024;

/// A received form: one file, and the text fields by name.
#[derive(Debug)]
pub(crate) struct Upload {
    pub(crate) file: Spooled,
    /// As the sender calls it; for people, never a path.
    pub(crate) file_name: Option<String>,
    fields: BTreeMap<String, String>,
}

impl Upload {
    pub(crate) fn take(&mut self, field: &str) -> Option<String> {
        self.fields.remove(field).filter(|text| !text.trim().is_empty())
    }

    /// Refuses what nobody took.
    pub(crate) fn finish(&self) -> Result<(), Error> {
        match self.fields.keys().next() {
            Some(unknown) => Err(Error::field(unknown.clone(), "unknown", "There is no such field here.")),
            None => Ok(()),
        }
    }
}

impl FromRequest<Api> for Upload {
    type Rejection = Failure;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Failure> {
        let mut form = Multipart::from_request(request, api).await.map_err(|_| {
            Error::new(ErrorCode::UnsupportedMediaType, "Send the report as `multipart/form-data` with a part `file`.")
        })?;
        let mut fields = BTreeMap::new();
        let mut received = None;
        while let Some(part) = form.next_field().await.map_err(broken)? {
            let name = scanhelm_core::text::single_line(part.name().unwrap_or_default(), 60);
            if name == "file" {
                if received.is_some() {
                    return Err(Error::field("file", "repeated", "Send one file a request.").into());
                }
                let file_name = part.file_name().map(display_name).filter(|name| !name.is_empty());
                received = Some((receive(part, api).await?, file_name));
            } else if fields.insert(name.clone(), text(&name, part).await?).is_some() {
                return Err(Error::field(name, "repeated", "This field is given more than once.").into());
            }
        }
        let (file, file_name) =
            received.ok_or_else(|| Error::field("file", "required", "Add the report as the part `file`."))?;
        Ok(Self { file, file_name, fields })
    }
}

/// A file in the spool that nobody has taken over yet.
#[derive(Debug)]
pub(crate) struct Spooled(Option<PathBuf>);

impl Spooled {
    /// Hands it over: from now on it is not ours to remove.
    pub(crate) fn keep(mut self) -> PathBuf {
        self.0.take().unwrap_or_default()
    }
}

impl Drop for Spooled {
    fn drop(&mut self) {
        let Some(path) = self.0.take() else { return };
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != std::io::ErrorKind::NotFound
        {
            tracing::warn!(path = %path.display(), %error, "a broken-off upload was not removed");
        }
    }
}

async fn create(path: &Path) -> Result<tokio::fs::File, Error> {
    let mut options = tokio::fs::OpenOptions::new();
    options.write(true).create_new(true).mode(0o600);
    options.open(path).await.map_err(|error| spool_failed(&error))
}

async fn receive(mut part: Field<'_>, api: &Api) -> Result<Spooled, Failure> {
    let path = api.hub.imports().upload_file()?;
    let mut writer = create(&path).await?;
    let spooled = Spooled(Some(path));
    let limit = api.hub.settings().import.max_report_bytes;
    let mut received: u64 = 0;
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        received += chunk.len() as u64;
        if received > limit {
            return Err(Error::new(
                ErrorCode::BodyTooLarge,
                format!(
                    "The file is larger than {limit} bytes. Split the report, or raise `[import] max_report_bytes`."
                ),
            )
            .into());
        }
        writer.write_all(&chunk).await.map_err(|error| spool_failed(&error))?;
    }
    writer.flush().await.map_err(|error| spool_failed(&error))?;
    if received == 0 {
        return Err(Error::field("file", "empty", "The file is empty.").into());
    }
    Ok(spooled)
}

async fn text(name: &str, mut part: Field<'_>) -> Result<String, Failure> {
    let mut bytes = Vec::new();
    while let Some(chunk) = part.chunk().await.map_err(broken)? {
        if bytes.len() + chunk.len() > LONGEST_TEXT {
            let detail = format!("A field holds at most {LONGEST_TEXT} bytes.");
            return Err(Error::field(name, "too_long", detail).into());
        }
        bytes.extend_from_slice(&chunk);
    }
    String::from_utf8(bytes).map_err(|_| Error::field(name, "malformed", "This field must be UTF-8 text.").into())
}

/// The last part of what may be a path of the sender's machine.
fn display_name(name: &str) -> String {
    let last = name.rsplit(['/', '\\']).next().unwrap_or_default();
    scanhelm_core::text::single_line(last, 200)
}

fn broken(error: MultipartError) -> Failure {
    if error.status() == StatusCode::PAYLOAD_TOO_LARGE {
        return Failure::of_status(StatusCode::PAYLOAD_TOO_LARGE);
    }
    Error::field("file", "truncated", "The upload broke off or is not a form. Nothing was imported; send it again.")
        .into()
}

fn spool_failed(error: &std::io::Error) -> Error {
    Error::store_unavailable(format!("the upload cannot be written to the spool folder: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_name_is_never_a_path() {
        assert_eq!(display_name("../../etc/passwd"), "passwd");
        assert_eq!(display_name("C:\\scans\\week.nessus"), "week.nessus");
        assert_eq!(display_name("a\u{202e}\0b.xml"), "a b.xml");
    }
}
