//! `/login/code`: the second step of a login. A cookie holds its ticket, and the ticket what else the login
//! needs: where it leads, and whether it lasts.
use super::{PageError, SURFACE, Sent, answer, login::redirect_to, paths};
use crate::{
    flows::{Auth, Error, is_few},
    view::View,
    web::{
        self,
        cookies::login_ticket::{self, LoginTicket},
        csrf_token::{Form, typed},
        reply::{flash::Notice, json::Reply, page::Page},
        request::caller::Client,
    },
};
use rocket::{Either, State, get, post};
use serde::Serialize;
use uuid::Uuid;

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

/// The redirect after the right password.
pub fn ask(auth: &Auth, ticket: Uuid) -> Reply<()> {
    Reply::see(SecondFactor::PATH).header("Set-Cookie", login_ticket::cookie(auth.config(), ticket))
}

/// The redirect to the login, for a ticket that is no longer valid.
fn begin_again(auth: &Auth) -> Reply<()> {
    Reply::see(paths::LOGIN)
        .header("Set-Cookie", login_ticket::no_cookie(auth.config()))
        .with_notice(auth, Notice::LoginAgain)
}

#[get("/login/code?<recovery>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    ticket: LoginTicket<'_>,
    recovery: Option<&str>,
) -> Result<Either<Reply<()>, Page<SecondFactor>>, PageError> {
    let Some(ticket) = ticket.0 else { return Ok(Either::Left(Reply::see(paths::LOGIN))) };
    if !auth.is_challenge_open(&client, &SURFACE, ticket).await? {
        return Ok(Either::Left(begin_again(auth)));
    }
    Ok(Either::Right(Page::ok(SecondFactor { recovery: recovery.is_some() })))
}

#[post("/login/code", data = "<form>")]
pub async fn finish(
    auth: &State<Auth>,
    client: Client<'_>,
    ticket: LoginTicket<'_>,
    form: web::Result<Form>,
) -> Sent<SecondFactor> {
    let recovery = !typed(&form, "recovery").is_empty();
    let done = async {
        let form = form?;
        let code = form.read(|f| f.text("code"))?;
        let ticket = ticket.0.ok_or(Error::ChallengeNotValid)?;
        let done = auth.finish_login(&client, &SURFACE, ticket, code).await?;
        let few = done.tokens.recovery_codes_left.is_some_and(is_few);
        let reply = redirect_to(auth, &done.next)
            .with_refresh_cookie(auth, &done.tokens)
            .header("Set-Cookie", login_ticket::no_cookie(auth.config()));
        Ok(if few { reply.with_notice(auth, Notice::RecoveryCodeUsed) } else { reply })
    };
    match done.await {
        Err(web::Error::Flow(Error::ChallengeNotValid)) => Ok(Either::Left(begin_again(auth))),
        done => answer(done, "factor", || SecondFactor { recovery }),
    }
}
