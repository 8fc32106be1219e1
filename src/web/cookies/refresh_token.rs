//! The cookie that carries the refresh token.
use super::one;
use crate::{
    config::{self, Config},
    flows::RefreshToken,
    time::Timestamp,
};
use rocket::{
    Request,
    http::{Cookie, SameSite},
};

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
    let mut cookie = bare(config, token.token.clone());
    if token.remember {
        let seconds = i64::try_from(now.until(token.expires_at).as_secs()).unwrap_or(i64::MAX);
        cookie.set_max_age(time::Duration::seconds(seconds));
    }
    cookie.to_string()
}

/// The cookie that removes the refresh token.
pub fn no_cookie(config: &Config) -> String {
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
