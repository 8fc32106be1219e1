//! The cookies that keep the token of a mailed link. The first request moves the token from the address
//! into the cookie, so that no page that loads something has it in its address.
use super::{keep, value};
use crate::config::Config;
use rocket::{
    Request,
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

/// In hours: as long as the links that give access at once are valid.
const HOURS: i64 = 1;

/// A link whose token is kept in a cookie.
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

    /// The cookie that keeps `token`. An empty token removes it.
    pub fn cookie(self, config: &Config, token: &str) -> String {
        // An invalid token is not kept: it may contain what a header must not.
        let token = Uuid::try_parse(token).map(|t| t.to_string()).unwrap_or_default();
        keep(config, self.purpose(), token, time::Duration::hours(HOURS))
    }
}

/// The token of a link that confirms an address.
pub struct ConfirmToken<'r>(pub Option<&'r str>);

/// The token of a link that undoes a change of address.
pub struct RestoreToken<'r>(pub Option<&'r str>);

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
linked!(RestoreToken, LinkCookie::Restore);
linked!(ResetToken, LinkCookie::Reset);
linked!(InviteToken, LinkCookie::Invite);
linked!(SetupToken, LinkCookie::Setup);
