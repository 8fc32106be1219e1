//! The sender of a request, as far as the connection shows.
use super::{Error, Result};
use crate::{config::Language, password};
use std::net::IpAddr;
use tokio_util::sync::CancellationToken;

/// The sender of a request. It is stored with sessions and in the audit log, and proves nothing.
#[derive(Clone, Debug, Default)]
pub struct Caller {
    /// The client's IP address. Only trusted proxies may report another one than that of the
    /// connection.
    pub ip: Option<IpAddr>,
    /// At most 300 characters, without control characters.
    pub user_agent: Option<String>,
    /// The value of the cookie of known devices, if there is one. It is not verified.
    pub device: Option<String>,
    /// The language the caller reads.
    pub language: Language,
    /// Ties log lines to the request.
    pub request_id: String,
    /// Cancelled once the sender has left and nobody reads the reply. Only the front notices that.
    pub left: CancellationToken,
}

impl Caller {
    /// Waits until a password is hashed or checked, but no longer than the caller does: a hash that still
    /// waits for a thread then gives its place to others. A flow has not written anything by then that it
    /// would have to finish.
    ///
    /// # Errors
    /// [`Error::CallerLeft`], and those of `hashing`.
    pub(crate) async fn unless_left<T>(
        &self,
        hashing: impl Future<Output = password::Result<T>>,
    ) -> Result<T> {
        match self.left.run_until_cancelled(hashing).await {
            Some(hashed) => Ok(hashed?),
            None => Err(Error::CallerLeft),
        }
    }
}
