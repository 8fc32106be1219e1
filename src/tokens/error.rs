//! The errors of keys and tokens.
use crate::{db, secret};
use std::time::Duration;

pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a token is refused or a key cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("the token is not valid")]
    NotValid,
    #[error("the next key has not been published for long enough")]
    KeyTooYoung { retry_after: Duration },
    #[error("tokens are signed with the configured secret: there are no keys")]
    NoKeys,
    #[error("there is no such key")]
    NotFound,
    #[error(transparent)]
    Db(#[from] db::Error),
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }
}

impl From<secret::Error> for Error {
    fn from(e: secret::Error) -> Self {
        Self::internal(e)
    }
}
