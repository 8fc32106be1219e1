//! `/confirm-email`: fetching the link changes nothing, pressing a button does. In the browser that
//! registered, opening the link is enough.
use super::{Sent, answer, paths, reset_password::reset_password};
use crate::{
    flows::{
        AccountProof, Auth, Caller, Confirmation, Declined, Error, LinkState, SignedIn as Proven,
    },
    view::View,
    web::{
        self, Form, LinkCookie, LinkTokens, Mark, Notice, Page, Reply, SignedIn,
        request::caller::caller,
    },
};
use rocket::{
    Either, Request, get,
    http::Status,
    post,
    request::{FromRequest, Outcome},
};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Confirm {
    state: LinkState,
    token: String,
    /// The email that the link proves, or for which another link is requested.
    email: String,
    /// `account` if an account was registered with the email, `change` if an account wants to change to it.
    kind: &'static str,
    /// Whether the reader has proven that the account is theirs, so that they need no password.
    proven: bool,
    /// Whether the reader may report that somebody else used their email address.
    declinable: bool,
    signed_in: bool,
}

impl View for Confirm {
    const TEMPLATE: &'static str = "pages/confirm_email.html";
    const PATH: &'static str = "/confirm-email";
}

impl Confirm {
    fn new(of: Confirmation, token: &str, signed_in: bool) -> Self {
        let Confirmation { state, email, changes, proven, declinable } = of;
        Self {
            state,
            token: token.to_owned(),
            email: if state == LinkState::Expired { String::new() } else { email },
            kind: if changes { "change" } else { "account" },
            proven,
            declinable,
            signed_in,
        }
    }

    /// The page to request another link.
    fn expired(signed_in: bool) -> Self {
        Self::new(Confirmation::none(), "", signed_in)
    }
}

/// Who opens a link: its proofs that the account is theirs.
pub struct Opener<'r> {
    auth: &'r Auth,
    caller: &'r Caller,
    session: Option<Proven>,
    mark: Mark<'r>,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Opener<'r> {
    type Error = web::Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, web::Error> {
        let Some(auth) = req.rocket().state::<Auth>() else {
            return Outcome::Forward(Status::InternalServerError);
        };
        let mark = Mark::of(req);
        let session = req.guard::<SignedIn>().await.succeeded().map(|by| by.0);
        Outcome::Success(Self { auth, caller: caller(req), session, mark })
    }
}

impl Opener<'_> {
    /// What the link can do now.
    async fn view(&self, token: &str) -> Result<Confirm, Error> {
        let of = self.auth.confirmation(self.caller, token, self.proof()).await?;
        Ok(Confirm::new(of, token, self.session.is_some()))
    }

    fn proof(&self) -> AccountProof<'_> {
        AccountProof { session: self.session.as_ref(), mark: self.mark.value, password: None }
    }

    /// Answers a form of the page. If the link no longer works, the page says what became of it.
    async fn answer(
        &self,
        token: &str,
        form: &'static str,
        done: web::Result<Reply<()>>,
    ) -> Sent<Confirm> {
        match done {
            Err(web::Error::Flow(Error::LinkNotValid)) => {
                Ok(Either::Left(redirect(self.auth, token)))
            }
            done => answer(done, form, self.view(token)).await,
        }
    }
}

/// A redirect to the page, without the token in its URL. The cookie holds the token.
fn redirect(auth: &Auth, token: &str) -> Reply<()> {
    Reply::see(Confirm::PATH).header("Set-Cookie", LinkCookie::Confirm.cookie(auth.config(), token))
}

#[get("/confirm-email?<token>")]
pub async fn page(by: Opener<'_>, kept: LinkTokens<'_>, token: Option<&str>) -> Sent<Confirm> {
    let Some(token) = token else {
        let Some(token) = kept.get(LinkCookie::Confirm) else {
            return Ok(Either::Right(Page::ok(Confirm::expired(by.session.is_some()))));
        };
        let view = by.view(token).await?;
        let status = if view.state == LinkState::Expired { Status::BadRequest } else { Status::Ok };
        return Ok(Either::Right(Page::with(status, view)));
    };
    if let Some(mark) = by.mark.of_reader() {
        let proof = AccountProof { mark: Some(mark), ..AccountProof::default() };
        match by.auth.confirm_email(by.caller, token, proof).await {
            // The page shows the outcome.
            Ok(_) | Err(Error::LinkNotValid | Error::ProofRequired) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(Either::Left(redirect(by.auth, token)))
}

#[post("/confirm-email", data = "<form>")]
pub async fn confirm(by: Opener<'_>, form: Form) -> Sent<Confirm> {
    let token = form.link_token;
    let done = async {
        let body = form.body?;
        let password = body.read(|f| f.optional("password"))?.filter(|p| !p.is_empty());
        let proof = AccountProof { password, ..by.proof() };
        by.auth.confirm_email(by.caller, &token, proof).await?;
        Ok(redirect(by.auth, &token))
    };
    by.answer(&token, "confirm", done.await).await
}

/// Sets another password for an account that was registered with the reader's address.
#[post("/confirm-email/password", data = "<form>")]
pub async fn reset(by: Opener<'_>, form: Form) -> Sent<Confirm> {
    let token = form.link_token;
    let done = reset_password(by.auth, by.caller, &token, form.body, LinkCookie::Confirm).await;
    by.answer(&token, "reset", done).await
}

/// "It was not me."
#[post("/confirm-email/decline", data = "<form>")]
pub async fn decline(by: Opener<'_>, form: Form) -> Sent<Confirm> {
    let token = form.link_token;
    let done = async {
        form.body?;
        let notice = match by.auth.decline(by.caller, &token).await? {
            Declined::Account => Notice::RegistrationDeclined,
            Declined::Change => Notice::ChangeDeclined,
        };
        let reply = Reply::see(paths::LOGIN).with_notice(by.auth, notice);
        Ok(reply.header("Set-Cookie", LinkCookie::Confirm.cookie(by.auth.config(), "")))
    };
    by.answer(&token, "decline", done.await).await
}

/// Mails another link.
#[post("/confirm-email/again", data = "<form>")]
pub async fn again(by: Opener<'_>, form: Form) -> Sent<Confirm> {
    let email = form.typed("email");
    let signed_in = by.session.is_some();
    let done = async {
        form.body?;
        by.auth.confirm_again(by.caller, &email).await?;
        let to = if signed_in { paths::ACCOUNT } else { paths::LOGIN };
        Ok(Reply::see(to).with_notice(by.auth, Notice::ConfirmationMailed))
    };
    let done = done.await;
    let view = async { Ok(Confirm { email, ..Confirm::expired(signed_in) }) };
    answer(done, "again", view).await
}
