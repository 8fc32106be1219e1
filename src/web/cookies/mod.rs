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
use std::borrow::Cow;

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

/// A cookie that scripts cannot read. The browser stores it for `age`, or else until it is closed. An empty
/// value removes the cookie.
pub fn cookie(
    config: &Config,
    name: impl Into<Cow<'static, str>>,
    value: impl Into<Cow<'static, str>>,
    age: Option<time::Duration>,
) -> Cookie<'static> {
    let mut cookie = Cookie::build((name, value)).path("/").http_only(true).build();
    cookie.set_secure(config.cookie.secure);
    // With Strict, users who follow a link from another site, such as a mailed one, would lose it.
    cookie.set_same_site(SameSite::Lax);
    cookie.set_max_age(if cookie.value().is_empty() { Some(time::Duration::ZERO) } else { age });
    cookie
}

/// The cookie for `purpose`, which stores `value` for `age`. An empty value removes the cookie.
fn keep(config: &Config, purpose: &str, value: String, age: time::Duration) -> String {
    cookie(config, name(config, purpose), value, Some(age)).to_string()
}

/// The value of the cookie for `purpose`.
fn value<'r>(req: &'r Request<'_>, purpose: &str) -> Option<&'r str> {
    one(req, &name(req.rocket().state::<Auth>()?.config(), purpose))
}
