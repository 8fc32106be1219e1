//! [`Problem`]: what is wrong with a setting, and where the operator wrote it.
use figment::{Figment, Source, value::Value};
use std::{fmt, ops::RangeInclusive};

/// A problem with a setting, by the name under which the operator wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The key of the setting, such as `jwt.issuer`, or the name under which the operator wrote it.
    pub key: String,
    /// What is wrong, such as `should be a table`.
    pub message: String,
}

impl Problem {
    /// A problem with the setting `key`, described by `message`.
    pub fn new(key: impl Into<String>, message: impl Into<String>) -> Self {
        Self { key: key.into(), message: message.into() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.key, self.message)
    }
}

/// The problems that checks have found.
#[derive(Default)]
pub(super) struct Checks(pub(super) Vec<Problem>);

impl Checks {
    /// Adds the problem `message` with the setting `key` unless `met` is true.
    pub(super) fn require(&mut self, met: bool, key: &str, message: &str) {
        if !met {
            self.0.push(Problem::new(key, message));
        }
    }

    /// Requires that `n`, the value of the setting `key`, is in `range`.
    pub(super) fn require_within<N: Copy + PartialOrd + fmt::Display>(
        &mut self,
        n: N,
        range: RangeInclusive<N>,
        key: &str,
    ) {
        let message = format!("should be between {} and {}", range.start(), range.end());
        self.require(range.contains(&n), key, &message);
    }
}

/// ` in Rocket.toml`, or an empty text if `value` does not come from a file.
pub(super) fn origin(figment: &Figment, value: &Value) -> String {
    match figment.get_metadata(value.tag()).and_then(|m| m.source.as_ref()) {
        Some(file @ Source::File(_)) => format!(" in {file}"),
        _ => String::new(),
    }
}
