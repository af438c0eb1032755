//! Bodies that go into a file, whichever method they answer.

use std::path::Path;

use reqwest::Method;
use serde::Serialize;

use super::{Body, Request, Sink, VendorHttp};
use crate::error::{NetError, NetErrorKind, line};

impl VendorHttp {
    /// Streams a body into a file, which exists only when all of it came. Answers its decoded size.
    ///
    /// # Errors
    /// As [`VendorHttp::get`]; also when a web page came or the file cannot be written.
    pub async fn download(&self, request: &Request<'_>, into: &Path, cap: u64) -> Result<u64, NetError> {
        self.download_by(Method::GET, request, None, into, cap).await
    }

    /// As [`VendorHttp::download`], for vendors that answer a POST with the file. It must change nothing there: like
    /// any read it is repeated when the trouble looks passing.
    ///
    /// # Errors
    /// As there.
    pub async fn download_posted<B: Serialize + Sync>(
        &self,
        request: &Request<'_>,
        body: &B,
        into: &Path,
        cap: u64,
    ) -> Result<u64, NetError> {
        let body = self.inner.json(request, body)?;
        self.download_by(Method::POST, request, Some(body), into, cap).await
    }

    async fn download_by(
        &self,
        method: Method,
        request: &Request<'_>,
        body: Option<Body>,
        into: &Path,
        cap: u64,
    ) -> Result<u64, NetError> {
        let limits = &self.inner.limits;
        let sink = Sink::File { into, cap };
        let answer = self.inner.call(method, request, body, limits.read_attempts, limits.download_total, sink).await?;
        let size = tokio::fs::metadata(into)
            .await
            .map_err(|error| self.inner.error(answer.what, NetErrorKind::File { detail: line(&error.to_string()) }))?;
        Ok(size.len())
    }
}
