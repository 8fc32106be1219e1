//! `/register`, also the target of the link of an invitation.
use super::{SURFACE, Sent, answer, login::redirect_to, paths};
use crate::{
    config::Registration,
    flows::{Auth, Error, NewAccount, Registered},
    view::View,
    web::{
        self, Client, Form, LinkCookie, LinkTokens, Notice, Page, Reply, SignedIn,
        cookies::registration, reply::return_to::next,
    },
};
use rocket::{Either, get, post};
use serde::Serialize;
use url::form_urlencoded;

/// The page with the form to register.
#[derive(Default, Serialize)]
pub struct RegisterPage {
    /// Who may register: `open`, `invite` or `closed`.
    registration: &'static str,
    email: String,
    username: String,
    first_name: String,
    /// The token of an invitation; empty for none.
    invite: String,
    /// Whether the invitation is no longer valid.
    expired: bool,
    next: String,
}

impl View for RegisterPage {
    const TEMPLATE: &'static str = "pages/register.html";
    const PATH: &'static str = "/register";
}

impl RegisterPage {
    fn new(auth: &Auth, to: &str) -> Self {
        Self {
            registration: auth.runtime_settings().registration.name(),
            next: next(auth.config(), to).unwrap_or_default(),
            ..Self::default()
        }
    }
}

#[get("/register?<invite>&<next>")]
pub async fn page(
    client: Client<'_>,
    by: web::Result<SignedIn>,
    kept: LinkTokens<'_>,
    invite: Option<&str>,
    next: Option<&str>,
) -> Sent<RegisterPage> {
    let auth = client.auth;
    let next = next.unwrap_or_default();
    if let Some(token) = invite {
        let query: String = form_urlencoded::byte_serialize(next.as_bytes()).collect();
        let query = if next.is_empty() { query } else { format!("?next={query}") };
        let there = Reply::see(format!("{}{query}", RegisterPage::PATH));
        let cookie = LinkCookie::Invite.cookie(auth.config(), token);
        return Ok(Either::Left(there.header("Set-Cookie", cookie)));
    }
    if by.is_ok() {
        return Ok(Either::Left(redirect_to(auth, next)));
    }
    let mut view = RegisterPage::new(auth, next);
    if let Some(token) = kept.get(LinkCookie::Invite)
        && auth.runtime_settings().registration != Registration::Closed
    {
        match auth.invited(&client, token).await? {
            Some(email) => (view.invite, view.email) = (token.to_owned(), email),
            None => view.expired = true,
        }
    }
    Ok(Either::Right(Page::ok(view)))
}

#[post("/register", data = "<form>")]
pub async fn register(client: Client<'_>, form: Form) -> Sent<RegisterPage> {
    let auth = client.auth;
    let [email, username, first_name, invite, to] =
        ["email", "username", "first_name", "invite", "next"].map(|name| form.typed(name));
    let done = async {
        let body = form.body?;
        let password = body.read(|f| f.text("password"))?;
        let new = NewAccount {
            email: &email,
            password,
            username: Some(&username),
            first_name: Some(&first_name),
            invite: Some(invite.as_str()),
        };
        let done = auth.register(&client, new).await?;
        let mark = registration::cookie(auth.config(), auth.browser_mark(&done)?);
        let reply = match done {
            Registered::Created(user) => {
                let tokens = auth.open_session(&client, &SURFACE, &user, true).await?;
                let reply = redirect_to(auth, &to).with_refresh_cookie(auth, &tokens);
                if user.email_confirmed_at.is_some() {
                    let spent = LinkCookie::Invite.cookie(auth.config(), "");
                    return Ok(reply
                        .header("Set-Cookie", spent)
                        .with_notice(auth, Notice::Welcome));
                }
                reply.with_notice(auth, Notice::Registered)
            }
            Registered::Pending(_) => Reply::see(paths::LOGIN).with_notice(auth, Notice::CheckMail),
        };
        Ok(reply.header("Set-Cookie", mark))
    };
    let done = done.await;
    let expired = matches!(done, Err(web::Error::Flow(Error::LinkNotValid)));
    let view = async {
        let invite = if expired { String::new() } else { invite };
        let new = RegisterPage::new(auth, &to);
        Ok(RegisterPage { email, username, first_name, invite, expired, ..new })
    };
    answer(done, "register", view).await
}
