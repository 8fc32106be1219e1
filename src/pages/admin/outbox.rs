//! `/admin/mail`: the outbox.
use super::{AdminContext, AdminFrame, At, decide, link, views::Sending};
use crate::{
    flows::{Error, MailQuery},
    pages::{Sent, Shown},
    view::View,
    web::{Form, Notice, Page},
};
use rocket::{get, post};
use serde::Serialize;

/// The page with the mails in the outbox.
#[derive(Serialize)]
pub struct Outbox {
    operator: AdminFrame,
    state: String,
    /// The newest first.
    mails: Vec<Sending>,
    next: Option<String>,
    previous: Option<String>,
}

impl View for Outbox {
    const TEMPLATE: &'static str = "pages/admin/mail.html";
    const PATH: &'static str = "/admin/mail";
}

async fn view(context: &AdminContext<'_>, query: MailQuery<'_>) -> Result<Outbox, Error> {
    let found = context.admin().list_mails(&query).await?;
    let at = |cursor: Option<String>| link(Outbox::PATH, cursor.map(|c| query.at(&c)));
    Ok(Outbox {
        operator: context.operator(),
        state: query.state.unwrap_or_default().to_owned(),
        mails: found.results.iter().map(|m| Sending::new(m, &context.r)).collect(),
        next: at(found.next),
        previous: at(found.previous),
    })
}

#[get("/admin/mail?<state>&<cursor>")]
pub async fn page(context: At<'_>, state: Option<&str>, cursor: Option<&str>) -> Shown<Outbox> {
    Ok(Page::ok(view(&context?, MailQuery { state, cursor }).await?))
}

/// Sends the mail `mail` at once.
#[post("/admin/mail", data = "<form>")]
pub async fn retry(context: At<'_>, form: Form) -> Sent<Outbox> {
    let context = context?;
    let retried = async {
        let id = form.body?.read(|f| f.integer("mail"))?;
        context.admin().retry_mail(id).await?;
        Ok(context.back(Outbox::PATH, Notice::MailQueued))
    };
    let first = MailQuery { state: None, cursor: None };
    decide(retried.await, "retry", Outbox::PATH, view(&context, first)).await
}
