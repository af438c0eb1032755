//! Reading columns. A value that does not fit is damage in the database or a bug, never the caller's fault.

use std::str::FromStr;

use scanhelm_core::{Error, Result, Severity, SeverityCounts, Timestamp};
use sea_orm::{QueryResult, TryGetable};
use serde::de::DeserializeOwned;

#[derive(Debug)]
pub(crate) struct Row<'a>(pub(crate) &'a QueryResult);

impl Row<'_> {
    fn get<T: TryGetable>(&self, column: &str) -> Result<T> {
        self.0.try_get("", column).map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn text(&self, column: &str) -> Result<String> {
        self.get(column)
    }

    pub(crate) fn maybe_text(&self, column: &str) -> Result<Option<String>> {
        self.get(column)
    }

    pub(crate) fn integer(&self, column: &str) -> Result<i64> {
        self.get(column)
    }

    pub(crate) fn maybe_integer(&self, column: &str) -> Result<Option<i64>> {
        self.get(column)
    }

    pub(crate) fn count(&self, column: &str) -> Result<u64> {
        u64::try_from(self.integer(column)?).map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn maybe_count(&self, column: &str) -> Result<Option<u64>> {
        self.maybe_integer(column)?.map(u64::try_from).transpose().map_err(|cause| damaged(column, cause))
    }

    /// A number that fits 32 bits, signed or not.
    pub(crate) fn small<T: TryFrom<i64, Error: std::fmt::Display>>(&self, column: &str) -> Result<T> {
        T::try_from(self.integer(column)?).map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn double(&self, column: &str) -> Result<f64> {
        self.get(column)
    }

    pub(crate) fn maybe_small<T: TryFrom<i64, Error: std::fmt::Display>>(&self, column: &str) -> Result<Option<T>> {
        self.maybe_integer(column)?.map(T::try_from).transpose().map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn maybe_double(&self, column: &str) -> Result<Option<f64>> {
        self.get(column)
    }

    pub(crate) fn flag(&self, column: &str) -> Result<bool> {
        Ok(self.integer(column)? != 0)
    }

    pub(crate) fn bytes(&self, column: &str) -> Result<Vec<u8>> {
        self.get(column)
    }

    pub(crate) fn maybe_bytes(&self, column: &str) -> Result<Option<Vec<u8>>> {
        self.get(column)
    }

    pub(crate) fn digest(&self, column: &str) -> Result<[u8; 32]> {
        self.bytes(column)?.try_into().map_err(|_| damaged(column, "not 32 bytes"))
    }

    pub(crate) fn time(&self, column: &str) -> Result<Timestamp> {
        self.integer(column).map(Timestamp::from_millis)
    }

    pub(crate) fn maybe_time(&self, column: &str) -> Result<Option<Timestamp>> {
        Ok(self.maybe_integer(column)?.map(Timestamp::from_millis))
    }

    /// An id or a state: anything with a text form.
    pub(crate) fn parsed<T: FromStr<Err: std::fmt::Display>>(&self, column: &str) -> Result<T> {
        self.text(column)?.parse().map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn maybe_parsed<T: FromStr<Err: std::fmt::Display>>(&self, column: &str) -> Result<Option<T>> {
        self.maybe_text(column)?.map(|text| text.parse()).transpose().map_err(|cause| damaged(column, cause))
    }

    /// A word out of a closed list.
    pub(crate) fn word<T: Copy>(&self, column: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Result<T> {
        let text = self.text(column)?;
        all.iter()
            .copied()
            .find(|candidate| word(*candidate) == text)
            .ok_or_else(|| damaged(column, format!("unknown word `{text}`")))
    }

    pub(crate) fn json<T: DeserializeOwned>(&self, column: &str) -> Result<T> {
        serde_json::from_str(&self.text(column)?).map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn maybe_json<T: DeserializeOwned>(&self, column: &str) -> Result<Option<T>> {
        let text = self.maybe_text(column)?;
        text.map(|text| serde_json::from_str(&text)).transpose().map_err(|cause| damaged(column, cause))
    }

    pub(crate) fn severity(&self, column: &str) -> Result<Severity> {
        Severity::from_rank(self.small(column)?).ok_or_else(|| damaged(column, "not a severity"))
    }

    /// The columns `count_critical` to `count_info`.
    pub(crate) fn severity_counts(&self) -> Result<SeverityCounts> {
        Ok(SeverityCounts {
            critical: self.count("count_critical")?,
            high: self.count("count_high")?,
            medium: self.count("count_medium")?,
            low: self.count("count_low")?,
            info: self.count("count_info")?,
        })
    }
}

fn damaged(column: &str, cause: impl std::fmt::Display) -> Error {
    Error::internal(format!("the database column `{column}` cannot be read: {cause}"))
}
