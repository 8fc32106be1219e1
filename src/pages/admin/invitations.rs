//! `/admin/invitations`: the pending invitations, and the form to invite a user.
use super::{AdminContext, AdminFrame, At, decide};
use crate::{
    config::Registration,
    flows::{Error, NewInvitation},
    pages::{Sent, Shown},
    view::{Moment, View},
    web::{Form, Notice, Page},
};
use rocket::{get, post};
use serde::Serialize;

/// How many invitations are shown.
const MAX_LISTED: u32 = 100;

/// The page with the pending invitations.
#[derive(Serialize)]
pub struct Invitations {
    operator: AdminFrame,
    /// Whether registration is closed.
    closed: bool,
    email: String,
    /// As typed.
    roles: String,
    /// The newest first.
    pending: Vec<Invited>,
}

impl View for Invitations {
    const TEMPLATE: &'static str = "pages/admin/invitations.html";
    const PATH: &'static str = "/admin/invitations";
}

#[derive(Serialize)]
struct Invited {
    id: i64,
    email: String,
    roles: String,
    created: Moment,
}

async fn view(context: &AdminContext<'_>) -> Result<Invitations, Error> {
    let all = context.admin().invitations(None, MAX_LISTED).await?;
    let invited = all.into_iter().map(|i| Invited {
        id: i.id,
        email: i.email,
        roles: i.roles.0.join(", "),
        created: context.r.moment(i.created_at),
    });
    Ok(Invitations {
        operator: context.operator(),
        closed: context.r.auth.runtime_settings().registration == Registration::Closed,
        email: String::new(),
        roles: String::new(),
        pending: invited.collect(),
    })
}

#[get("/admin/invitations")]
pub async fn page(context: At<'_>) -> Shown<Invitations> {
    Ok(Page::ok(view(&context?).await?))
}

#[post("/admin/invitations", data = "<form>")]
pub async fn invite(context: At<'_>, form: Form) -> Sent<Invitations> {
    let context = context?;
    let [email, roles] = ["email", "roles"].map(|name| form.typed(name));
    let invited = async {
        let form = form.body?;
        let (roles, language) = form.read(|f| (f.texts("roles"), f.optional("language")))?;
        let new = NewInvitation { email: &email, roles: &roles, language };
        context.admin().invite(new).await?;
        Ok(context.back(Invitations::PATH, Notice::Invited))
    };
    let invited = invited.await;
    let shown = async { Ok(Invitations { email, roles, ..view(&context).await? }) };
    decide(invited, "invite", Invitations::PATH, shown).await
}

#[post("/admin/invitations/withdraw", data = "<form>")]
pub async fn revoke(context: At<'_>, form: Form) -> Sent<Invitations> {
    let context = context?;
    let withdrawn = async {
        let id = form.body?.read(|f| f.integer("id"))?;
        match context.admin().revoke_invitation(id).await {
            // It may have been used since the page was rendered.
            Ok(()) | Err(Error::NotFound) => {}
            Err(e) => return Err(e.into()),
        }
        Ok(context.back(Invitations::PATH, Notice::InvitationWithdrawn))
    };
    decide(withdrawn.await, "withdraw", Invitations::PATH, view(&context)).await
}
