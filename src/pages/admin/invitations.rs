//! `/admin/invitations`: the pending invitations, and the form to invite a user.
use super::{AdminContext, AdminFrame, At, decide};
use crate::{
    config::{Language, Registration},
    flows::{Error, NewInvitation},
    pages::{Sent, Shown},
    view::{Moment, View},
    web::{
        self,
        csrf_token::{Form, typed},
        reply::{flash::Notice, page::Page},
    },
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
    /// The supported languages: tag and name.
    tongues: Vec<(&'static str, &'static str)>,
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
        tongues: Language::ALL.map(|l| (l.tag(), l.name())).into(),
        pending: invited.collect(),
    })
}

#[get("/admin/invitations")]
pub async fn page(context: At<'_>) -> Shown<Invitations> {
    Ok(Page::ok(view(&context?).await?))
}

#[post("/admin/invitations", data = "<form>")]
pub async fn invite(context: At<'_>, form: web::Result<Form>) -> Sent<Invitations> {
    let context = context?;
    let [email, roles] = ["email", "roles"].map(|name| typed(&form, name));
    let invited = async {
        let form = form?;
        let (roles, language) = form.read(|f| (f.texts("roles"), f.optional("language")))?;
        let new = NewInvitation { email: &email, roles: &roles, language };
        context.admin().invite(new).await?;
        Ok(context.back(Invitations::PATH, Notice::Invited))
    };
    let invited = invited.await;
    let shown = Invitations { email, roles, ..view(&context).await? };
    decide(invited, "invite", Invitations::PATH, || shown)
}

#[post("/admin/invitations/withdraw", data = "<form>")]
pub async fn revoke(context: At<'_>, form: web::Result<Form>) -> Sent<Invitations> {
    let context = context?;
    let withdrawn = async {
        let id = form?.read(|f| f.integer("id"))?;
        match context.admin().revoke_invitation(id).await {
            // It may have been used since the page was rendered.
            Ok(()) | Err(Error::NotFound) => {}
            Err(e) => return Err(e.into()),
        }
        Ok(context.back(Invitations::PATH, Notice::InvitationWithdrawn))
    };
    let withdrawn = withdrawn.await;
    let shown = view(&context).await?;
    decide(withdrawn, "withdraw", Invitations::PATH, || shown)
}
