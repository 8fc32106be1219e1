//! [`Error`]: why a flow fails. Each surface translates it into its own response.
use crate::{
    db::{self, ErrorKind},
    field_error::FieldError,
    password, tokens,
};
use std::time::Duration;

/// The result of a flow.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a flow fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    #[error("wrong address or password")]
    BadCredentials,
    #[error("the address is not confirmed yet")]
    EmailNotConfirmed,
    #[error("the account is disabled")]
    AccountDisabled,
    #[error("superusers may not sign in here")]
    SuperuserRefused,
    #[error("the address is taken")]
    EmailTaken,
    #[error("registration is closed")]
    RegistrationClosed,
    #[error("an account takes an invitation")]
    InvitationNeeded,
    #[error("the token is not valid")]
    TokenNotValid,
    #[error("the token was used, and no newer one can be given for it")]
    TokenSuperseded,
    /// The session rotates strictly. `retry_after` says when the access token expires.
    #[error("the access token issued with it is still valid")]
    AccessStillValid { retry_after: Duration },
    #[error("the link is not valid, or not any more")]
    LinkNotValid,
    #[error("nothing shows that the account is the caller's own")]
    ProofRequired,
    #[error("not allowed")]
    Forbidden,
    #[error("the password has to be given again")]
    PasswordRequired,
    #[error("there is no such thing")]
    NotFound,
    #[error("the last superuser has to stay")]
    LastSuperuser,
    #[error("the next key has not been published for long enough")]
    KeyTooYoung { retry_after: Duration },
    #[error("tokens are signed with the configured secret: there are no keys")]
    NoKeys,
    /// The name of each wrong field, and what is wrong with it.
    #[error("fields are missing or wrong")]
    Fields(Vec<(&'static str, FieldError)>),
    #[error("too many attempts")]
    RateLimited { retry_after: Duration },
    #[error("too much to do at the moment")]
    Busy,
    #[error("the database cannot be reached")]
    Unavailable,
    /// A deadlock or a serialization failure. The flow may be retried at once.
    #[error("the database gave this up in favour of another transaction")]
    Contended,
    #[error("internal error")]
    Internal(#[source] Box<dyn std::error::Error + Send + Sync>),
}

impl Error {
    /// [`Error::Internal`] with the source `e`.
    pub fn internal(e: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        Self::Internal(e.into())
    }

    /// [`Error::Fields`] with a single field.
    pub fn field(name: &'static str, why: FieldError) -> Self {
        Self::Fields(vec![(name, why)])
    }
}

impl From<crate::secret::Error> for Error {
    fn from(e: crate::secret::Error) -> Self {
        Self::internal(e)
    }
}

impl From<password::Error> for Error {
    fn from(e: password::Error) -> Self {
        match e {
            password::Error::TooLong => {
                Self::field("password", FieldError::TooLong(password::LONGEST))
            }
            password::Error::Busy => Self::Busy,
            password::Error::Internal(e) => Self::Internal(e),
        }
    }
}

impl From<tokens::Error> for Error {
    fn from(e: tokens::Error) -> Self {
        match e {
            tokens::Error::NotValid => Self::TokenNotValid,
            tokens::Error::KeyTooYoung { retry_after } => Self::KeyTooYoung { retry_after },
            tokens::Error::NoKeys => Self::NoKeys,
            tokens::Error::NotFound => Self::NotFound,
            tokens::Error::Db(e) => e.into(),
            tokens::Error::Internal(e) => Self::Internal(e),
        }
    }
}

impl From<db::Error> for Error {
    fn from(e: db::Error) -> Self {
        e.log();
        match e.kind() {
            ErrorKind::Unavailable => Self::Unavailable,
            ErrorKind::Contention => Self::Contended,
            ErrorKind::UniqueViolation | ErrorKind::Other => Self::internal(e),
        }
    }
}
