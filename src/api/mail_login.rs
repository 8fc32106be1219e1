//! Login by mail, if `login_by_mail` is set.
use super::{SURFACE, sessions::token_reply, views::TokenView};
use crate::{
    flows::MAIL_LOGIN_LIFETIME,
    web::{self, Client, Endpoints, Json, NotForeign, Problem, Reply, endpoints, request_body},
};
use rocket::{http::Status, post};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

type Answer<T> = Result<Reply<T>, Problem>;

/// The two steps of a login by mail.
pub fn endpoints() -> Endpoints {
    endpoints!["sessions", request, confirm]
}

request_body! {
    #[schema(example = json!({"email": "ann@example.com"}))]
    pub struct MailLoginRequest {
        email: String,
    }
}

/// The reply to a request for a mail.
#[derive(Serialize, ToSchema)]
pub struct MailLoginTicket {
    /// Belongs to the code in the mail. Keep it in the program that requested the mail.
    ticket: Uuid,
    /// How long the code is valid, in seconds.
    expires_in: u64,
}

/// Mails a link and a code of six digits that log in. The response is the same for known and unknown addresses
#[utoipa::path(security(()), responses((status = 202, body = MailLoginTicket), (status = 429)))]
#[post("/auth/login/mail", data = "<body>")]
pub async fn request(client: Client<'_>, body: Json<MailLoginRequest>) -> Answer<MailLoginTicket> {
    let body = body.valid()?;
    let ticket = client.auth.request_mail_login(&client, &body.email).await?;
    let expires_in = MAIL_LOGIN_LIFETIME.as_secs();
    Ok(Reply::with(Status::Accepted, MailLoginTicket { ticket, expires_in }))
}

request_body! {
    pub struct MailLoginCode {
        /// From the reply to the request of the mail.
        ticket: String,
        /// The six digits in the mail. Five may be tried.
        code: String,
        /// Whether the cookie outlives the browser; true by default.
        remember: Option<bool>,
    }
}

/// Logs in with the code in a mail and opens a session
#[utoipa::path(security(()), responses((status = 200, body = TokenView), (status = 429)))]
#[post("/auth/login/mail/confirm", data = "<body>")]
pub async fn confirm(
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    body: Json<MailLoginCode>,
) -> Answer<TokenView> {
    ours?;
    let body = body.valid()?;
    let (proof, remember) = ((&*body.ticket, &*body.code), body.remember.unwrap_or(true));
    let tokens = client.auth.log_in_by_code(&client, &SURFACE, proof, remember).await?;
    Ok(token_reply(client.auth, tokens))
}
