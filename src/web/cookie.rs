//! The cookie that carries the refresh token (RFC 6265bis).
use crate::{
    config::{self, Config},
    flows::RefreshToken,
    time::Timestamp,
};
use rocket::{
    Request,
    http::{Cookie, SameSite},
};

/// Prefixes make browsers refuse a cookie of that name from a subdomain or without TLS.
fn name(config: &Config) -> &'static str {
    match (&config.cookie.domain, config.cookie.secure) {
        (_, false) => "portcullis",
        (None, true) => "__Host-portcullis",
        (Some(_), true) => "__Secure-portcullis",
    }
}

/// The refresh token that came in our cookie.
pub fn read<'r>(req: &'r Request<'_>, config: &Config) -> Option<&'r str> {
    one(req, name(config))
}

/// The value of a cookie; one that came twice is not ours to choose from.
pub fn one<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    let mut named = req
        .headers()
        .get("cookie")
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(n, _)| n.trim() == name)
        .map(|(_, value)| value.trim());
    let value = named.next().filter(|value| !value.is_empty())?;
    if named.next().is_some() { None } else { Some(value) }
}

/// A cookie that carries `token`.
pub fn carry(config: &Config, token: &RefreshToken, now: Timestamp) -> String {
    let mut cookie = bare(config, token.token.clone());
    if token.remember {
        let seconds = i64::try_from(now.until(token.expires_at).as_secs()).unwrap_or(i64::MAX);
        cookie.set_max_age(time::Duration::seconds(seconds));
    }
    cookie.to_string()
}

/// What makes a browser forget the cookie.
pub fn clear(config: &Config) -> String {
    let mut cookie = bare(config, String::new());
    cookie.set_max_age(time::Duration::ZERO);
    cookie.to_string()
}

fn bare(config: &Config, value: String) -> Cookie<'static> {
    let mut cookie = Cookie::build((name(config), value)).path("/").http_only(true).build();
    cookie.set_secure(config.cookie.secure);
    cookie.set_same_site(match config.cookie.same_site {
        config::SameSite::Strict => SameSite::Strict,
        config::SameSite::Lax => SameSite::Lax,
        config::SameSite::None => SameSite::None,
    });
    if let Some(domain) = &config.cookie.domain {
        cookie.set_domain(domain.clone());
    }
    cookie
}
