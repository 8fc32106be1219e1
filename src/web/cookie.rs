//! The cookie that carries the refresh token (RFC 6265bis).
use super::headers::is_head;
use crate::{
    config::{self, Config},
    flows::{Auth, RefreshToken},
    time::Timestamp,
};
use rocket::{
    Request,
    http::{Cookie, SameSite},
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

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

/// So many bytes of cookies are read; of more, none.
const MOST: usize = 32 * 1024;

/// The value of a cookie; one that came twice is not ours to choose from.
pub fn one<'r>(req: &'r Request<'_>, name: &str) -> Option<&'r str> {
    if req.headers().get("cookie").map(str::len).sum::<usize>() > MOST {
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

/// Without the white space of HTTP (RFC 9110, 5.6.3). Any of Unicode's would make a name that browsers
/// do not protect, and that another subdomain may set, one of ours.
fn trimmed(text: &str) -> &str {
    text.trim_matches([' ', '\t'])
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

/// In days; as long as the link that confirms an address works.
const REGISTRANT: i64 = 3;
/// In hours; as long as the links work that give somebody a way in at once.
const LINK: i64 = 1;

/// A cookie of ours that is no refresh token, by what it is for.
fn own(config: &Config, purpose: &str) -> String {
    let prefix = if config.cookie.secure { "__Host-" } else { "" };
    format!("{prefix}portcullis-{purpose}")
}

fn keep(config: &Config, purpose: &str, value: String, age: time::Duration) -> String {
    let age = if value.is_empty() { time::Duration::ZERO } else { age };
    // Lax: mailed links are followed from another site.
    Cookie::build((own(config, purpose), value))
        .path("/")
        .http_only(true)
        .secure(config.cookie.secure)
        .same_site(SameSite::Lax)
        .max_age(age)
        .to_string()
}

/// What tells the browser that registered.
pub fn registrant(config: &Config, mark: String) -> String {
    keep(config, "registrant", mark, time::Duration::days(REGISTRANT))
}

/// A link whose token goes into a cookie before anything is shown, so that it stands in no address from
/// which something is loaded.
#[derive(Clone, Copy, Debug)]
pub enum LinkCookie {
    Confirm,
    Restore,
    Reset,
    Invite,
    Setup,
}

impl LinkCookie {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Restore => "restore",
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::Setup => "setup",
        }
    }

    /// Keeps the token of a link; an empty one is forgotten.
    pub fn cookie(self, config: &Config, token: &str) -> String {
        // What is no token is not worth keeping, and might not be fit for a header.
        let token = Uuid::try_parse(token).map(|t| t.to_string()).unwrap_or_default();
        keep(config, self.purpose(), token, time::Duration::hours(LINK))
    }
}

/// The mark of the browser that registered, if somebody opens the page there: what is fetched in advance,
/// looked at (`HEAD`) or a part of another page is not opened.
pub struct Registrant<'r>(pub Option<&'r str>);

/// The same of whatever request: one that does something is sent on purpose.
pub struct Mark<'r>(pub Option<&'r str>);

/// The token of a link that confirms an address.
pub struct ConfirmToken<'r>(pub Option<&'r str>);

/// The token of a link that takes a change of address back.
pub struct RestoreToken<'r>(pub Option<&'r str>);

/// The token of a link that resets a password.
pub struct ResetToken<'r>(pub Option<&'r str>);

/// The token of an invitation.
pub struct InviteToken<'r>(pub Option<&'r str>);

/// The token of a link with which the first superuser is made.
pub struct SetupToken<'r>(pub Option<&'r str>);

fn brought<'r>(req: &'r Request<'_>, purpose: &str) -> Option<&'r str> {
    one(req, &own(req.rocket().state::<Auth>()?.config(), purpose))
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Registrant<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let early = ["sec-purpose", "purpose", "x-purpose", "x-moz"]
            .iter()
            .any(|name| req.headers().contains(name));
        let part = req.headers().get("sec-fetch-dest").any(|dest| dest != "document");
        let opened = !early && !part && !is_head(req);
        Outcome::Success(Self(brought(req, "registrant").filter(|_| opened)))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Mark<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        Outcome::Success(Self(brought(req, "registrant")))
    }
}

macro_rules! linked {
    ($guard:ident, $link:expr) => {
        #[rocket::async_trait]
        impl<'r> FromRequest<'r> for $guard<'r> {
            type Error = Infallible;

            async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
                Outcome::Success(Self(brought(req, $link.purpose())))
            }
        }
    };
}
linked!(ConfirmToken, LinkCookie::Confirm);
linked!(RestoreToken, LinkCookie::Restore);
linked!(ResetToken, LinkCookie::Reset);
linked!(InviteToken, LinkCookie::Invite);
linked!(SetupToken, LinkCookie::Setup);
