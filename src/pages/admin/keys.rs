//! `/admin/keys`: the keys that sign tokens.
use super::{AdminContext, AdminFrame, At, decide};
use crate::{
    flows::Error,
    pages::{Sent, Shown},
    view::{Moment, View},
    web::{Form, Notice, Page},
};
use rocket::{get, post};
use serde::Serialize;

/// The page with the keys.
#[derive(Serialize)]
pub struct Keys {
    operator: AdminFrame,
    /// The newest first.
    keys: Vec<Key>,
}

impl View for Keys {
    const TEMPLATE: &'static str = "pages/admin/keys.html";
    const PATH: &'static str = "/admin/keys";
}

#[derive(Serialize)]
struct Key {
    kid: String,
    algorithm: String,
    /// `next`, `current` or `retired`.
    state: String,
    created: Moment,
}

async fn view(context: &AdminContext<'_>) -> Result<Keys, Error> {
    let keys = context.admin().list_keys().await?;
    let key = |key: crate::flows::KeyInfo| Key {
        kid: key.kid,
        algorithm: key.algorithm,
        state: key.state.to_string(),
        created: context.r.moment(key.created_at),
    };
    Ok(Keys { operator: context.operator(), keys: keys.into_iter().map(key).collect() })
}

#[get("/admin/keys")]
pub async fn page(context: At<'_>) -> Shown<Keys> {
    Ok(Page::ok(view(&context?).await?))
}

#[post("/admin/keys", data = "<form>")]
pub async fn rotate(context: At<'_>, form: Form) -> Sent<Keys> {
    let context = context?;
    let rotated = async {
        let force = form.body?.read(|f| f.flag("force", false))?;
        context.admin().rotate_keys(force).await?;
        Ok(context.back(Keys::PATH, Notice::KeysRotated))
    };
    decide(rotated.await, "rotate", Keys::PATH, view(&context)).await
}
