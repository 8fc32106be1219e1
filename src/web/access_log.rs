//! The log line of a request, and its metrics.
use super::{
    metrics,
    reply::outcome,
    request::{arrival::Arrival, caller::caller, identity},
};
use crate::flows::{Auth, REQUEST_LINE};
use rocket::{Request, http::Status};
use std::time::Duration;

/// Counts a request and logs it: one line, and a second line for security if the reply is 403
/// or 429 (OWASP ASVS 5, 16.3.2 and 16.3.3). Lines about requests without a user are limited.
pub fn write(req: &Request<'_>, status: Status) {
    let caller = caller(req);
    let arrival = Arrival::of(req);
    let elapsed = arrival.map_or(Duration::ZERO, Arrival::elapsed);
    let method = arrival.map_or("-", |arrival| arrival.method.as_str());
    // Log the route instead of the path: the path may contain a token.
    let route = req.route().map_or("-", |r| r.uri.as_str());
    metrics::count(method, route, status.code, elapsed.as_secs_f64());
    let user = identity::user(req);
    let limits = req.rocket().state::<Auth>().filter(|_| user.is_none());
    let admits = |act| limits.is_none_or(|auth| auth.admits_log_line(act, caller));
    if admits(REQUEST_LINE) {
        tracing::info!(
            target: "portcullis::request",
            method,
            route,
            status = status.code,
            micros = u64::try_from(elapsed.as_micros()).unwrap_or(u64::MAX),
            ip = caller.ip.map(tracing::field::display),
            id = caller.request_id,
        );
    }
    if [Status::Forbidden, Status::TooManyRequests].contains(&status) && admits("refused") {
        tracing::info!(
            target: "portcullis::security",
            act = "refused",
            actor_id = user.map(|id| id.0),
            code = outcome::code(req),
            method,
            route,
            ip = caller.ip.map(tracing::field::display),
            request = caller.request_id,
        );
    }
}
