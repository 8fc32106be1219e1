//! [`Error`]: what can be wrong with a request itself, in addition to the errors of flows.
use crate::flows;

/// A result whose error says what is wrong with the request.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a request is refused.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The request carries no credential.
    #[error("the request has no credentials")]
    Unauthenticated,
    /// The request carries the cookie, but may come from another site.
    #[error("the request does not prove that it comes from a page of this service")]
    CsrfFailed,
    /// A header or the body cannot be parsed.
    #[error("the request could not be read")]
    Malformed,
    /// The body exceeds the limit.
    #[error("the body is too large")]
    TooLarge,
    /// The type or encoding of the body is not supported.
    #[error("the type of the body is not supported")]
    UnsupportedType,
    /// The body did not arrive in time.
    #[error("the body did not arrive in time")]
    TooSlow,
    /// The flow that handled the request failed.
    #[error(transparent)]
    Flow(#[from] flows::Error),
}
