//! `/admin/prove`: asks an operator for the password again.
use super::{AdminContext, AdminFrame, At, overview::Overview};
use crate::{
    pages::{Sent, Shown, answer},
    view::View,
    web::{Form, Notice, Page, reply::return_to::next},
};
use rocket::{get, post};
use serde::Serialize;

/// The page that asks for the password.
#[derive(Serialize)]
pub struct Prove {
    operator: AdminFrame,
    /// Where the form leads.
    next: String,
}

impl View for Prove {
    const TEMPLATE: &'static str = "pages/admin/prove.html";
    const PATH: &'static str = "/admin/prove";
}

fn view(context: &AdminContext<'_>, to: &str) -> Prove {
    let next = next(context.r.auth.config(), to).unwrap_or_else(|| Overview::PATH.to_owned());
    Prove { operator: context.operator(), next }
}

#[get("/admin/prove?<next>")]
pub fn page(context: At<'_>, next: Option<&str>) -> Shown<Prove> {
    Ok(Page::ok(view(&context?, next.unwrap_or_default())))
}

#[post("/admin/prove", data = "<form>")]
pub async fn prove(context: At<'_>, form: Form) -> Sent<Prove> {
    let context = context?;
    let shown = view(&context, &form.typed("next"));
    let proven = async {
        let form = form.body?;
        let password = form.read(|f| f.text("password"))?;
        context.r.auth.confirm_password(context.r.caller, &context.r.by, password).await?;
        Ok(context.back(&shown.next, Notice::PasswordProven))
    };
    answer(proven.await, "prove", async { Ok(shown) }).await
}
