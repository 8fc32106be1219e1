//! [`Problem`]: an error in the form that callers see (RFC 9457).
use super::field_errors::{page_sentence, sentence};
use crate::{config::Language, field_error::FieldError, flows::Challenge, view};
use rocket::{Response, http::Status};
use serde::Serialize;
use serde_json::{Value, json};
use std::{collections::HashMap, time::Duration};
use utoipa::ToSchema;

/// An error in the form that callers see.
#[derive(Clone, Debug)]
pub struct Problem {
    status: Status,
    code: &'static str,
    /// The name of its texts. It differs from `code` if several errors share one code.
    words: &'static str,
    fields: Vec<(&'static str, FieldError)>,
    retry_after: Option<Duration>,
    /// Boxed, because few problems have one.
    challenge: Option<Box<Challenge>>,
}

impl Problem {
    /// A problem without fields and without a time to retry.
    pub const fn new(status: Status, code: &'static str) -> Self {
        Self { status, code, words: code, fields: Vec::new(), retry_after: None, challenge: None }
    }

    /// This problem, with another status.
    #[must_use]
    pub const fn with_status(mut self, status: Status) -> Self {
        self.status = status;
        self
    }

    /// This problem, with the texts called `words`.
    pub(super) const fn with_words(mut self, words: &'static str) -> Self {
        self.words = words;
        self
    }

    /// This problem, with invalid fields.
    pub(super) fn with_fields(mut self, fields: &[(&'static str, FieldError)]) -> Self {
        self.fields = fields.to_vec();
        self
    }

    /// This problem, with the time after which the request may be repeated.
    pub(super) const fn with_retry(mut self, after: Duration) -> Self {
        self.retry_after = Some(after);
        self
    }

    /// This problem, with what a login still needs.
    pub(super) fn with_challenge(mut self, challenge: Challenge) -> Self {
        self.challenge = Some(Box::new(challenge));
        self
    }

    /// This problem, with another name for the field `field`.
    #[must_use]
    pub fn renaming(mut self, field: &str, name: &'static str) -> Self {
        self.fields.iter_mut().filter(|(f, _)| *f == field).for_each(|(f, _)| *f = name);
        self
    }

    /// The status of the reply.
    pub const fn status(&self) -> Status {
        self.status
    }

    /// The code that identifies the error to programs.
    pub const fn code(&self) -> &'static str {
        self.code
    }

    fn key(&self, suffix: &str) -> String {
        format!("error-{}{suffix}", self.words.replace('_', "-"))
    }

    /// A text for the document.
    fn text(&self, language: Language, suffix: &str) -> String {
        view::text(language, &self.key(suffix), &[])
    }

    /// A text for a page.
    pub(super) fn page_text(&self, language: Language, suffix: &str) -> String {
        view::page_text(language, &self.key(suffix), &[])
    }

    /// The invalid fields, each with a sentence for a page.
    pub(super) fn page_fields(
        &self,
        language: Language,
    ) -> impl Iterator<Item = (&'static str, String)> {
        self.fields.iter().map(move |(name, why)| (*name, page_sentence(language, *why)))
    }

    /// The document.
    pub(super) fn document(&self, language: Language) -> Value {
        let mut errors = HashMap::<_, Vec<_>>::new();
        for (name, why) in &self.fields {
            errors.entry((*name).to_owned()).or_default().push(sentence(language, *why));
        }
        let challenge = self.challenge.as_deref();
        json!(ProblemDocument {
            r#type: format!("urn:portcullis:error:{}", self.code),
            title: self.text(language, ""),
            status: self.status.code,
            detail: self.text(language, "-detail"),
            code: self.code.to_owned(),
            errors: Some(errors).filter(|errors| !errors.is_empty()),
            methods: challenge.map(|c| c.methods.iter().map(|m| m.name().to_owned()).collect()),
            ticket: challenge.and_then(|c| c.ticket).map(|ticket| ticket.to_string()),
        })
    }

    /// Adds the headers of the problem to a reply.
    pub fn add_headers(&self, response: &mut Response<'_>) {
        if self.status == Status::Unauthorized {
            // RFC 6750, 3: at least one attribute, and no error if no token was sent.
            let challenge = match self.code {
                "token_not_valid" | "token_superseded" => {
                    "Bearer realm=\"portcullis\", error=\"invalid_token\""
                }
                _ => "Bearer realm=\"portcullis\"",
            };
            response.set_raw_header("WWW-Authenticate", challenge);
        }
        if let Some(seconds) = self.seconds() {
            response.set_raw_header("Retry-After", seconds.to_string());
        }
    }

    /// In how many seconds the request may be repeated.
    pub(super) fn seconds(&self) -> Option<u64> {
        self.retry_after.map(|t| (t.as_secs() + u64::from(t.subsec_nanos() > 0)).max(1))
    }
}

/// The schema of the document (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemDocument {
    /// `urn:portcullis:error:CODE`
    pub r#type: String,
    pub title: String,
    pub status: u16,
    /// A sentence in the caller's language.
    pub detail: String,
    /// Identifies the error to programs.
    pub code: String,
    /// What is wrong with each invalid field.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<HashMap<String, Vec<String>>>,
    /// With `second_factor_required`: the factors of which the login needs one, `totp` or `recovery_code`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// With `second_factor_required` of the native API: continues the login for five minutes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ticket: Option<String>,
}
