//! Replies in JSON, with tokens in headers where the surface sends them there. They are never cached.
use super::flash::Notice;
use crate::{
    flows::{Auth, Tokens},
    web::cookies::{device, refresh_token},
};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;

/// A status, a body and headers.
pub struct Reply<T> {
    status: Status,
    body: Option<T>,
    headers: Vec<(&'static str, String)>,
}

impl<T> Reply<T> {
    /// 200 with `body`.
    pub const fn ok(body: T) -> Self {
        Self::with(Status::Ok, body)
    }

    /// `status` with `body`.
    pub const fn with(status: Status, body: T) -> Self {
        Self { status, body: Some(body), headers: Vec::new() }
    }

    /// This reply, with a body.
    #[must_use]
    pub fn body<B>(self, body: B) -> Reply<B> {
        Reply { status: self.status, body: Some(body), headers: self.headers }
    }

    #[must_use]
    /// This reply, with another header. Headers of the same name are kept.
    pub fn header(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// This reply, with the access token in a header, and the refresh token, if there is a new one, in the
    /// cookie.
    #[must_use]
    pub fn with_tokens(self, auth: &Auth, tokens: &Tokens) -> Self {
        self.header("Authorization", format!("Bearer {}", tokens.access))
            .with_refresh_cookie(auth, tokens)
    }

    /// This reply, with the refresh token, if there is a new one, in the cookie, and after a login with the
    /// cookie of a known device.
    #[must_use]
    pub fn with_refresh_cookie(self, auth: &Auth, tokens: &Tokens) -> Self {
        let reply = match &tokens.refresh {
            Some(token) => {
                let cookie = refresh_token::cookie(auth.config(), token, auth.clock().now());
                self.header("Set-Cookie", cookie)
            }
            None => self,
        };
        reply.with_device_cookie(auth, tokens.device.clone())
    }

    /// This reply, with the cookie of a known device.
    #[must_use]
    pub fn with_device_cookie(self, auth: &Auth, device: Option<String>) -> Self {
        match device {
            Some(device) => self.header("Set-Cookie", device::cookie(auth.config(), device)),
            None => self,
        }
    }

    /// This reply, with a notice for the next page.
    #[must_use]
    pub fn with_notice(self, auth: &Auth, notice: Notice) -> Self {
        self.header("Set-Cookie", notice.cookie(auth))
    }

    /// This reply, with a header that removes the cookie of the refresh token.
    #[must_use]
    pub fn without_refresh_cookie(self, auth: &Auth) -> Self {
        self.header("Set-Cookie", refresh_token::no_cookie(auth.config()))
    }
}

impl Reply<()> {
    /// A redirect to `place`: 303.
    pub fn see(place: impl Into<String>) -> Self {
        Self::without_body(Status::SeeOther).header("Location", place)
    }

    /// 204 without a body.
    pub const fn empty() -> Self {
        Self::without_body(Status::NoContent)
    }

    /// 200 without a body.
    pub const fn bare() -> Self {
        Self::without_body(Status::Ok)
    }

    /// `status` without a body.
    pub const fn without_body(status: Status) -> Self {
        Self { status, body: None, headers: Vec::new() }
    }
}

impl<'r, T: Serialize> Responder<'r, 'static> for Reply<T> {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let mut response = Response::build().status(self.status).finalize();
        if let Some(body) = &self.body {
            let json = serde_json::to_string(body).map_err(|_| Status::InternalServerError)?;
            response = Response::build_from(json.respond_to(req)?)
                .status(self.status)
                .header(ContentType::JSON)
                .finalize();
        }
        response.set_raw_header("Cache-Control", "no-store");
        for (name, value) in self.headers {
            response.adjoin_raw_header(name, value);
        }
        Ok(response)
    }
}
