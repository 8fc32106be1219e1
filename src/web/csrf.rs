//! Proof that a request comes from our own pages, or from those of an allowed origin (OWASP CSRF
//! Prevention: Fetch Metadata, else the origin). A cookie alone proves nothing: browsers send it for
//! any site.
use crate::{
    config::Config,
    flows::{Error, Result},
};
use rocket::{Request, http::Method};

/// Where a request comes from, as far as its browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Ours,
    Foreign,
    /// No browser, or an old one.
    Unknown,
}

/// Refuses an unsafe request that a cookie authenticates unless it proves where it comes from.
///
/// # Errors
/// `CsrfFailed`.
pub fn demand_same_origin(req: &Request<'_>, config: &Config) -> Result<()> {
    let safe = matches!(req.method(), Method::Get | Method::Head | Method::Options);
    if safe || source(req, config) == Source::Ours { Ok(()) } else { Err(Error::CsrfFailed) }
}

/// Refuses a login that another site sends to plant a session of its own in the browser.
///
/// # Errors
/// `CsrfFailed`.
pub fn refuse_foreign(req: &Request<'_>, config: &Config) -> Result<()> {
    if source(req, config) == Source::Foreign { Err(Error::CsrfFailed) } else { Ok(()) }
}

/// The same for a form that brings a token. Its page may keep its address to itself (`Referrer-Policy:
/// no-referrer`): then `Origin` is `null` (Fetch, 3.1), and without TLS nothing else is told.
///
/// # Errors
/// `CsrfFailed`.
pub fn refuse_foreign_form(req: &Request<'_>, config: &Config) -> Result<()> {
    let silent = (one(req, "sec-fetch-site"), one(req, "origin")) == (None, Some("null"));
    // Origins that may use the API have no part in our pages.
    let foreign = source_among(req, config, &[]) == Source::Foreign;
    if foreign && !silent { Err(Error::CsrfFailed) } else { Ok(()) }
}

/// The value of a header; one that comes twice is no value that anything equals.
fn one<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let mut values = req.headers().get(name);
    let first = values.next();
    if values.next().is_some() { Some("") } else { first }
}

fn source(req: &Request<'_>, config: &Config) -> Source {
    source_among(req, config, &config.cors.origins)
}

/// Where a request comes from, if the origins `listed` count as ours.
fn source_among(req: &Request<'_>, config: &Config, listed: &[String]) -> Source {
    let allowed = |origin: &str| {
        listed.iter().any(|o| o == origin)
            || config.public_url.origin().ascii_serialization() == origin
            || config.is_local() && is_own_loopback(origin, req)
    };
    match (one(req, "sec-fetch-site"), one(req, "origin")) {
        (Some("same-origin"), _) => Source::Ours,
        (_, Some(origin)) if allowed(origin) => Source::Ours,
        (None, None) => Source::Unknown,
        _ => Source::Foreign,
    }
}

/// While developing, `localhost` and `127.0.0.1` are one: whichever the browser has opened.
fn is_own_loopback(origin: &str, req: &Request<'_>) -> bool {
    let Some(host) = req.host() else { return false };
    let local = matches!(host.domain().as_str(), "localhost" | "127.0.0.1" | "[::1]");
    local && origin.strip_prefix("http://") == Some(host.to_string().as_str())
}
