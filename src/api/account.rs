//! Registration, and what users do to their own account.
use super::views::{Detail, UserView};
use crate::{
    field_error::FieldError,
    flows::{AccountProof, Auth, Error, NewAccount, ProfileChange, Registered},
    view,
    web::{
        self,
        cookies::registration::{self, Mark},
        guards::{NotForeign, SignedIn},
        reply::{json::Reply, problem::Problem},
        request::{body::JsonBody, caller::Client},
    },
};
use rocket::{Either, State, delete, get, http::Status, patch, post};
use serde::Deserialize;
use utoipa::ToSchema;

type Answer<T> = Result<Reply<T>, Problem>;
type Signed = web::Result<SignedIn>;
type Sent = web::Result<JsonBody>;

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
#[expect(dead_code, reason = "for the documentation")]
pub struct Registration {
    email: String,
    /// 8 characters or more (`password.min_length`), 256 at most; own names and what is common, leaked or
    /// guessable are refused.
    password: String,
    username: Option<String>,
    first_name: Option<String>,
    invite: Option<String>,
}

/// Registers a user and mails a link that confirms the address; a cookie lets the same browser confirm by the link
/// alone
#[utoipa::path(post, path = "/auth/register", tag = "account", request_body = Registration,
    responses((status = 201, body = UserView), (status = 202, body = Detail)))]
#[post("/auth/register", data = "<body>")]
pub async fn register(
    auth: &State<Auth>,
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    body: Sent,
) -> Result<Either<Reply<UserView>, Reply<Detail>>, Problem> {
    // The browser is known by the registration from now on, so no other site may make it register.
    ours?;
    let body = body?;
    let (new, wrong) = body.look(|f| NewAccount {
        email: f.text("email"),
        password: f.text("password"),
        username: f.optional("username"),
        first_name: f.optional("first_name"),
        invite: f.optional("invite"),
    });
    if !wrong.is_empty() {
        return Err(auth.refuse_registration(new, wrong).await.into());
    }
    let done = auth.register(&client, new).await?;
    let mark = registration::cookie(auth.config(), auth.browser_mark(&done)?);
    Ok(match done {
        Registered::Created(user) => {
            Either::Left(Reply::with(Status::Created, user.into()).header("Set-Cookie", mark))
        }
        Registered::Pending(_) => Either::Right(check_mail(client).header("Set-Cookie", mark)),
    })
}

/// Who is signed in
#[utoipa::path(get, path = "/auth/me", tag = "account", security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = UserView)))]
#[get("/auth/me")]
pub fn me(by: Signed) -> Answer<UserView> {
    Ok(Reply::ok(by?.0.user.into()))
}

#[derive(Deserialize, ToSchema)]
#[schema(example = json!({"first_name": "Ann", "language": "en"}))]
#[expect(dead_code, reason = "for the documentation")]
pub struct ProfileBody {
    /// Null removes it.
    username: Option<String>,
    first_name: Option<String>,
    /// `en` or `ru`; null: the service's own.
    language: Option<String>,
}

/// Changes the profile; a field that is not there stays as it is
#[utoipa::path(patch, path = "/auth/me", tag = "account", request_body = ProfileBody,
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = UserView)))]
#[patch("/auth/me", data = "<body>")]
pub async fn change_me(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Sent,
) -> Answer<UserView> {
    let (by, body) = (by?.0, body?);
    let change = body.read(|f| ProfileChange {
        username: f.nullable("username"),
        first_name: f.nullable("first_name").map(Option::unwrap_or_default),
        language: f.nullable("language"),
    })?;
    Ok(Reply::ok(auth.change_profile(&client, &by, change).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Proof {
    password: String,
}

/// Deletes the account and all that is stored of it
#[utoipa::path(delete, path = "/auth/me", tag = "account", request_body = Proof,
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[delete("/auth/me", data = "<body>")]
pub async fn delete_me(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Sent,
) -> Answer<()> {
    let (by, body) = (by?.0, body?);
    let password = body.read(|f| f.text("password"))?;
    auth.delete_account(&client, &by, password).await?;
    Ok(Reply::empty().forgetting(auth))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct PasswordChange {
    current_password: String,
    /// As in registration.
    new_password: String,
}

/// Changes the password and ends every other session
#[utoipa::path(post, path = "/auth/password", tag = "account", request_body = PasswordChange,
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[post("/auth/password", data = "<body>")]
pub async fn change_password(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Sent,
) -> Answer<()> {
    let (by, body) = (by?.0, body?);
    let (current, new) = body.read(|f| (f.text("current_password"), f.text("new_password")))?;
    auth.change_password(&client, &by, current, new).await?;
    Ok(Reply::empty())
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct EmailBody {
    email: String,
}

/// Mails a link that resets the password; the answer is the same for any address
#[utoipa::path(post, path = "/auth/password/forgot", tag = "account", request_body = EmailBody,
    responses((status = 202, body = Detail)))]
#[post("/auth/password/forgot", data = "<body>")]
pub async fn forgot_password(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<Detail> {
    let body = body?;
    auth.forgot_password(&client, body.read(|f| f.text("email"))?).await?;
    Ok(check_mail(client))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Reset {
    /// From the mailed link, one that confirms an address too.
    token: String,
    /// As in registration.
    new_password: String,
}

/// Sets a new password by a mailed token and ends every session
#[utoipa::path(post, path = "/auth/password/reset", tag = "account", request_body = Reset,
    responses((status = 204)))]
#[post("/auth/password/reset", data = "<body>")]
pub async fn reset_password(auth: &State<Auth>, client: Client<'_>, body: Sent) -> Answer<()> {
    let body = body?;
    let (token, new) = body.read(|f| (f.text("token"), f.text("new_password")))?;
    auth.reset_password(&client, token, new).await?;
    Ok(Reply::empty())
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct EmailChange {
    email: String,
    password: String,
}

/// Mails a link to a new address that makes it the account's own, and a notice to the old one
#[utoipa::path(post, path = "/auth/email", tag = "account", request_body = EmailChange,
    security(("access" = []), ("cookie" = [])),
    responses((status = 202, body = Detail)))]
#[post("/auth/email", data = "<body>")]
pub async fn change_email(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    body: Sent,
) -> Answer<Detail> {
    let (by, body) = (by?.0, body?);
    let (email, password) = body.read(|f| (f.text("email"), f.text("password")))?;
    auth.change_email(&client, &by, email, password).await?;
    Ok(check_mail(client))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct Confirming {
    /// From the mailed link.
    token: Option<String>,
    /// Of the account, unless the request comes in a session of it or from the browser that registered.
    password: Option<String>,
    /// The six digits of the newest mail, in the place of the token, in a session of the account.
    code: Option<String>,
}

/// Confirms an address by a mailed token and a sign that the account is one's own (a session, the password, or the
/// browser that registered), or by a mailed code in a session; ends no session
#[utoipa::path(post, path = "/auth/email/confirm", tag = "account", request_body = Confirming,
    security((), ("access" = []), ("cookie" = [])),
    responses((status = 200, body = UserView)))]
#[post("/auth/email/confirm", data = "<body>")]
pub async fn confirm_email(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
    mark: Mark<'_>,
    body: Sent,
) -> Answer<UserView> {
    let body = body?;
    let (token, password, code) =
        body.read(|f| (f.optional("token"), f.optional("password"), f.optional("code")))?;
    let user = match (token, code) {
        (Some(token), None) => {
            let by = by.ok().map(|by| by.0);
            let proof = AccountProof { session: by.as_ref(), mark: mark.0, password };
            auth.confirm_email(&client, token, proof).await?
        }
        (None, Some(code)) => auth.confirm_by_code(&client, &by?.0, code).await?,
        _ => return Err(Error::field("token", FieldError::Missing).into()),
    };
    Ok(Reply::ok(user.into()))
}

/// Mails the link that confirms the address again
#[utoipa::path(post, path = "/auth/email/resend", tag = "account",
    security(("access" = []), ("cookie" = [])),
    responses((status = 202, body = Detail)))]
#[post("/auth/email/resend")]
pub async fn resend_confirmation(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Signed,
) -> Answer<Detail> {
    auth.resend_confirmation(&client, &by?.0).await?;
    Ok(check_mail(client))
}

fn check_mail(client: Client<'_>) -> Reply<Detail> {
    let detail = view::text(client.language, "detail-check-mail", &[]);
    Reply::with(Status::Accepted, Detail { detail })
}
