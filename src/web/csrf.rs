//! Proof that a request comes from our own pages, or from those of an allowed origin (OWASP CSRF
//! Prevention: Fetch Metadata, else the origin). A cookie alone proves nothing: browsers send it for
//! any site. Browsers also name the origin of an unsafe request. A request without one comes from a
//! program, which sends only its own cookie.
use super::{Error, Result, routes::is_our_route};
use crate::config::{Config, SameSite};
use rocket::{
    Request,
    http::{ContentType, Method},
};

/// Where a request comes from, as its headers say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    Ours,
    Foreign,
    /// A program, or an old browser.
    Unknown,
}

/// Refuses an unsafe request that a cookie authenticates, unless it proves its origin or comes from a
/// program. Forms of pages need a stronger proof ([`require_own_page`]).
///
/// # Errors
/// [`Error::CsrfFailed`].
pub fn require_same_origin(req: &Request<'_>, config: &Config) -> Result<()> {
    let safe = matches!(req.method(), Method::Get | Method::Head | Method::Options);
    let proven = || match source(req, config) {
        Source::Ours => true,
        Source::Unknown => is_program(req, config),
        Source::Foreign => false,
    };
    if safe || proven() { Ok(()) } else { Err(Error::CsrfFailed) }
}

/// Whether a request without an origin counts as that of a program. A browser that is too old to send the
/// origin does not send our cookie from other sites, except with `SameSite=None`. A form passes only at
/// our own routes, because the effect of a host application's route is unknown, and only by `POST`,
/// because Rocket turns `_method` in a form into another method.
fn is_program(req: &Request<'_>, config: &Config) -> bool {
    let takes_forms = req.method() == Method::Post && req.route().is_some_and(is_our_route);
    config.cookie.same_site != SameSite::None && (takes_forms || !is_form(req))
}

/// Whether the body has a type that a form on any page may send (Fetch, 2.2.2).
fn is_form(req: &Request<'_>) -> bool {
    let of_form = |kind: &ContentType| kind.is_form() || kind.is_form_data() || kind.is_plain();
    req.headers().contains("content-type") && req.content_type().is_none_or(of_form)
}

/// Refuses a request that another site sends, such as a login that would plant its own session.
///
/// # Errors
/// [`Error::CsrfFailed`].
pub fn refuse_foreign(req: &Request<'_>, config: &Config) -> Result<()> {
    if source(req, config) == Source::Foreign { Err(Error::CsrfFailed) } else { Ok(()) }
}

/// Refuses a form unless one of our pages sent it. The form must carry a token as well. A page with
/// `Referrer-Policy: no-referrer` sends `Origin: null` (Fetch, 3.1) and, without TLS, no Fetch Metadata.
///
/// # Errors
/// [`Error::CsrfFailed`].
pub fn require_own_page(req: &Request<'_>, config: &Config) -> Result<()> {
    let silent = (one(req, "sec-fetch-site"), one(req, "origin")) == (None, Some("null"));
    // Origins that may use the API may not use our pages.
    let proven = silent || source_among(req, config, &[]) == Source::Ours;
    if proven { Ok(()) } else { Err(Error::CsrfFailed) }
}

/// The value of a header. If the header is sent twice, an empty text, which equals no origin.
fn one<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let mut values = req.headers().get(name);
    let first = values.next();
    if values.next().is_some() { Some("") } else { first }
}

fn source(req: &Request<'_>, config: &Config) -> Source {
    source_among(req, config, &config.cors.origins)
}

/// Where a request comes from. The origins `listed` count as ours.
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

/// During development, `localhost` and `127.0.0.1` count as one origin.
fn is_own_loopback(origin: &str, req: &Request<'_>) -> bool {
    let Some(host) = req.host() else { return false };
    let local = matches!(host.domain().as_str(), "localhost" | "127.0.0.1" | "[::1]");
    local && origin.strip_prefix("http://") == Some(host.to_string().as_str())
}
