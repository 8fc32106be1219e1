//! Types and functions that several dialects share.
use crate::{
    flows::{Error, Login, LoginRequest, NewAccount, Registered, Result, Tokens, User},
    view,
    web::{
        self, Client, Endpoints, Problem, Reply, endpoints, request::fields::Wrong, request_body,
    },
};
use rocket::{Either, http::Status, post};
use serde::Serialize;
use utoipa::ToSchema;

/// A reply with a body of type `T`, or a problem.
pub type Answer<T> = Result<Reply<T>, Problem>;
/// A JSON object, or a form of either type with the same fields.
pub type Json<T> = web::Json<T, true>;
/// 201, or 202 if the reply must not say anything about the account before the email address is confirmed.
pub type RegisterReply<T> = Result<Either<Reply<T>, Reply<Pending>>, Problem>;

/// The registration, which `simple` and `chat` share.
pub fn endpoints() -> Endpoints {
    endpoints!["simple and chat", register]
}

request_body! {
    #[schema(as = DialectCredentials)]
    pub struct Credentials {
        pub email: String,
        pub password: String,
        /// The code of a second factor, if the account has one: of the authenticator app, or a recovery code.
        pub code: Option<String>,
    }
}

impl Credentials {
    /// The login with these credentials.
    pub fn login(&self) -> LoginRequest<'_> {
        let login = Login::Email(&self.email);
        LoginRequest { code: self.code.as_deref(), ..LoginRequest::new(login, &self.password) }
    }
}

/// Both tokens.
#[derive(Serialize, ToSchema)]
pub struct Pair {
    refresh: String,
    access: String,
}

#[derive(Serialize, ToSchema)]
pub struct Pending {
    detail: String,
}

#[derive(Serialize, ToSchema)]
pub struct NewUserView {
    id: i64,
    email: String,
    /// Empty if the user has none.
    username: String,
    is_email_confirmed: bool,
}

request_body! {
    pub struct NewUserBody {
        email: String,
        /// At least 8 characters (`password.min_length`), at most 256. The own name and address, and common, leaked or
        /// guessable passwords are refused.
        password: String,
        username: Option<String>,
    }
}

/// Registers a user and mails a confirmation link
#[utoipa::path(responses((status = 201, body = NewUserView), (status = 202, body = Pending), (status = 429)))]
#[post("/api/register", data = "<body>")]
pub async fn register(client: Client<'_>, body: Json<NewUserBody>) -> RegisterReply<NewUserView> {
    let (body, wrong) = body.lenient()?;
    let new = NewAccount {
        email: &body.email,
        password: &body.password,
        username: body.username.as_deref(),
        first_name: None,
        invite: None,
    };
    sign_up(client, new, wrong, |user| NewUserView {
        id: user.id.0,
        email: user.email,
        username: user.username.unwrap_or_default(),
        is_email_confirmed: user.email_confirmed_at.is_some(),
    })
    .await
}

/// Registers a user for a dialect, where every error in the request is 400, even an address that is taken.
pub async fn sign_up<T>(
    client: Client<'_>,
    new: NewAccount<'_>,
    wrong: Wrong,
    show: impl FnOnce(User) -> T,
) -> RegisterReply<T> {
    if !wrong.is_empty() {
        return Err(client.auth.refuse_registration(&client, new, wrong).await.into());
    }
    match client.auth.register(&client, new).await {
        Ok(Registered::Created(user)) => Ok(Either::Left(Reply::with(Status::Created, show(user)))),
        Ok(Registered::Pending(_)) => {
            let detail = view::text(client.language, "detail-check-mail", &[]);
            Ok(Either::Right(Reply::with(Status::Accepted, Pending { detail })))
        }
        Err(e) => {
            let problem = Problem::from(e);
            let taken = problem.status() == Status::Conflict;
            Err(if taken { problem.with_status(Status::BadRequest) } else { problem })
        }
    }
}

/// Takes the refresh token out of `tokens`, in the form of the surface.
///
/// # Errors
/// [`Error::Internal`] if there is none, as after a refresh on a surface that keeps the old one.
pub fn refresh_token(tokens: &mut Tokens) -> Result<String> {
    let token = tokens.refresh.take().ok_or_else(|| Error::internal("no refresh token"))?;
    Ok(token.token)
}

/// Both tokens, in the body.
pub fn pair(mut tokens: Tokens) -> Answer<Pair> {
    let refresh = refresh_token(&mut tokens)?;
    Ok(Reply::ok(Pair { refresh, access: tokens.access }))
}
