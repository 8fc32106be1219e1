//! `/login/code`: the second step of a login. A cookie holds its ticket, and the ticket what else the login
//! needs: where it leads, and whether it lasts.
use super::{SURFACE, Sent, answer, login::redirect_to, paths};
use crate::{
    flows::{self, Auth, Challenge, Error, Tokens, is_few},
    view::View,
    web::{
        self, Client, Form, Notice, Page, Reply,
        cookies::login_ticket::{self, LoginTicket},
    },
};
use rocket::{Either, get, post};
use serde::Serialize;

/// The page with the form for the code.
#[derive(Serialize)]
pub struct SecondFactor {
    /// Whether it asks for a recovery code instead of one of the authenticator app.
    recovery: bool,
}

impl View for SecondFactor {
    const TEMPLATE: &'static str = "pages/second_factor.html";
    const PATH: &'static str = "/login/code";
}

/// The redirect after the first proof of a login: to `to`, or to the page that asks for a second factor.
pub fn redirect_after(
    auth: &Auth,
    done: flows::Result<Tokens>,
    to: &str,
) -> web::Result<Reply<()>> {
    match done {
        Ok(tokens) => Ok(redirect_to(auth, to).with_refresh_cookie(auth, &tokens)),
        Err(Error::SecondFactorRequired(Challenge { ticket: Some(ticket), .. })) => {
            let cookie = login_ticket::cookie(auth.config(), ticket);
            Ok(Reply::see(SecondFactor::PATH).header("Set-Cookie", cookie))
        }
        Err(e) => Err(e.into()),
    }
}

/// The redirect to the login, for a ticket that is no longer valid.
fn begin_again(auth: &Auth) -> Reply<()> {
    Reply::see(paths::LOGIN)
        .header("Set-Cookie", login_ticket::no_cookie(auth.config()))
        .with_notice(auth, Notice::LoginAgain)
}

#[get("/login/code?<recovery>")]
pub async fn page(
    client: Client<'_>,
    ticket: LoginTicket<'_>,
    recovery: Option<&str>,
) -> Sent<SecondFactor> {
    let Some(ticket) = ticket.0 else { return Ok(Either::Left(Reply::see(paths::LOGIN))) };
    if !client.auth.is_challenge_open(&client, &SURFACE, ticket).await? {
        return Ok(Either::Left(begin_again(client.auth)));
    }
    Ok(Either::Right(Page::ok(SecondFactor { recovery: recovery.is_some() })))
}

#[post("/login/code", data = "<form>")]
pub async fn finish(client: Client<'_>, ticket: LoginTicket<'_>, form: Form) -> Sent<SecondFactor> {
    let auth = client.auth;
    let recovery = !form.typed("recovery").is_empty();
    let done = async {
        let form = form.body?;
        let code = form.read(|f| f.text("code"))?;
        let ticket = ticket.0.ok_or(Error::ChallengeNotValid)?;
        let done = auth.finish_login(&client, &SURFACE, ticket, code).await?;
        let few = done.tokens.recovery_codes_left.is_some_and(is_few);
        let reply = redirect_after(auth, Ok(done.tokens), &done.next)?
            .header("Set-Cookie", login_ticket::no_cookie(auth.config()));
        Ok(if few { reply.with_notice(auth, Notice::RecoveryCodeUsed) } else { reply })
    };
    match done.await {
        Err(web::Error::Flow(Error::ChallengeNotValid)) => Ok(Either::Left(begin_again(auth))),
        done => answer(done, "factor", async { Ok(SecondFactor { recovery }) }).await,
    }
}
