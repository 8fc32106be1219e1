//! `/admin/users`: the search for users.
use super::{AdminFrame, At, link, views::UserSummary};
use crate::{
    flows::{MOST_COUNTED, UserQuery},
    pages::Shown,
    view::View,
    web::Page,
};
use rocket::{FromForm, get};
use serde::Serialize;

/// The page with the search for users.
#[derive(Serialize)]
pub struct Users<'r> {
    operator: AdminFrame,
    /// How many users match.
    count: i64,
    /// Whether more match than were counted.
    more: bool,
    /// As typed.
    #[serde(flatten)]
    query: Query<'r>,
    found: Vec<UserSummary>,
    next: Option<String>,
    previous: Option<String>,
}

impl View for Users<'_> {
    const TEMPLATE: &'static str = "pages/admin/users.html";
    const PATH: &'static str = "/admin/users";
}

/// The query parameters of the page.
#[derive(Clone, Copy, FromForm, Serialize)]
pub struct Query<'r> {
    search: Option<&'r str>,
    role: Option<&'r str>,
    state: Option<&'r str>,
    confirmed: Option<&'r str>,
    cursor: Option<&'r str>,
}

#[get("/admin/users?<query..>")]
pub async fn page<'r>(context: At<'r>, query: Query<'r>) -> Shown<Users<'r>> {
    let context = context?;
    let Query { search, role, state, confirmed, cursor } = query;
    let typed = UserQuery { search, role, state, confirmed, cursor };
    let found = context.admin().list_users(&typed).await?;
    let at = |cursor: &Option<String>| link(Users::PATH, cursor.as_deref().map(|c| typed.at(c)));
    Ok(Page::ok(Users {
        operator: context.operator(),
        count: found.count,
        more: found.count >= MOST_COUNTED && found.page.next.is_some(),
        query,
        found: found.page.results.iter().map(|u| UserSummary::new(u, &context.r)).collect(),
        next: at(&found.page.next),
        previous: at(&found.page.previous),
    }))
}
