//! A session as the surfaces see it.
use super::{Session, SessionId, User};
use crate::time::Timestamp;
use std::time::Duration;

/// What a login or a refresh gives.
#[derive(Debug)]
pub struct Tokens {
    pub user: User,
    pub session: SessionId,
    /// The access JWT.
    pub access: String,
    /// How long the access token is good for.
    pub expires_in: Duration,
    /// `None` where the presented refresh token stays valid.
    pub refresh: Option<RefreshToken>,
}

#[derive(Debug)]
pub struct RefreshToken {
    /// In the envelope of the policy.
    pub token: String,
    pub expires_at: Timestamp,
    /// Whether a cookie that carries it may outlive the browser.
    pub remember: bool,
}

/// Who is signed in, as the database knows it now.
#[derive(Clone, Debug)]
pub struct SignedIn {
    pub user: User,
    pub session: Session,
}
