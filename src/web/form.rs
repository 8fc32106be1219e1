//! The token in HTML forms: the same random value in a cookie and in the form, which no other site can
//! read or set (OWASP CSRF Prevention, double submit, with the `__Host-` prefix).
use super::{cookie, csrf};
use crate::{
    config::Config,
    flows::{Auth, Error, Result},
};
use rocket::{
    Request,
    http::{Cookie, SameSite, Status},
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;
use uuid::Uuid;

fn name(config: &Config) -> &'static str {
    if config.cookie.secure { "__Host-portcullis-form" } else { "portcullis-form" }
}

/// The token for the forms of a page; sets the cookie if there is none.
pub struct FormToken(pub String);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for FormToken {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let Some(auth) = req.rocket().state::<Auth>() else {
            return Outcome::Success(Self(String::new()));
        };
        let name = name(auth.config());
        let known = cookie::one(req, name).filter(|v| Uuid::try_parse(v).is_ok());
        let token = known.map_or_else(
            || {
                let token = Uuid::new_v4().to_string();
                let cookie = Cookie::build((name, token.clone()))
                    .path("/")
                    .http_only(true)
                    .secure(auth.config().cookie.secure)
                    .same_site(SameSite::Strict);
                req.cookies().add(cookie);
                token
            },
            str::to_owned,
        );
        Outcome::Success(Self(token))
    }
}

/// A form that was sent by a page of ours, as far as the request's headers and cookie show; its token
/// is still to be compared.
pub struct OwnForm(String);

impl OwnForm {
    /// # Errors
    /// `CsrfFailed` if the form's token is not the cookie's.
    pub fn check(&self, token: &str) -> Result<()> {
        let same =
            aws_lc_rs::constant_time::verify_slices_are_equal(self.0.as_bytes(), token.as_bytes());
        same.map_err(|_| Error::CsrfFailed)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for OwnForm {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        let own = || {
            let auth = req.rocket().state::<Auth>()?;
            csrf::refuse_foreign_form(req, auth.config()).ok()?;
            let token = cookie::one(req, name(auth.config()))?;
            Uuid::try_parse(token).ok().map(|_| Self(token.to_owned()))
        };
        match own() {
            Some(own) => Outcome::Success(own),
            None => Outcome::Error((Status::Forbidden, Error::CsrfFailed)),
        }
    }
}
