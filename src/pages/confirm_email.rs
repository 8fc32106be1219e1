//! `/confirm-email`: fetching the link changes nothing, pressing a button does. In the browser that
//! registered, opening the link is enough.
use super::{
    Sent, answer, paths,
    reset_password::{name, reset_password},
};
use crate::{
    flows::{AccountProof, Auth, Caller, Confirmation, Declined, Error, LinkState},
    view::View,
    web::{
        self,
        cookies::{
            links::{ConfirmToken, LinkCookie},
            registration::{Mark, Registrant},
        },
        csrf_token::{Form, LinkForm, typed},
        guards::SignedIn,
        reply::{flash::Notice, json::Reply, page::Page},
        request::caller::Client,
    },
};
use rocket::{Either, State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Confirm {
    state: &'static str,
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
    /// The shortest new password allowed, in characters.
    min_length: usize,
}

impl View for Confirm {
    const TEMPLATE: &'static str = "pages/confirm_email.html";
    const PATH: &'static str = "/confirm-email";
}

impl Confirm {
    fn new(auth: &Auth, of: Confirmation, token: &str, signed_in: bool) -> Self {
        let Confirmation { state, email, changes, proven, declinable } = of;
        Self {
            state: name(state),
            token: token.to_owned(),
            email: if state == LinkState::Expired { String::new() } else { email },
            kind: if changes { "change" } else { "account" },
            proven,
            declinable,
            signed_in,
            min_length: auth.config().password.min_length,
        }
    }

    /// The page to request another link.
    fn expired(auth: &Auth, signed_in: bool) -> Self {
        Self::new(auth, Confirmation::none(), "", signed_in)
    }

    /// What the link can do now.
    async fn of(
        auth: &Auth,
        caller: &Caller,
        token: &str,
        by: &web::Result<SignedIn>,
        mark: Option<&str>,
    ) -> Result<Self, Error> {
        let session = by.as_ref().ok().map(|by| &by.0);
        let proof = AccountProof { session, mark, password: None };
        let of = auth.confirmation(caller, token, proof).await?;
        Ok(Self::new(auth, of, token, by.is_ok()))
    }

    fn page(self) -> Page<Self> {
        let status = if self.state == "expired" { Status::BadRequest } else { Status::Ok };
        Page::with(status, self)
    }
}

/// A redirect to the page, without the token in its URL. The cookie holds the token.
fn redirect(auth: &Auth, token: &str) -> Reply<()> {
    Reply::see(Confirm::PATH).header("Set-Cookie", LinkCookie::Confirm.cookie(auth.config(), token))
}

#[get("/confirm-email?<token>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    registrant: Registrant<'_>,
    mark: Mark<'_>,
    kept: ConfirmToken<'_>,
    token: Option<&str>,
) -> Sent<Confirm> {
    let Some(token) = token else {
        let Some(token) = kept.0 else {
            return Ok(Either::Right(Page::ok(Confirm::expired(auth, by.is_ok()))));
        };
        return Ok(Either::Right(Confirm::of(auth, &client, token, &by, mark.0).await?.page()));
    };
    if registrant.0.is_some() {
        let proof = AccountProof { mark: registrant.0, ..AccountProof::default() };
        match auth.confirm_email(&client, token, proof).await {
            // The page shows the outcome.
            Ok(_) | Err(Error::LinkNotValid | Error::ProofRequired) => {}
            Err(e) => return Err(e.into()),
        }
    }
    Ok(Either::Left(redirect(auth, token)))
}

#[post("/confirm-email", data = "<form>")]
pub async fn confirm(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    mark: Mark<'_>,
    form: LinkForm,
) -> Sent<Confirm> {
    let token = form.token;
    let done = async {
        let form = form.form?;
        let password = form.read(|f| f.optional("password"))?.filter(|p| !p.is_empty());
        let session = by.as_ref().ok().map(|by| &by.0);
        auth.confirm_email(&client, &token, AccountProof { session, mark: mark.0, password })
            .await?;
        Ok(redirect(auth, &token))
    };
    finish(auth, &client, &token, &by, mark.0, "confirm", done.await).await
}

/// Answers a form of the page. If the link no longer works, the page says what became of it.
async fn finish(
    auth: &Auth,
    caller: &Caller,
    token: &str,
    by: &web::Result<SignedIn>,
    mark: Option<&str>,
    form: &'static str,
    done: web::Result<Reply<()>>,
) -> Sent<Confirm> {
    match done {
        Ok(reply) => Ok(Either::Left(reply)),
        Err(web::Error::Flow(Error::LinkNotValid)) => Ok(Either::Left(redirect(auth, token))),
        refused => {
            let view = Confirm::of(auth, caller, token, by, mark).await?;
            answer(refused, form, || view)
        }
    }
}

/// Sets another password for an account that was registered with the reader's address.
#[post("/confirm-email/password", data = "<form>")]
pub async fn reset(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    mark: Mark<'_>,
    form: LinkForm,
) -> Sent<Confirm> {
    let token = form.token;
    let done = reset_password(auth, &client, &token, form.form, LinkCookie::Confirm).await;
    finish(auth, &client, &token, &by, mark.0, "reset", done).await
}

/// "It was not me."
#[post("/confirm-email/decline", data = "<form>")]
pub async fn decline(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    mark: Mark<'_>,
    form: LinkForm,
) -> Sent<Confirm> {
    let token = form.token;
    let done = async {
        form.form?;
        let notice = match auth.decline(&client, &token).await? {
            Declined::Account => Notice::RegistrationDeclined,
            Declined::Change => Notice::ChangeDeclined,
        };
        let reply = Reply::see(paths::LOGIN).with_notice(auth, notice);
        Ok(reply.header("Set-Cookie", LinkCookie::Confirm.cookie(auth.config(), "")))
    };
    finish(auth, &client, &token, &by, mark.0, "decline", done.await).await
}

/// Mails another link.
#[post("/confirm-email/again", data = "<form>")]
pub async fn again(
    auth: &State<Auth>,
    client: Client<'_>,
    by: web::Result<SignedIn>,
    form: web::Result<Form>,
) -> Sent<Confirm> {
    let email = typed(&form, "email");
    let signed_in = by.is_ok();
    let done = async {
        form?;
        auth.confirm_again(&client, &email).await?;
        let to = if signed_in { paths::ACCOUNT } else { paths::LOGIN };
        Ok(Reply::see(to).with_notice(auth, Notice::ConfirmationMailed))
    };
    let done = done.await;
    answer(done, "again", || Confirm { email: email.clone(), ..Confirm::expired(auth, signed_in) })
}
