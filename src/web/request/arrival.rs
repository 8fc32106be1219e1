//! [`Arrival`]: when a request arrived, and with which method.
use crate::flows::Auth;
use rocket::{Request, http::Method};
use std::{
    sync::OnceLock,
    time::{Duration, Instant},
};

/// What is recorded about a request before it is routed.
pub struct Arrival {
    at: Instant,
    /// As sent: Rocket passes a HEAD on as a GET.
    pub method: Method,
}

impl Arrival {
    /// Records that a request has arrived.
    pub fn record(req: &Request<'_>) {
        let arrival = Self { at: Instant::now(), method: req.method() };
        let _ = req.local_cache(OnceLock::new).set(arrival);
    }

    /// The record; `None` for a request that Rocket could not read.
    pub fn of<'r>(req: &'r Request<'_>) -> Option<&'r Self> {
        req.local_cache(OnceLock::<Self>::new).get()
    }

    /// The time since the request arrived.
    pub fn elapsed(&self) -> Duration {
        self.at.elapsed()
    }
}

/// Whether Rocket could not read a request. None of its fairings sees such a request.
pub fn is_unread(req: &Request<'_>) -> bool {
    Arrival::of(req).is_none() && req.rocket().state::<Auth>().is_some()
}

/// Whether a request asks for the headers only.
pub fn is_head(req: &Request<'_>) -> bool {
    Arrival::of(req).is_some_and(|arrival| arrival.method == Method::Head)
}
