//! Proof that a request comes from our own pages, or from those of an allowed origin (OWASP CSRF
//! Prevention: Fetch Metadata, else the origin). A cookie alone proves nothing: browsers send it for
//! any site. They also say where an unsafe request comes from; what says nothing is a program, which
//! sends a cookie for nobody but itself.
use super::headers::is_our_route;
use crate::{
    config::{Config, SameSite},
    flows::{Error, Result},
};
use rocket::{
    Request,
    http::{ContentType, Method},
};

/// Where a request comes from, as far as its browser tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Ours,
    Foreign,
    /// A program, or an old browser.
    Unknown,
}

/// Refuses an unsafe request that a cookie authenticates, unless it proves where it comes from or is
/// a program's. Pages demand more ([`demand_own_page`]).
///
/// # Errors
/// `CsrfFailed`.
pub fn demand_same_origin(req: &Request<'_>, config: &Config) -> Result<()> {
    let safe = matches!(req.method(), Method::Get | Method::Head | Method::Options);
    let proven = || match source(req, config) {
        Source::Ours => true,
        Source::Unknown => is_program(req, config),
        Source::Foreign => false,
    };
    if safe || proven() { Ok(()) } else { Err(Error::CsrfFailed) }
}

/// Whether a request that does not say where it comes from is taken for a program's. A browser that is
/// too old to say so keeps our cookie from other sites, but not with `SameSite=None`. A form passes at our
/// own routes alone, for what those of a host application make of it is not known here, and only by
/// `POST`: Rocket turns `_method` in a form into another method.
fn is_program(req: &Request<'_>, config: &Config) -> bool {
    let takes_forms = req.method() == Method::Post && req.route().is_some_and(is_our_route);
    config.cookie.same_site != SameSite::None && (takes_forms || !is_form(req))
}

/// Whether a body is of a type that the form of any page may send (Fetch, 2.2.2).
fn is_form(req: &Request<'_>) -> bool {
    let of_form = |kind: &ContentType| kind.is_form() || kind.is_form_data() || kind.is_plain();
    req.headers().contains("content-type") && req.content_type().is_none_or(of_form)
}

/// Refuses a login that another site sends to plant a session of its own in the browser.
///
/// # Errors
/// `CsrfFailed`.
pub fn refuse_foreign(req: &Request<'_>, config: &Config) -> Result<()> {
    if source(req, config) == Source::Foreign { Err(Error::CsrfFailed) } else { Ok(()) }
}

/// Refuses a form that does not prove that a page of ours sent it; it has to bring a token as well. Its
/// page may keep its address to itself (`Referrer-Policy: no-referrer`): then `Origin` is `null` (Fetch,
/// 3.1), and without TLS nothing else is told.
///
/// # Errors
/// `CsrfFailed`.
pub fn demand_own_page(req: &Request<'_>, config: &Config) -> Result<()> {
    let silent = (one(req, "sec-fetch-site"), one(req, "origin")) == (None, Some("null"));
    // Origins that may use the API have no part in our pages.
    let proven = silent || source_among(req, config, &[]) == Source::Ours;
    if proven { Ok(()) } else { Err(Error::CsrfFailed) }
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
