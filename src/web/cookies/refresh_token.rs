//! The cookie that carries the refresh token.
use super::one;
use crate::{
    config::{self, Config},
    flows::RefreshToken,
    time::Timestamp,
};
use rocket::{Request, http::SameSite};

/// With the prefixes, browsers refuse a cookie of this name from a subdomain or without TLS.
fn name(config: &Config) -> &'static str {
    match (&config.cookie.domain, config.cookie.secure) {
        (_, false) => "portcullis",
        (None, true) => "__Host-portcullis",
        (Some(_), true) => "__Secure-portcullis",
    }
}

/// The refresh token in the cookie of a request.
pub fn read<'r>(req: &'r Request<'_>, config: &Config) -> Option<&'r str> {
    one(req, name(config))
}

/// A cookie that carries `token`.
pub fn cookie(config: &Config, token: &RefreshToken, now: Timestamp) -> String {
    let seconds = i64::try_from(now.until(token.expires_at).as_secs()).unwrap_or(i64::MAX);
    let age = token.remember.then(|| time::Duration::seconds(seconds));
    keep(config, token.token.clone(), age)
}

/// The cookie that removes the refresh token.
pub fn no_cookie(config: &Config) -> String {
    keep(config, String::new(), None)
}

fn keep(config: &Config, value: String, age: Option<time::Duration>) -> String {
    let mut cookie = super::cookie(config, name(config), value, age);
    cookie.set_same_site(match config.cookie.same_site {
        config::SameSite::Strict => SameSite::Strict,
        config::SameSite::Lax => SameSite::Lax,
        config::SameSite::None => SameSite::None,
    });
    if let Some(domain) = &config.cookie.domain {
        cookie.set_domain(domain.clone());
    }
    cookie.to_string()
}
