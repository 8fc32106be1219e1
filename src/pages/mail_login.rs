//! `/login/mail`: a mail with a link and a code that log in. Only the browser that requested the mail is logged
//! in, and only by a button: fetching the link changes nothing.
use super::{SURFACE, Sent, answer, login::redirect_to};
use crate::{
    flows::{Auth, Caller, Error, LoginLink, Tokens},
    view::View,
    web::{
        self, Client, Form, LinkCookie, LinkTokens, Page, Reply, SignedIn,
        cookies::mail_login::{MailLogin, Requested},
        reply::return_to::next,
    },
};
use rocket::{Either, Route, State, get, http::Status, post, routes};
use serde::Serialize;
use url::form_urlencoded;

/// The page to request a mail.
#[derive(Serialize)]
pub struct Request {
    email: String,
    remember: bool,
    /// Where the login leads; empty for the page of the account.
    next: String,
}

impl View for Request {
    const TEMPLATE: &'static str = "pages/mail_login.html";
    const PATH: &'static str = "/login/mail";
}

impl Request {
    fn new(auth: &Auth, email: String, remember: bool, to: &str) -> Self {
        Self { email, remember, next: next(auth.config(), to).unwrap_or_default() }
    }
}

/// The page to enter the code, in the browser that requested it.
#[derive(Serialize)]
pub struct Code {
    /// Where the login leads; empty for the page of the account.
    next: String,
}

impl View for Code {
    const TEMPLATE: &'static str = "pages/mail_login_code.html";
    const PATH: &'static str = "/login/mail/code";
}

/// The page of the mailed link. `state` is `usable`, `code` or `expired`.
#[derive(Serialize)]
pub struct Link {
    state: &'static str,
    token: String,
    /// The email of the account, in the browser that requested the mail.
    email: String,
    /// For another browser: what to enter in the one that requested the mail.
    code: String,
}

impl View for Link {
    const TEMPLATE: &'static str = "pages/mail_login_link.html";
    const PATH: &'static str = "/login/mail/link";
}

impl Link {
    async fn of(
        auth: &Auth,
        caller: &Caller,
        token: &str,
        requested: Option<&MailLogin>,
    ) -> Result<Self, Error> {
        let state = auth.login_link(caller, token, requested.map(|r| r.ticket)).await?;
        let (state, email, code) = match state {
            LoginLink::Usable(email) => ("usable", email, String::new()),
            LoginLink::Code(code) => ("code", String::new(), code),
            LoginLink::Expired => ("expired", String::new(), String::new()),
        };
        Ok(Self { state, token: token.to_owned(), email, code })
    }

    fn page(self) -> Page<Self> {
        let status = if self.state == "expired" { Status::BadRequest } else { Status::Ok };
        Page::with(status, self)
    }
}

/// The routes of these pages.
pub fn routes() -> Vec<Route> {
    routes![page, request, code_page, code, link_page, link]
}

#[get("/login/mail?<next>")]
pub fn page(
    auth: &State<Auth>,
    by: web::Result<SignedIn>,
    next: Option<&str>,
) -> Either<Reply<()>, Page<Request>> {
    let next = next.unwrap_or_default();
    match by.ok() {
        Some(_) => Either::Left(redirect_to(auth, next)),
        None => Either::Right(Page::ok(Request::new(auth, String::new(), true, next))),
    }
}

#[post("/login/mail", data = "<form>")]
pub async fn request(client: Client<'_>, form: Form) -> Sent<Request> {
    let auth = client.auth;
    let [email, to] = ["email", "next"].map(|name| form.typed(name));
    let mut remember = true;
    let done = async {
        remember = form.body?.read(|f| f.flag("remember", false))?;
        let ticket = auth.request_mail_login(&client, &email).await?;
        let next = next(auth.config(), &to).unwrap_or_default();
        let cookie = MailLogin { ticket, remember, next }.cookie(auth.config());
        Ok(Reply::see(Code::PATH).header("Set-Cookie", cookie))
    };
    answer(done.await, "mail", async { Ok(Request::new(auth, email, remember, &to)) }).await
}

/// A redirect to the page to request a mail.
fn to_request(next: &str) -> Reply<()> {
    let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
    let query = if next.is_empty() { query } else { format!("?next={query}") };
    Reply::see(format!("{}{query}", Request::PATH))
}

#[get("/login/mail/code")]
pub fn code_page(auth: &State<Auth>, requested: Requested) -> Either<Reply<()>, Page<Code>> {
    match requested.0 {
        Some(requested) => Either::Right(Page::ok(Code::new(auth, &requested))),
        None => Either::Left(to_request("")),
    }
}

impl Code {
    fn new(auth: &Auth, requested: &MailLogin) -> Self {
        Self { next: next(auth.config(), &requested.next).unwrap_or_default() }
    }
}

#[post("/login/mail/code", data = "<form>")]
pub async fn code(client: Client<'_>, requested: Requested, form: Form) -> Sent<Code> {
    let auth = client.auth;
    let Some(requested) = requested.0 else { return Ok(Either::Left(to_request(""))) };
    let done = async {
        let form = form.body?;
        let code = form.read(|f| f.text("code"))?;
        let ticket = requested.ticket.to_string();
        let proof = (&*ticket, code);
        let tokens = auth.log_in_by_code(&client, &SURFACE, proof, requested.remember).await?;
        Ok(logged_in(auth, &requested, &tokens))
    };
    answer(done.await, "code", async { Ok(Code::new(auth, &requested)) }).await
}

/// The redirect after the login, which forgets the request.
fn logged_in(auth: &Auth, requested: &MailLogin, tokens: &Tokens) -> Reply<()> {
    redirect_to(auth, &requested.next)
        .with_refresh_cookie(auth, tokens)
        .header("Set-Cookie", MailLogin::no_cookie(auth.config()))
        .header("Set-Cookie", LinkCookie::Login.cookie(auth.config(), ""))
}

#[get("/login/mail/link?<token>")]
pub async fn link_page(
    client: Client<'_>,
    requested: Requested,
    kept: LinkTokens<'_>,
    token: Option<&str>,
) -> Sent<Link> {
    if let Some(token) = token {
        let cookie = LinkCookie::Login.cookie(client.auth.config(), token);
        return Ok(Either::Left(Reply::see(Link::PATH).header("Set-Cookie", cookie)));
    }
    let token = kept.get(LinkCookie::Login).unwrap_or_default();
    let view = Link::of(client.auth, &client, token, requested.0.as_ref()).await?;
    Ok(Either::Right(view.page()))
}

#[post("/login/mail/link", data = "<form>")]
pub async fn link(client: Client<'_>, requested: Requested, form: Form) -> Sent<Link> {
    let (auth, requested) = (client.auth, requested.0.as_ref());
    let token = form.link_token;
    let done = async {
        form.body?;
        let requested = requested.ok_or(Error::ProofRequired)?;
        let proof = (&*token, Some(requested.ticket));
        let tokens = auth.log_in_by_link(&client, &SURFACE, proof, requested.remember).await?;
        Ok(logged_in(auth, requested, &tokens))
    };
    let view = || Link::of(auth, &client, &token, requested);
    match done.await {
        // The page says what the link can do now.
        Err(web::Error::Flow(Error::LinkNotValid | Error::ProofRequired)) => {
            Ok(Either::Right(view().await?.page()))
        }
        done => answer(done, "login", view()).await,
    }
}
