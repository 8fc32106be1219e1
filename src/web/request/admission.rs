//! The conditions that a request must meet before it reaches a handler.
use super::accept::has_long_accept;
use crate::web::{reply::problem::Problem, routes::is_path_of_ours};
use percent_encoding::percent_decode_str;
use rocket::{
    Request,
    http::{Status, uri::Authority},
};
use std::collections::HashSet;
use url::form_urlencoded;

/// The only path where a parameter may be repeated, and the name of that parameter.
const SEVERAL: (&str, &str) = ("/auth/verify", "role");

/// How many parameters a query may have.
const MOST_PARAMETERS: usize = 64;

/// Why a request must not reach a handler; `None` if it may. An `Accept` that is too long is refused at
/// any path (RFC 6585, 5), even at paths of a host application: Rocket parses it for handlers, for routes
/// with a format and for its log, and the application cannot limit that.
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

/// Whether a path is in the form that the rules of proxies match: without empty segments and without
/// unnecessary percent-encoding (RFC 3986, 6.2.2.2). Rocket would route other forms of it as well.
fn is_plain(path: &str) -> bool {
    let encodes_plainly = |(at, _): (usize, &str)| {
        let code = path.get(at + 1..at + 3).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        code.is_some_and(|c| c.is_ascii_alphanumeric() || b"-._~".contains(&c))
    };
    !path.contains("//") && !path.match_indices('%').any(encodes_plainly)
}

const HEALTH: &str = "/health/";

/// The longest `Host`, in bytes: a name and a port (RFC 1035, 2.3.4).
const LONGEST_HOST: usize = 261;

/// Whether a request names exactly one host (RFC 9112, 3.2). If there are two, a cache or proxy before us may
/// use the other one. Health checks of proxies use HTTP/1.0, which needs no host. Rocket does not expose the
/// version, so they are recognised by their path.
fn has_one_host(req: &Request<'_>) -> bool {
    let mut headers = req.headers().get("host");
    match (headers.next(), headers.next()) {
        (Some(host), None) => {
            host.len() <= LONGEST_HOST
                && Authority::parse(host)
                    .is_ok_and(|a| a.user_info().is_none() && !a.host().is_empty())
        }
        // HTTP/2, which a host application may enable, has the host in a pseudo-header.
        (None, _) => req.host().is_some() || req.uri().path().starts_with(HEALTH),
        _ => false,
    }
}

/// Whether every parameter of the query is unambiguous: it is not repeated, it is UTF-8, and its name has no
/// brackets or dots, from which Rocket makes lists and structures. Rocket drops parameters that it cannot
/// parse. That could remove a filter, or the role that a proxy requires.
fn has_clear_query(req: &Request<'_>) -> bool {
    let Some(query) = req.uri().query() else { return true };
    let verifies = req.uri().path().as_str().trim_end_matches('/') == SEVERAL.0;
    let mut names = HashSet::new();
    let mut pairs = form_urlencoded::parse(query.as_str().as_bytes());
    let clear = pairs.by_ref().take(MOST_PARAMETERS).all(|(name, _)| {
        // An unknown name may be a misspelt `role`.
        let known = !verifies || name == SEVERAL.1;
        let once = verifies || names.insert(name.clone());
        known && once && !name.contains(['[', ']', '.', ':'])
    });
    // The parser replaces what is not UTF-8.
    let is_utf8 = percent_decode_str(query.as_str()).decode_utf8().is_ok();
    clear && pairs.next().is_none() && is_utf8
}
