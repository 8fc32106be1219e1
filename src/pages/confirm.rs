//! `/confirm-email`: a link that is only fetched changes nothing, the button does; but in the browser
//! that registered, opening the link is enough.
use super::{Instead, Sent, account, answer, login};
use crate::{
    flows::{Auth, Error, LinkState},
    view::View,
    web::{
        client::Client,
        cookie::Registrant,
        form::{Form, LinkForm, typed},
        guards::SignedIn,
        notice::Notice,
        page::Page,
        reply::Reply,
    },
};
use rocket::{State, get, http::Status, post};
use serde::Serialize;

/// `state` is `usable`, `done` or `expired`.
#[derive(Serialize)]
pub struct Confirm {
    state: &'static str,
    token: String,
    /// The address that another link is asked for.
    email: String,
    signed_in: bool,
}

impl View for Confirm {
    const TEMPLATE: &'static str = "pages/confirm_email.html";
    const PATH: &'static str = "/confirm-email";
}

impl Confirm {
    fn new(state: LinkState, token: &str, signed_in: bool) -> Self {
        let state = name(state);
        Self { state, token: token.to_owned(), email: String::new(), signed_in }
    }

    fn page(self) -> Page<Self> {
        let status = if self.state == "expired" { Status::BadRequest } else { Status::Ok };
        Page::with(status, self)
    }
}

/// How templates call the state of a link.
pub const fn name(state: LinkState) -> &'static str {
    match state {
        LinkState::Usable => "usable",
        LinkState::Done => "done",
        LinkState::Expired => "expired",
    }
}

#[get("/confirm-email?<token>")]
pub async fn page(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Result<SignedIn, Error>,
    registrant: Registrant<'_>,
    token: Option<&str>,
) -> Result<Page<Confirm>, Instead> {
    let Some(token) = token else {
        // Where another link is asked for.
        return Ok(Page::ok(Confirm::new(LinkState::Expired, "", by.is_ok())));
    };
    let state = auth.confirmation_state(token).await?;
    let own = match registrant.0 {
        Some(mark) if state == LinkState::Usable => auth.is_registrant(token, mark).await?,
        _ => false,
    };
    if own {
        return finish(auth, &client, by, token).await;
    }
    Ok(Confirm::new(state, token, by.is_ok()).page())
}

#[post("/confirm-email", data = "<form>")]
pub async fn confirm(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Result<SignedIn, Error>,
    form: LinkForm,
) -> Result<Page<Confirm>, Instead> {
    let token = form.token;
    if let Err(e) = form.form {
        let state = auth.confirmation_state(&token).await?;
        return Ok(Page::again(Confirm::new(state, &token, by.is_ok()), "confirm", e));
    }
    finish(auth, &client, by, &token).await
}

async fn finish(
    auth: &Auth,
    client: &Client<'_>,
    by: Result<SignedIn, Error>,
    token: &str,
) -> Result<Page<Confirm>, Instead> {
    let by = by.ok().map(|by| by.0);
    let state = match auth.confirm_email(client, token, by.as_ref()).await {
        Ok(_) => LinkState::Done,
        Err(Error::LinkNotValid) => auth.confirmation_state(token).await?,
        Err(e) => return Err(e.into()),
    };
    // One that is usable still is none for this account.
    let state = if state == LinkState::Done { state } else { LinkState::Expired };
    Ok(Confirm::new(state, "", by.is_some()).page())
}

/// Mails another link.
#[post("/confirm-email/again", data = "<form>")]
pub async fn again(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Result<SignedIn, Error>,
    form: Result<Form, Error>,
) -> Sent<Confirm> {
    let email = typed(&form, "email");
    let signed_in = by.is_ok();
    let done = async {
        form?;
        auth.confirm_again(&client, &email).await?;
        let to = if signed_in { account::PATH } else { login::PATH };
        Ok(Reply::see(to).telling(auth, Notice::ConfirmationMailed))
    };
    let done = done.await;
    answer(done, "again", || Confirm {
        email: email.clone(),
        ..Confirm::new(LinkState::Expired, "", signed_in)
    })
}
