//! What a request has to be before any handler sees it.
use super::{catchers::is_path_of_ours, client::has_long_accept, problem::Problem};
use rocket::{
    Request,
    http::{Status, uri::Authority},
};

/// Why a request reaches no handler. An `Accept` that is too long is refused whoever's the path is
/// (RFC 6585, 5): Rocket parses it for handlers, routes with a format and its own log, and a host
/// application cannot bound that.
pub fn refusal(req: &Request<'_>) -> Option<Problem> {
    if has_long_accept(req) {
        return Some(Problem::new(Status::RequestHeaderFieldsTooLarge, "header_too_large"));
    }
    let malformed = !has_one_host(req) && is_path_of_ours(req);
    malformed.then(|| Problem::new(Status::BadRequest, "malformed"))
}

/// In bytes: a name and a port (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 261;

/// Whether a request names one host, as it has to (RFC 9112, 3.2): caches and proxies before us may go
/// by another one.
fn has_one_host(req: &Request<'_>) -> bool {
    let mut headers = req.headers().get("host");
    match (headers.next(), headers.next()) {
        (Some(host), None) => {
            host.len() <= LONGEST_HOST
                && Authority::parse(host)
                    .is_ok_and(|a| a.user_info().is_none() && !a.host().is_empty())
        }
        (None, _) => req.host().is_some(),
        _ => false,
    }
}
