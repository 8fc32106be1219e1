//! Errors while hashing and checking passwords. A wrong password is not an error.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a password was not hashed or checked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Longer than [`LONGEST`](super::LONGEST).
    #[error("the password is too long")]
    TooLong,
    /// Too many passwords are waiting for a thread.
    #[error("too many passwords are waiting to be hashed")]
    Busy,
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    pub(crate) fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }
}

impl From<crate::secret::Error> for Error {
    fn from(e: crate::secret::Error) -> Self {
        Self::internal(e)
    }
}
