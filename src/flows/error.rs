//! [`Error`]: why a flow fails. Each surface translates it into its own response.
use crate::{
    db::{self, ErrorKind},
    field_error::FieldError,
    flows::Challenge,
    password, tokens,
};
use std::time::Duration;

/// The result of a flow.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a flow fails.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The login fails: no user has this name, or the password is wrong.
    #[error("wrong address or password")]
    BadCredentials,
    /// The password of the login is right, and a second factor is needed as well.
    #[error("a second factor is needed")]
    SecondFactorRequired(Challenge),
    /// The login that waits for a second factor has expired, was finished or began elsewhere, or too many
    /// codes were tried.
    #[error("the login must begin again")]
    ChallengeNotValid,
    /// The code of a second factor is wrong, or was used before.
    #[error("wrong code")]
    WrongCode,
    /// The user has a second factor of this kind already.
    #[error("there is a second factor of this kind")]
    FactorExists,
    /// The settings require a confirmed address, and the user has not confirmed theirs.
    #[error("the address is not confirmed yet")]
    EmailNotConfirmed,
    /// The account is disabled: its user may not log in.
    #[error("the account is disabled")]
    AccountDisabled,
    /// The user is a superuser, and the surface does not let superusers log in or refresh.
    #[error("superusers may not log in here")]
    SuperuserRefused,
    /// Another account has the email address.
    #[error("the address is taken")]
    EmailTaken,
    /// The registration mode is `closed`: nobody can register or be invited.
    #[error("registration is closed")]
    RegistrationClosed,
    /// The registration mode is `invite`, and the caller has given no invitation.
    #[error("registration requires an invitation")]
    InvitationNeeded,
    /// The token is unknown or malformed or has expired, or its session has ended.
    #[error("the token is not valid")]
    TokenNotValid,
    /// The refresh token has already been used, and its session gives no newer one in exchange.
    #[error("the token was already used, and it has no successor to return")]
    TokenSuperseded,
    /// The session rotates strictly. `retry_after` says when the access token expires.
    #[error("the access token issued with it is still valid")]
    AccessStillValid {
        /// The time until it makes sense to try again.
        retry_after: Duration,
    },
    /// The mailed link is unknown, used, revoked or expired, or may not be used any more.
    #[error("the link is invalid, used or expired")]
    LinkNotValid,
    /// The caller must prove that the account is theirs, for example with its password.
    #[error("the caller has not proved that the account is theirs")]
    ProofRequired,
    /// The caller may not do this.
    #[error("not allowed")]
    Forbidden,
    /// The caller must give their password again: they last gave it too long ago for this operation.
    #[error("re-authentication with the password is required")]
    PasswordRequired,
    /// The user, session, key or other object does not exist.
    #[error("not found")]
    NotFound,
    /// The change would leave no superuser who can log in.
    #[error("the last superuser who can log in cannot be removed")]
    LastSuperuser,
    /// The next key must be published for longer before it signs. `retry_after` is the remaining time.
    #[error("the next key has not been published for long enough")]
    KeyTooYoung {
        /// The time until it makes sense to try again.
        retry_after: Duration,
    },
    /// The service signs its tokens with a configured secret, so it has no keys to rotate.
    #[error("tokens are signed with the configured secret: there are no keys")]
    NoKeys,
    /// The name of each wrong field, and what is wrong with it.
    #[error("fields are missing or wrong")]
    Fields(Vec<(&'static str, FieldError)>),
    /// A rate limit has been reached. The caller may try again after `retry_after`.
    #[error("too many attempts")]
    RateLimited {
        /// The time until it makes sense to try again.
        retry_after: Duration,
    },
    /// The server has too much work at the moment, for example too many passwords to hash.
    #[error("the server is overloaded")]
    Busy,
    /// The caller left before their password was hashed. Nobody reads the reply.
    #[error("the caller has left")]
    CallerLeft,
    /// The database cannot be reached. The flow may be retried later.
    #[error("the database cannot be reached")]
    Unavailable,
    /// A deadlock or a serialization failure. The flow may be retried at once.
    #[error("the database rolled the transaction back in favour of another one")]
    Contended,
    /// An unexpected failure, with its cause.
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

    /// Fails with this error if `fails`.
    pub(crate) fn when(self, fails: bool) -> Result<()> {
        if fails { Err(self) } else { Ok(()) }
    }

    /// Fails with this error unless `holds`.
    pub(crate) fn unless(self, holds: bool) -> Result<()> {
        self.when(!holds)
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
