//! `/account/sessions`: the active sessions of the user.
use super::views::{Device, Person};
use crate::{
    flows::{Error, SessionId},
    pages::{Sent, Shown, answer, paths},
    view::View,
    web::{self, Form, Notice, Page, Reply, UserContext},
};
use rocket::{get, post, request::FromParam as _};
use serde::Serialize;

/// The path of the page.
pub const PATH: &str = "/account/sessions";

/// The page with the active sessions of the user.
#[derive(Serialize)]
pub struct Sessions {
    user: Person,
    /// The last used first.
    devices: Vec<Device>,
}

impl View for Sessions {
    const TEMPLATE: &'static str = "pages/sessions.html";
    const PATH: &'static str = PATH;
}

async fn view(r: &UserContext<'_>) -> Result<Sessions, Error> {
    let all = r.auth.sessions(&r.by).await?;
    let devices = all.iter().map(|s| Device::new(s, r)).collect();
    Ok(Sessions { user: Person::new(r), devices })
}

#[get("/account/sessions")]
pub async fn page(reader: web::Result<UserContext<'_>>) -> Shown<Sessions> {
    Ok(Page::ok(view(&reader?).await?))
}

/// Ends the session `id`.
#[post("/account/sessions", data = "<form>")]
pub async fn end(reader: web::Result<UserContext<'_>>, form: Form) -> Sent<Sessions> {
    let r = reader?;
    let ended = async {
        let form = form.body?;
        let id = SessionId::from_param(form.read(|f| f.text("id"))?)?;
        if id == r.by.session.id {
            r.auth.log_out(r.caller, &r.by).await?;
            return Ok(Reply::see(paths::LOGIN)
                .without_refresh_cookie(r.auth)
                .with_notice(r.auth, Notice::LoggedOut));
        }
        match r.auth.end_session(r.caller, &r.by, id).await {
            // It may have ended since the page was rendered.
            Ok(()) | Err(Error::NotFound) => {}
            Err(e) => return Err(e.into()),
        }
        Ok(Reply::see(PATH).with_notice(r.auth, Notice::SessionEnded))
    };
    answer(ended.await, "sessions", view(&r)).await
}

#[post("/account/sessions/others", data = "<form>")]
pub async fn end_others(reader: web::Result<UserContext<'_>>, form: Form) -> Sent<Sessions> {
    let r = reader?;
    let ended = async {
        form.body?;
        r.auth.log_out_other_sessions(r.caller, &r.by).await?;
        Ok(Reply::see(PATH).with_notice(r.auth, Notice::OthersEnded))
    };
    answer(ended.await, "sessions", view(&r)).await
}
