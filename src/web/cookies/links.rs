//! Cookies that hold the token of a mailed link. The first request moves the token from the URL into the
//! cookie, so that pages that load other resources do not have it in their URL.
use super::{keep, value};
use crate::config::Config;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

/// The lifetime of the cookie in hours: that of links that grant access immediately.
const HOURS: i64 = 1;

/// A kind of link whose token is stored in a cookie.
#[derive(Clone, Copy, Debug)]
pub enum LinkCookie {
    Confirm,
    Login,
    Restore,
    Report,
    Reset,
    Invite,
    Setup,
}

impl LinkCookie {
    const fn purpose(self) -> &'static str {
        match self {
            Self::Confirm => "confirm",
            Self::Login => "login-link",
            Self::Restore => "restore",
            Self::Report => "report",
            Self::Reset => "reset",
            Self::Invite => "invite",
            Self::Setup => "setup",
        }
    }

    /// The cookie that stores `token`. An empty token removes the cookie.
    pub fn cookie(self, config: &Config, token: &str) -> String {
        // An invalid token is dropped: it may contain characters that are not allowed in a header.
        let token = Uuid::try_parse(token).map(|t| t.to_string()).unwrap_or_default();
        keep(config, self.purpose(), token, time::Duration::hours(HOURS))
    }
}

/// The token of a link that confirms an email address.
pub struct ConfirmToken<'r>(pub Option<&'r str>);

/// The token of a link that logs in.
pub struct LoginToken<'r>(pub Option<&'r str>);

/// The token of a link that undoes a change of email address.
pub struct RestoreToken<'r>(pub Option<&'r str>);

/// The token of a link that reports a login.
pub struct ReportToken<'r>(pub Option<&'r str>);

/// The token of a link that resets a password.
pub struct ResetToken<'r>(pub Option<&'r str>);

/// The token of an invitation.
pub struct InviteToken<'r>(pub Option<&'r str>);

/// The token of a link that creates the first superuser.
pub struct SetupToken<'r>(pub Option<&'r str>);

macro_rules! linked {
    ($guard:ident, $link:expr) => {
        #[rocket::async_trait]
        impl<'r> FromRequest<'r> for $guard<'r> {
            type Error = Infallible;

            async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
                Outcome::Success(Self(value(req, $link.purpose())))
            }
        }
    };
}
linked!(ConfirmToken, LinkCookie::Confirm);
linked!(LoginToken, LinkCookie::Login);
linked!(RestoreToken, LinkCookie::Restore);
linked!(ReportToken, LinkCookie::Report);
linked!(ResetToken, LinkCookie::Reset);
linked!(InviteToken, LinkCookie::Invite);
linked!(SetupToken, LinkCookie::Setup);
