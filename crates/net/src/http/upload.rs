//! Sending a file as a form: streamed, so that its size never shows in memory.

use std::path::Path;

use reqwest::Method;
use reqwest::multipart::{Form, Part};

use super::{Pass, Request, Sink, VendorHttp};
use crate::answer::Answer;
use crate::error::{NetErrorKind, Phase, WriteError, line};

/// A file and the texts that go with it.
#[derive(Clone, Copy, Debug)]
pub struct Upload<'a> {
    pub path: &'a Path,
    /// The form's name for the file.
    pub field: &'static str,
    /// What the receiver is told it is called.
    pub file_name: &'a str,
    /// Sent before the file, so that a receiver knows them when the file begins.
    pub texts: &'a [(&'static str, &'a str)],
}

impl VendorHttp {
    /// Sends a file as `multipart/form-data`, once.
    ///
    /// # Errors
    /// As [`VendorHttp::post_json`]; also when the file cannot be read.
    pub async fn upload(&self, request: &Request<'_>, upload: &Upload<'_>) -> Result<Answer, WriteError> {
        let inner = &self.inner;
        let pass = Pass::ask(inner).map_err(|kind| inner.error(request.what, kind))?;
        let limit = inner.limits.download_total;
        let outcome = match tokio::time::timeout(limit, self.send_form(request, upload)).await {
            Ok(outcome) => outcome,
            Err(_) => Err(NetErrorKind::Timeout { phase: Phase::Total, after: limit }),
        };
        pass.settle(outcome.as_ref().err());
        Ok(outcome.map_err(|kind| inner.error(request.what, kind))?)
    }

    async fn send_form(&self, request: &Request<'_>, upload: &Upload<'_>) -> Result<Answer, NetErrorKind> {
        let inner = &self.inner;
        let unreadable = |error: std::io::Error| NetErrorKind::Request {
            detail: line(&format!("{} cannot be read: {error}", upload.path.display())),
        };
        let mut outgoing = inner.outgoing(&Method::POST, request, None, &Sink::Memory)?;
        let file = Part::file(upload.path).await.map_err(unreadable)?.file_name(upload.file_name.to_owned());
        let texts = upload.texts.iter().fold(Form::new(), |form, (name, text)| form.text(*name, (*text).to_owned()));
        outgoing.form = Some(texts.part(upload.field, file));
        let _place = inner
            .budget
            .acquire(inner.limits.patience)
            .await
            .map_err(|exhausted| NetErrorKind::RateLimited { retry_after: exhausted.0, sent: false })?;
        let asked_at = inner.clock.now();
        inner.exchange(request, outgoing, asked_at, &Sink::Memory).await
    }
}
