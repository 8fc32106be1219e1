//! [`FormErrors`]: the errors of a form, as sentences.
use super::problem::Problem;
use crate::{config::Language, view};
use serde::Serialize;
use std::collections::HashMap;

/// The errors of a form of a page.
#[derive(Default, Serialize)]
pub struct FormErrors {
    /// Which form of the page; empty for none.
    form: &'static str,
    summary: String,
    fields: HashMap<&'static str, String>,
    /// The time after which the form may be sent again, in seconds.
    retry_after: Option<u64>,
}

impl FormErrors {
    /// The errors that `problem` reports for the form `form` of a page.
    pub fn new(form: &'static str, problem: &Problem, language: Language) -> Self {
        let summary = match problem.code() {
            // Say what to do: the cause does not help the reader.
            "csrf_failed" => view::text(language, "form-again", &[]),
            _ => problem.page_text(language, "-detail"),
        };
        let fields = problem.page_fields(language).collect();
        Self { form, summary, fields, retry_after: problem.seconds() }
    }

    /// One sentence: the error of a field, or else the summary of the form.
    pub fn sentence(mut self) -> String {
        let field = self.fields.drain().next();
        field.map_or(self.summary, |(_, sentence)| sentence)
    }
}
