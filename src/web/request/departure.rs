//! Whether the client has left before its reply. The front tells; Rocket's own server does not.
use rocket::Request;
use std::sync::OnceLock;
use tokio_util::sync::CancellationToken;

/// Stores the token that is cancelled once the client has left.
pub fn record(req: &Request<'_>, left: CancellationToken) {
    let _ = req.local_cache(OnceLock::new).set(left);
}

/// The stored token, or one that is never cancelled.
pub fn of(req: &Request<'_>) -> CancellationToken {
    req.local_cache(OnceLock::<CancellationToken>::new).get().cloned().unwrap_or_default()
}
