//! What a request has to be before any handler sees it.
use super::client::has_long_accept;
use crate::web::{catchers::is_path_of_ours, reply::problem::Problem};
use percent_encoding::percent_decode_str;
use rocket::{
    Request,
    http::{Status, uri::Authority},
};
use std::collections::HashSet;

/// The one path where a parameter may come several times, and its name.
const SEVERAL: (&str, &str) = ("/auth/verify", "role");

/// So many parameters are read.
const MOST_PARAMETERS: usize = 64;

/// Why a request reaches no handler. An `Accept` that is too long is refused whoever's the path is
/// (RFC 6585, 5): Rocket parses it for handlers, routes with a format and its own log, and a host
/// application cannot bound that.
pub fn refusal(req: &Request<'_>) -> Option<Problem> {
    if has_long_accept(req) {
        return Some(Problem::new(Status::RequestHeaderFieldsTooLarge, "header_too_large"));
    }
    let problem = if !is_plain(req.uri().path().as_str()) {
        Problem::new(Status::NotFound, "not_found")
    } else if has_one_host(req) && has_clear_query(req) {
        return None;
    } else {
        Problem::new(Status::BadRequest, "malformed")
    };
    is_path_of_ours(req).then_some(problem)
}

/// Whether a path is written as the rules of proxies have it: without empty segments, and without
/// percent-encoding where none is needed (RFC 3986, 6.2.2.2). Rocket would route the others alike.
fn is_plain(path: &str) -> bool {
    let encodes_plainly = |(at, _): (usize, &str)| {
        let code = path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_some_and(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c))
    };
    !path.contains("//") && !path.match_indices('%').any(encodes_plainly)
}

const HEALTH: &str = "/health/";

/// In bytes: a name and a port (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 261;

/// Whether a request names one host, as it has to (RFC 9112, 3.2): caches and proxies before us may go
/// by another one. Health checks of proxies speak HTTP/1.0, where none is needed; Rocket does not tell
/// the version, so that they are known by their path.
fn has_one_host(req: &Request<'_>) -> bool {
    let mut headers = req.headers().get("host");
    match (headers.next(), headers.next()) {
        (Some(host), None) => {
            host.len() <= LONGEST_HOST
                && Authority::parse(host)
                    .is_ok_and(|a| a.user_info().is_none() && !a.host().is_empty())
        }
        // HTTP/2, which a host application may have, tells it elsewhere.
        (None, _) => req.host().is_some() || req.uri().path().starts_with(HEALTH),
        _ => false,
    }
}

/// Whether every parameter of the query means one thing: it comes once, under a name without brackets
/// and dots (from which Rocket makes lists and structures), in UTF-8. Rocket drops what it cannot read,
/// which would take away a filter or the role that a proxy demands.
fn has_clear_query(req: &Request<'_>) -> bool {
    let Some(query) = req.uri().query() else { return true };
    let verifies = req.uri().path().as_str().trim_end_matches('/') == SEVERAL.0;
    let mut names = HashSet::new();
    let mut pairs = query.as_str().split('&').filter(|pair| !pair.is_empty());
    let clear = pairs.by_ref().take(MOST_PARAMETERS).all(|pair| {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let (Some(name), Some(_)) = (decoded(name), decoded(value)) else { return false };
        // Of a name that nobody knows there, the demand for a role may be what was meant.
        let known = !verifies || name == SEVERAL.1;
        let once = verifies || names.insert(name.clone());
        known && once && !name.contains(['[', ']', '.', ':'])
    });
    clear && pairs.next().is_none()
}

/// A name or value of a query (WHATWG URL, 5.1).
fn decoded(text: &str) -> Option<String> {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8().ok().map(std::borrow::Cow::into_owned)
}
