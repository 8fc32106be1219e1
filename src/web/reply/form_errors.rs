//! [`FormErrors`]: what is wrong with a form, in sentences.
use super::problem::Problem;
use crate::{config::Language, view};
use serde::Serialize;
use std::collections::HashMap;

/// What is wrong with a form of a page.
#[derive(Default, Serialize)]
pub struct FormErrors {
    /// Which form of the page; empty for none.
    form: &'static str,
    summary: String,
    fields: HashMap<&'static str, String>,
    /// In seconds.
    retry_after: Option<u64>,
}

impl FormErrors {
    /// What `problem` says about the form `form` of a page.
    pub fn new(form: &'static str, problem: &Problem, language: Language) -> Self {
        let summary = match problem.code() {
            // The cause does not help the reader. What to do does.
            "csrf_failed" => view::text(language, "form-again", &[]),
            _ => problem.page_text(language, "-detail"),
        };
        let fields = problem.page_fields(language).collect();
        Self { form, summary, fields, retry_after: problem.seconds() }
    }

    /// One sentence: that of a field, else that of the form.
    pub fn sentence(mut self) -> String {
        let field = self.fields.drain().next();
        field.map_or(self.summary, |(_, sentence)| sentence)
    }
}
