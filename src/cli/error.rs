//! [`Failure`]: why a command failed, as the command line reports it.
use crate::{
    config::Language, fairing::StartError, field_error::FieldError, flows::Error,
    front::FrontError, web::reply::field_errors::sentence,
};

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error(transparent)]
    Start(#[from] StartError),
    #[error(transparent)]
    Front(#[from] FrontError),
    #[error("{}", message(.0))]
    Flow(#[from] Error),
    #[error("{0}")]
    Input(String),
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// The reason is already printed.
    #[error("")]
    Reported,
}

impl Failure {
    /// The reason in one line.
    pub fn line(&self) -> String {
        self.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
    }
}

/// The error `why` of the field `name`, as a sentence.
pub fn field(name: &str, why: FieldError) -> String {
    format!("{name}: {}", sentence(Language::En, why))
}

fn message(e: &Error) -> String {
    match e {
        Error::Fields(fields) => {
            fields.iter().map(|(name, why)| field(name, *why)).collect::<Vec<_>>().join(" ")
        }
        Error::KeyTooYoung { retry_after } => {
            format!("{e}: wait {} s, or use --force", retry_after.as_secs() + 1)
        }
        Error::Internal(e) => e.to_string(),
        e => e.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_is_reported_in_one_line() {
        let e = Error::internal("line 3:\n  | {% if\n  | ^ unexpected end");
        assert_eq!(Failure::from(e).line(), "line 3: | {% if | ^ unexpected end");
    }
}
