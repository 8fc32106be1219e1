//! [`Problem`]: what is wrong with a setting, and where the operator wrote it.
use figment::{Figment, Source, value::Value};
use std::fmt;

/// A problem with a setting, by the name under which the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    pub key: String,
    pub message: String,
}

impl Problem {
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// ` in Rocket.toml`, or an empty text if `value` does not come from a file.
pub(super) fn origin(figment: &Figment, value: &Value) -> String {
    match figment.get_metadata(value.tag()).and_then(|m| m.source.as_ref()) {
        Some(file @ Source::File(_)) => format!(" in {file}"),
        _ => String::new(),
    }
}
