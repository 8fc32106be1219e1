//! Cookies that hold the token of a mailed link. The first request moves the token from the URL into the
//! cookie, so that pages that load other resources do not have it in their URL.
use super::{keep, value};
use crate::config::Config;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::{collections::HashMap, convert::Infallible};
use strum::IntoEnumIterator as _;
use uuid::Uuid;

/// The lifetime of the cookie in hours: that of links that grant access immediately.
const HOURS: i64 = 1;

/// A kind of link whose token is stored in a cookie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, strum::EnumIter, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum LinkCookie {
    /// Confirms an email address.
    Confirm,
    /// Logs in. The cookie of the request for the mail has the plain name.
    #[strum(serialize = "login-link")]
    Login,
    /// Undoes a change of email address.
    Restore,
    /// Reports a login.
    Report,
    /// Resets a password.
    Reset,
    /// Accepts an invitation.
    Invite,
    /// Creates the first superuser.
    Setup,
}

impl LinkCookie {
    /// The cookie that stores `token`. An empty token removes the cookie.
    pub fn cookie(self, config: &Config, token: &str) -> String {
        // An invalid token is dropped: it may contain characters that are not allowed in a header.
        let token = Uuid::try_parse(token).map(|t| t.to_string()).unwrap_or_default();
        keep(config, self.into(), token, time::Duration::hours(HOURS))
    }
}

/// The tokens of links in the cookies of a request.
pub struct LinkTokens<'r>(HashMap<LinkCookie, &'r str>);

impl<'r> LinkTokens<'r> {
    /// The token of the link `link`.
    pub fn get(&self, link: LinkCookie) -> Option<&'r str> {
        self.0.get(&link).copied()
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for LinkTokens<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let token = |link: LinkCookie| Some((link, value(req, link.into())?));
        Outcome::Success(Self(LinkCookie::iter().filter_map(token).collect()))
    }
}
