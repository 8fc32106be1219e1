//! Who asks: the client's address, seen through trusted proxies only, its program, its language, and
//! whether it shows pages.
use crate::{
    config::{Config, Language},
    flows::{Auth, Caller},
    web::cookie,
};
use rocket::{
    Request,
    http::{Accept, Cookie, MediaType, SameSite, uncased::UncasedStr},
    request::{FromRequest, Outcome},
};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
    sync::OnceLock,
};
use uuid::Uuid;

/// In characters.
const LONGEST_AGENT: usize = 300;

/// In bytes. Rocket's parser copies the whole header for each entry, so its cost grows with the square
/// of the length.
const LONGEST_ACCEPT: usize = 1024;

/// In bytes.
const LONGEST_LANGUAGES: usize = 1024;

/// So many entries of `X-Forwarded-For` are looked at, from the right.
const MOST_HOPS: usize = 32;

/// The caller of a request, worked out once.
pub fn caller<'r>(req: &'r Request<'_>) -> &'r Caller {
    req.local_cache(|| {
        let config = req.rocket().state::<Auth>().map(Auth::config);
        Caller {
            ip: config.and_then(|c| address(req, c)),
            user_agent: req.headers().get_one("user-agent").map(printable),
            language: chosen(req)
                .or_else(|| accepted(req))
                .unwrap_or_else(|| config.map(|c| c.language).unwrap_or_default()),
            request_id: Uuid::new_v4().simple().to_string(),
        }
    })
}

/// [`Caller`] as an argument of handlers.
#[derive(Clone, Copy)]
pub struct Client<'r>(pub &'r Caller);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Client<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Client(caller(req)))
    }
}

impl std::ops::Deref for Client<'_> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        self.0
    }
}

/// The peer, or, if that is a proxy we trust, the nearest address before it that is none.
fn address(req: &Request<'_>, config: &Config) -> Option<IpAddr> {
    let trusted = |ip: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(&ip));
    let peer = req.remote()?.ip().to_canonical();
    let mut nearest = peer;
    let lines: Vec<_> = req.headers().get("x-forwarded-for").collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')).take(MOST_HOPS) {
        if !trusted(nearest) {
            break;
        }
        let Some(ip) = hop_address(hop.trim()) else { break };
        nearest = ip.to_canonical();
    }
    Some(nearest)
}

/// The address of a hop; some proxies write it with a port, as RFC 7239 (6) does.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.parse::<IpAddr>().ok();
    let in_brackets = || hop.strip_prefix('[').and_then(|h| h.strip_suffix(']')).and_then(bare);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|a| a.ip());
    bare(hop).or_else(in_brackets).or_else(with_port)
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect()
}

/// Holds the language that a browser has chosen.
const COOKIE: &str = "portcullis-lang";

/// The language of a reply: that of `?lang`, of the cookie, of the user who is signed in, or of the
/// browser.
pub fn language(req: &Request<'_>) -> Language {
    let users = || req.local_cache(OnceLock::<Language>::new).get().copied();
    chosen(req).or_else(users).unwrap_or_else(|| caller(req).language)
}

/// Keeps the language of the user of a request.
pub fn keep_language(req: &Request<'_>, tag: Option<&str>) {
    if let Some(language) = tag.and_then(Language::from_tag) {
        let _ = req.local_cache(OnceLock::new).set(language);
    }
}

fn asked(req: &Request<'_>) -> Option<Language> {
    req.query_value::<&str>("lang").and_then(Result::ok).and_then(Language::from_tag)
}

fn chosen(req: &Request<'_>) -> Option<Language> {
    asked(req).or_else(|| cookie::one(req, COOKIE).and_then(Language::from_tag))
}

/// The language of the reader, as an argument of handlers; after the guard that knows the user.
#[derive(Clone, Copy)]
pub struct Reading(pub Language);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reading {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(language(req)))
    }
}

/// Lets the browser keep the language that `?lang` asks for.
pub fn choose_language(req: &Request<'_>) {
    if let (Some(language), Some(auth)) = (asked(req), req.rocket().state::<Auth>()) {
        req.cookies().add(language_cookie(auth, language));
    }
}

/// What makes a browser keep a language, for a year.
pub fn language_cookie(auth: &Auth, language: Language) -> Cookie<'static> {
    Cookie::build((COOKIE, language.tag()))
        .path("/")
        .http_only(true)
        .secure(auth.config().cookie.secure)
        .same_site(SameSite::Lax)
        .max_age(time::Duration::days(365))
        .build()
}

/// What makes a browser forget the language that it keeps.
pub fn no_language_cookie(auth: &Auth) -> Cookie<'static> {
    let mut cookie = language_cookie(auth, Language::default());
    cookie.set_value("");
    cookie.set_max_age(time::Duration::ZERO);
    cookie
}

/// The best of our languages by `Accept-Language` (RFC 9110, 12.5.4).
fn accepted(req: &Request<'_>) -> Option<Language> {
    let header = req.headers().get_one("accept-language").unwrap_or_default();
    let header = if header.len() > LONGEST_LANGUAGES { "" } else { header };
    let weighed = header.split(',').take(16).filter_map(|range| {
        let (tag, rest) = range.split_once(';').unwrap_or((range, ""));
        let q = match rest.trim().strip_prefix("q=") {
            Some(q) => q.parse::<f32>().ok()?,
            None => 1.0,
        };
        Some((Language::from_tag(tag)?, q)).filter(|(_, q)| *q > 0.0)
    });
    // The first of equals.
    weighed
        .fold(None, |best: Option<(Language, f32)>, new| {
            best.filter(|(_, q)| *q >= new.1).or(Some(new))
        })
        .map(|(language, _)| language)
}

/// Whether the `Accept` of a request is longer than anybody needs.
pub fn has_long_accept(req: &Request<'_>) -> bool {
    req.headers().get("accept").map(str::len).sum::<usize>() > LONGEST_ACCEPT
}

/// The media types that are accepted; a header that is too long counts as `*/*`, unread.
fn accept<'r>(req: &'r Request<'_>) -> Option<&'r Accept> {
    if has_long_accept(req) { None } else { req.accept() }
}

/// Whether a table is asked for as CSV.
pub struct WantsCsv(pub bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WantsCsv {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let csv = accept(req).is_some_and(|a| a.preferred().media_type() == &MediaType::CSV);
        Outcome::Success(Self(csv))
    }
}

/// Browsers would rather have HTML than JSON; programs JSON, or anything (RFC 9110, 12.5.1).
pub fn wants_page(req: &Request<'_>) -> bool {
    accept(req)
        .is_some_and(|accept| quality(accept, &MediaType::HTML) > quality(accept, &MediaType::JSON))
}

/// How much a type is wanted: the narrowest range that covers it tells.
fn quality(accept: &Accept, wanted: &MediaType) -> f32 {
    let covers = |range: &str, own: &UncasedStr| range == "*" || own == range;
    let ranges = accept.iter().filter(|range| {
        covers(range.top().as_str(), wanted.top()) && covers(range.sub().as_str(), wanted.sub())
    });
    ranges.max_by_key(|range| range.specificity()).map_or(0.0, |range| range.weight_or(1.0))
}
