//! Registration, and what users do to their own account.
use super::views::{Detail, UserView};
use crate::{
    field_error::FieldError,
    flows::{AccountProof, Caller, Error, NewAccount, ProfileChange, Registered},
    view,
    web::{
        self, Client, Endpoints, Json, Mark, NotForeign, Problem, Reply, UserContext,
        cookies::registration, endpoints, request_body,
    },
};
use rocket::{Either, delete, get, http::Status, patch, post};

type Answer<T> = Result<Reply<T>, Problem>;
type Signed<'r> = web::Result<UserContext<'r>>;

/// Registration, and the operations of users on their own account.
pub fn endpoints() -> Endpoints {
    endpoints![
        "account",
        register,
        me,
        change_me,
        delete_me,
        change_password,
        forgot_password,
        reset_password,
        change_email,
        confirm_email,
        resend_confirmation,
    ]
}

request_body! {
    #[schema(example = json!({"email": "ann@example.com", "password": "correct horse battery staple"}))]
    pub struct Registration {
        email: String,
        /// At least 8 characters (`password.min_length`), at most 256. The own name and address, and common, leaked or
        /// guessable passwords are refused.
        password: String,
        username: Option<String>,
        first_name: Option<String>,
        invite: Option<String>,
    }
}

/// Registers a user and mails a link that confirms the address. A cookie lets the same browser confirm with the link
/// alone
#[utoipa::path(
    security(()), responses((status = 201, body = UserView), (status = 202, body = Detail), (status = 429))
)]
#[post("/auth/register", data = "<body>")]
pub async fn register(
    client: Client<'_>,
    ours: web::Result<NotForeign>,
    body: Json<Registration>,
) -> Result<Either<Reply<UserView>, Reply<Detail>>, Problem> {
    // The reply stores a cookie with which this browser can confirm the email address without a password, so
    // no other site may cause a registration.
    ours?;
    let (body, wrong) = body.lenient()?;
    let new = NewAccount {
        email: &body.email,
        password: &body.password,
        username: body.username.as_deref(),
        first_name: body.first_name.as_deref(),
        invite: body.invite.as_deref(),
    };
    if !wrong.is_empty() {
        return Err(client.auth.refuse_registration(&client, new, wrong).await.into());
    }
    let done = client.auth.register(&client, new).await?;
    let mark = registration::cookie(client.auth.config(), client.auth.browser_mark(&done)?);
    Ok(match done {
        Registered::Created(user) => {
            Either::Left(Reply::with(Status::Created, user.into()).header("Set-Cookie", mark))
        }
        Registered::Pending(_) => Either::Right(check_mail(&client).header("Set-Cookie", mark)),
    })
}

/// Returns the current user
#[utoipa::path(responses((status = 200, body = UserView)))]
#[get("/auth/me")]
pub fn me(me: Signed<'_>) -> Answer<UserView> {
    Ok(Reply::ok(me?.by.user.into()))
}

request_body! {
    #[schema(example = json!({"first_name": "Ann", "language": "en"}))]
    pub struct ProfileBody {
        /// Null removes the value.
        username: Option<Option<String>>,
        first_name: Option<Option<String>>,
        /// `en` or `ru`; null for the default language of the service.
        language: Option<Option<String>>,
        /// Whether logins from new devices are mailed to the user.
        notify_new_devices: Option<bool>,
    }
}

/// Changes the profile. Missing fields keep their values
#[utoipa::path(responses((status = 200, body = UserView)))]
#[patch("/auth/me", data = "<body>")]
pub async fn change_me(me: Signed<'_>, body: Json<ProfileBody>) -> Answer<UserView> {
    let (me, body) = (me?, body.valid()?);
    let change = ProfileChange {
        username: body.username.as_ref().map(Option::as_deref),
        first_name: body.first_name.as_ref().map(|name| name.as_deref().unwrap_or_default()),
        language: body.language.as_ref().map(Option::as_deref),
        notify_new_devices: body.notify_new_devices,
    };
    Ok(Reply::ok(me.auth.change_profile(me.caller, &me.by, change).await?.into()))
}

request_body! {
    pub struct Proof {
        pub password: String,
    }
}

/// Deletes the account and all its data
#[utoipa::path(responses((status = 204), (status = 429)))]
#[delete("/auth/me", data = "<body>")]
pub async fn delete_me(me: Signed<'_>, body: Json<Proof>) -> Answer<()> {
    let (me, body) = (me?, body.valid()?);
    me.auth.delete_account(me.caller, &me.by, &body.password).await?;
    Ok(Reply::empty().without_refresh_cookie(me.auth))
}

request_body! {
    pub struct PasswordChange {
        current_password: String,
        /// The rules of the registration apply.
        new_password: String,
    }
}

/// Changes the password and ends every other session
#[utoipa::path(responses((status = 204), (status = 429)))]
#[post("/auth/password", data = "<body>")]
pub async fn change_password(me: Signed<'_>, body: Json<PasswordChange>) -> Answer<()> {
    let (me, body) = (me?, body.valid()?);
    me.auth.change_password(me.caller, &me.by, &body.current_password, &body.new_password).await?;
    Ok(Reply::empty())
}

request_body! {
    pub struct EmailBody {
        email: String,
    }
}

/// Mails a link that resets the password. The response is the same for known and unknown addresses
#[utoipa::path(security(()), responses((status = 202, body = Detail), (status = 429)))]
#[post("/auth/password/forgot", data = "<body>")]
pub async fn forgot_password(client: Client<'_>, body: Json<EmailBody>) -> Answer<Detail> {
    let body = body.valid()?;
    client.auth.forgot_password(&client, &body.email).await?;
    Ok(check_mail(&client))
}

request_body! {
    pub struct Reset {
        /// From a mailed link that resets a password or confirms an address.
        token: String,
        /// The rules of the registration apply.
        new_password: String,
    }
}

/// Sets a new password with a mailed token and ends every session
#[utoipa::path(security(()), responses((status = 204), (status = 429)))]
#[post("/auth/password/reset", data = "<body>")]
pub async fn reset_password(client: Client<'_>, body: Json<Reset>) -> Answer<()> {
    let body = body.valid()?;
    let device = client.auth.reset_password(&client, &body.token, &body.new_password).await?;
    Ok(Reply::empty().with_device_cookie(client.auth, device))
}

request_body! {
    pub struct EmailChange {
        email: String,
        password: String,
    }
}

/// Requests a change of address: mails a confirmation link to the new address and a notice to the old one
#[utoipa::path(responses((status = 202, body = Detail), (status = 429)))]
#[post("/auth/email", data = "<body>")]
pub async fn change_email(me: Signed<'_>, body: Json<EmailChange>) -> Answer<Detail> {
    let (me, body) = (me?, body.valid()?);
    me.auth.change_email(me.caller, &me.by, &body.email, &body.password).await?;
    Ok(check_mail(me.caller))
}

request_body! {
    pub struct Confirming {
        /// From the mailed link.
        token: Option<String>,
        /// The password of the account. Not needed in a session of the account or in the browser that registered.
        password: Option<String>,
        /// The six digits from the newest mail, instead of the token. Only in a session of the account.
        code: Option<String>,
    }
}

/// Confirms an address. Takes a mailed token and a proof that the account belongs to the caller (a session, the
/// password, or the browser that registered), or a mailed code in a session. Ends no session
#[utoipa::path(
    security((), ("access" = []), ("cookie" = [])), responses((status = 200, body = UserView), (status = 429))
)]
#[post("/auth/email/confirm", data = "<body>")]
pub async fn confirm_email(
    client: Client<'_>,
    me: Signed<'_>,
    mark: Mark<'_>,
    body: Json<Confirming>,
) -> Answer<UserView> {
    let body = body.valid()?;
    let user = match (&body.token, &body.code) {
        (Some(token), None) => {
            let by = me.ok().map(|me| me.by);
            let password = body.password.as_deref();
            let proof = AccountProof { session: by.as_ref(), mark: mark.value, password };
            client.auth.confirm_email(&client, token, proof).await?
        }
        (None, Some(code)) => client.auth.confirm_by_code(&client, &me?.by, code).await?,
        _ => return Err(Error::field("token", FieldError::Missing).into()),
    };
    Ok(Reply::ok(user.into()))
}

/// Mails another confirmation link
#[utoipa::path(responses((status = 202, body = Detail), (status = 429)))]
#[post("/auth/email/resend")]
pub async fn resend_confirmation(me: Signed<'_>) -> Answer<Detail> {
    let me = me?;
    me.auth.resend_confirmation(me.caller, &me.by).await?;
    Ok(check_mail(me.caller))
}

fn check_mail(caller: &Caller) -> Reply<Detail> {
    let detail = view::text(caller.language, "detail-check-mail", &[]);
    Reply::with(Status::Accepted, Detail { detail })
}
