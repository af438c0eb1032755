//! Query parameters. Every list reads its own through a [`QueryReader`], which keeps count: what nobody asked for is
//! refused, because a misspelt filter that is ignored answers with everything, and looks like the truth.

use std::str::FromStr;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use scanhelm_core::page::{PageRequest, Sort};
use scanhelm_core::{Error, FieldError, Result, Timestamp};
use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Required, Type};
use uuid::Uuid;

use crate::Api;
use crate::problem::Failure;

/// The parameters of one operation.
pub(crate) trait Filters: Sized {
    fn read(query: &mut QueryReader) -> Self;
}

/// Extracts [`Filters`].
#[derive(Clone, Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: Filters> FromRequestParts<Api> for Asked<T> {
    type Rejection = Failure;

    async fn from_request_parts(parts: &mut Parts, _: &Api) -> std::result::Result<Self, Failure> {
        let mut reader = QueryReader::new(parts.uri.query().unwrap_or_default());
        let filters = T::read(&mut reader);
        reader.finish()?;
        Ok(Self(filters))
    }
}

/// Documents what [`QueryReader::page`] reads.
#[derive(Debug)]
pub(crate) enum Paging {}

impl IntoParams for Paging {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let limit = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(1))
            .maximum(Some(PageRequest::MAX_LIMIT))
            .default(Some(PageRequest::DEFAULT_LIMIT.into()));
        [
            ("limit", limit, "How many rows."),
            ("cursor", ObjectBuilder::new().schema_type(Type::String), "`next_cursor` of the page before."),
            ("sort", ObjectBuilder::new().schema_type(Type::String), "A field; `-` before it sorts downward."),
        ]
        .map(|(name, schema, description)| {
            ParameterBuilder::new()
                .name(name)
                .parameter_in(ParameterIn::Query)
                .required(Required::False)
                .description(Some(description))
                .schema(Some(schema))
                .build()
        })
        .to_vec()
    }
}

/// Longest value of a parameter.
const LONGEST: usize = 2048;

/// Takes parameters one by one and collects what is wrong with them.
#[derive(Debug)]
pub(crate) struct QueryReader {
    pairs: Vec<(String, String)>,
    errors: Vec<FieldError>,
}

impl QueryReader {
    pub(crate) fn new(query: &str) -> Self {
        let pairs = url::form_urlencoded::parse(query.as_bytes())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { pairs, errors: Vec::new() }
    }

    /// Every value of a repeatable parameter. Empty ones count as not given, as a form sends them.
    pub(crate) fn all(&mut self, name: &str) -> Vec<String> {
        let (taken, rest) = std::mem::take(&mut self.pairs).into_iter().partition(|(given, _)| given == name);
        self.pairs = rest;
        let taken: Vec<(String, String)> = taken;
        if taken.iter().any(|(_, value)| value.len() > LONGEST) {
            self.refuse(name, "too_long", format!("A value is longer than {LONGEST} bytes."));
            return Vec::new();
        }
        taken.into_iter().map(|(_, value)| value).filter(|value| !value.is_empty()).collect()
    }

    pub(crate) fn text(&mut self, name: &str) -> Option<String> {
        let mut values = self.all(name);
        if values.len() > 1 {
            self.refuse(name, "repeated", "Give this parameter once.");
            return None;
        }
        values.pop()
    }

    pub(crate) fn parsed<T: FromStr>(&mut self, name: &str, what: &str) -> Option<T> {
        let text = self.text(name)?;
        let parsed = text.parse().ok();
        if parsed.is_none() {
            self.refuse(name, "malformed", format!("This is not {what}."));
        }
        parsed
    }

    /// Words of a closed list, repeatable; `T`'s own error says which there are.
    pub(crate) fn words<T: FromStr>(&mut self, name: &str) -> Vec<T>
    where
        T::Err: std::fmt::Display,
    {
        let texts = self.all(name);
        let mut words = Vec::with_capacity(texts.len());
        for text in texts {
            match text.parse() {
                Ok(word) => words.push(word),
                Err(error) => self.refuse(name, "unknown", format!("{error}.")),
            }
        }
        words
    }

    /// A word of a closed list that has no `FromStr`.
    pub(crate) fn word_of<T: Copy>(&mut self, name: &str, all: &[T], word_of: fn(T) -> &'static str) -> Option<T> {
        let text = self.text(name)?;
        let found = all.iter().copied().find(|word| word_of(*word) == text);
        if found.is_none() {
            let known: Vec<_> = all.iter().copied().map(word_of).collect();
            self.refuse(name, "unknown", format!("Use one of: {}.", known.join(", ")));
        }
        found
    }

    pub(crate) fn id<T>(&mut self, name: &str, wrap: fn(Uuid) -> T) -> Option<T> {
        self.parsed::<Uuid>(name, "an id").map(wrap)
    }

    pub(crate) fn time(&mut self, name: &str) -> Option<Timestamp> {
        let text = self.text(name)?;
        let time = Timestamp::parse(&text);
        if time.is_none() {
            self.refuse(name, "malformed", "Write a time like 2026-01-31T12:00:00Z.");
        }
        time
    }

    pub(crate) fn flag(&mut self, name: &str) -> Option<bool> {
        match self.text(name)?.as_str() {
            "true" | "1" => Some(true),
            "false" | "0" => Some(false),
            _ => {
                self.refuse(name, "malformed", "Use true or false.");
                None
            }
        }
    }

    /// How many at most.
    pub(crate) fn limit(&mut self) -> u32 {
        let limit = self.text("limit").map_or(Some(PageRequest::DEFAULT_LIMIT), |text| {
            text.parse().ok().filter(|limit| (1..=PageRequest::MAX_LIMIT).contains(limit))
        });
        limit.unwrap_or_else(|| {
            self.refuse("limit", "out_of_range", format!("Use a number from 1 to {}.", PageRequest::MAX_LIMIT));
            PageRequest::DEFAULT_LIMIT
        })
    }

    /// `limit`, `cursor` and `sort` of a list that can be sorted by these fields, the first being the default.
    pub(crate) fn page(&mut self, default_sort: &str, sorts: &[&str]) -> PageRequest {
        let limit = self.limit();
        let cursor = self.text("cursor");
        let sort = match self.text("sort") {
            None => Sort::parse(default_sort),
            Some(text) => {
                let sort = Sort::parse(&text);
                if !sorts.contains(&sort.field.as_str()) {
                    self.refuse(
                        "sort",
                        "unknown",
                        format!("Sort by one of: {}; `-` before it turns it round.", sorts.join(", ")),
                    );
                }
                sort
            }
        };
        PageRequest { limit, cursor, sort }
    }

    pub(crate) fn refuse(&mut self, field: &str, code: &'static str, detail: impl Into<String>) {
        self.errors.push(FieldError { field: field.to_owned(), code, detail: detail.into() });
    }

    pub(crate) fn finish(mut self) -> Result<()> {
        for (name, _) in std::mem::take(&mut self.pairs) {
            let name = scanhelm_core::text::single_line(&name, 60);
            self.refuse(&name, "unknown", "This operation has no such parameter.");
        }
        if self.errors.is_empty() { Ok(()) } else { Err(Error::fields(self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use scanhelm_core::status::Status;

    use super::*;

    fn errors(query: &str, read: impl FnOnce(&mut QueryReader)) -> Vec<(String, &'static str)> {
        let mut reader = QueryReader::new(query);
        read(&mut reader);
        let fields = reader.finish().err().map(|error| error.fields).unwrap_or_default();
        fields.into_iter().map(|error| (error.field, error.code)).collect()
    }

    #[test]
    fn good_parameters_are_read() {
        let mut reader =
            QueryReader::new("status=pending&status=failed&q=a%20b&stale=true&limit=500&sort=-name&cursor=");
        assert_eq!(reader.words::<Status>("status"), [Status::Queued, Status::Failed]);
        assert_eq!(reader.text("q").as_deref(), Some("a b"));
        assert_eq!(reader.flag("stale"), Some(true));
        let page = reader.page("-created_at", &["created_at", "name"]);
        assert_eq!((page.limit, page.cursor, page.sort), (500, None, Sort::parse("-name")));
        assert!(reader.finish().is_ok());
    }

    #[test]
    fn every_bad_parameter_is_named_at_once() {
        let found = errors("status=done&limit=501&sort=colour&since=yesterday&id=1&q=a&q=b&typo=1", |reader| {
            reader.words::<Status>("status");
            reader.page("-created_at", &["created_at"]);
            reader.time("since");
            reader.id("id", |id| id);
            reader.text("q");
        });
        let expected = [
            ("status", "unknown"),
            ("limit", "out_of_range"),
            ("sort", "unknown"),
            ("since", "malformed"),
            ("id", "malformed"),
            ("q", "repeated"),
            ("typo", "unknown"),
        ];
        assert_eq!(found, expected.map(|(field, code)| (field.to_owned(), code)));
    }

    #[test]
    fn limits_are_numbers_in_range() {
        for limit in ["0", "-1", "1e3", "abc", "99999999999"] {
            let found = errors(&format!("limit={limit}"), |reader| {
                reader.page("-created_at", &["created_at"]);
            });
            assert_eq!(found, [("limit".to_owned(), "out_of_range")], "{limit}");
        }
    }
}
