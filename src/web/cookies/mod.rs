//! Our cookies (RFC 6265bis), and how they are read.
pub mod device;
pub mod links;
pub mod mail_login;
pub mod refresh_token;
pub mod registration;

use crate::{config::Config, flows::Auth};
use rocket::{
    Request,
    http::{Cookie, SameSite},
};

/// The largest total size of cookies in bytes. If a request has more, none is read.
const MAX_COOKIE_BYTES: usize = 32 * 1024;

/// The value of the cookie `name`. A cookie that is sent twice is ignored: either value could be the wrong
/// one.
pub fn one<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    if req.headers().get("cookie").map(str::len).sum::<usize>() > MAX_COOKIE_BYTES {
        return None;
    }
    let mut named = req
        .headers()
        .get("cookie")
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.split_once('='))
        .filter(|(n, _)| trimmed(n) == name)
        .map(|(_, value)| trimmed(value));
    let value = named.next().filter(|value| !value.is_empty())?;
    if named.next().is_some() { None } else { Some(value) }
}

/// Trims the white space of HTTP only (RFC 9110, 5.6.3). Trimming that of Unicode as well would accept names
/// that only look like ours: browsers do not protect such names, and another subdomain may set them.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
}

/// The name of a cookie for `purpose`.
fn name(config: &Config, purpose: &str) -> String {
    let prefix = if config.cookie.secure { "__Host-" } else { "" };
    format!("{prefix}portcullis-{purpose}")
}

/// A cookie that stores `value` for `age`. An empty value removes the cookie.
fn keep(config: &Config, purpose: &str, value: String, age: time::Duration) -> String {
    let age = if value.is_empty() { time::Duration::ZERO } else { age };
    // Lax, because users follow mailed links from another site.
    Cookie::build((name(config, purpose), value))
        .path("/")
        .http_only(true)
        .secure(config.cookie.secure)
        .same_site(SameSite::Lax)
        .max_age(age)
        .to_string()
}

/// The value of the cookie for `purpose`.
fn value<'r>(req: &'r Request<'_>, purpose: &str) -> Option<&'r str> {
    one(req, &name(req.rocket().state::<Auth>()?.config(), purpose))
}
