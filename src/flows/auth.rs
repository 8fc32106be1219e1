//! [`Auth`]: what every flow works with, in Rocket's managed state.
use crate::{config::Config, store::Db, time::Clock};
use std::sync::Arc;

/// Handles to the service; its clones are the same service.
#[derive(Clone)]
pub struct Auth {
    pub(crate) config: Arc<Config>,
    pub(crate) db: Db,
    pub(crate) clock: Clock,
}

impl Auth {
    pub fn config(&self) -> &Config {
        &self.config
    }

    pub fn clock(&self) -> &Clock {
        &self.clock
    }
}

impl Auth {
    /// What an access token says, if it is one of ours, has not expired and its session lives; asks
    /// no database.
    ///
    /// # Errors
    /// `TokenNotValid`.
    pub fn verify_access(&self, _token: &str) -> super::Result<super::Claims> {
        Err(super::Error::Unavailable)
    }

    /// The user and session of an access token, as they are now.
    pub async fn signed_in(&self, _claims: &super::Claims) -> super::Result<super::SignedIn> {
        Err(super::Error::Unavailable)
    }

    /// The user and session of the refresh token in a cookie, which is not used up by it.
    pub async fn signed_in_by_cookie(&self, _token: &str) -> super::Result<super::SignedIn> {
        Err(super::Error::Unavailable)
    }

    /// Sends the mails that are due; gives how many.
    pub async fn deliver_due(&self) -> super::Result<usize> {
        Err(super::Error::Unavailable)
    }

    /// Whether the database answers and has every migration.
    pub async fn ready(&self) -> bool {
        false
    }

    /// The key set (RFC 7517).
    pub fn jwks(&self) -> serde_json::Value {
        serde_json::Value::Null
    }
}
