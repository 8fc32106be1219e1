//! `/admin/audit`: the audit log.
use super::{AdminFrame, At, link, views::Line};
use crate::{
    flows::{AuditQuery, Error},
    pages::{Shown, account::views::stored_text},
    view::View,
    web::{Page, Problem, reply::form_errors::FormErrors},
};
use rocket::{FromForm, get};
use serde::Serialize;

/// The page with the audit log.
#[derive(Serialize)]
pub struct Audit<'r> {
    operator: AdminFrame,
    /// As typed.
    #[serde(flatten)]
    query: Query<'r>,
    kinds: Vec<Kind>,
    /// The error of the query, as a sentence; empty if there is none.
    wrong_query: String,
    events: Vec<Line>,
    /// The URL of the same list as CSV.
    csv: String,
    next: Option<String>,
    previous: Option<String>,
}

impl View for Audit<'_> {
    const TEMPLATE: &'static str = "pages/admin/audit.html";
    const PATH: &'static str = "/admin/audit";
}

#[derive(Serialize)]
struct Kind {
    kind: String,
    words: String,
}

/// The query parameters of the page.
#[derive(Clone, Copy, FromForm, Serialize)]
pub struct Query<'r> {
    #[serde(rename = "user_id")]
    user: Option<&'r str>,
    actor: Option<&'r str>,
    kind: Option<&'r str>,
    from: Option<&'r str>,
    to: Option<&'r str>,
    cursor: Option<&'r str>,
}

#[get("/admin/audit?<query..>")]
pub async fn page<'r>(context: At<'r>, query: Query<'r>) -> Shown<Audit<'r>> {
    let context = context?;
    let r = &context.r;
    let Query { user, actor, kind, from, to, cursor } = query;
    let typed = AuditQuery { user, actor, kind, from, to, cursor };
    let kinds = context.admin().audit_kinds().await?.into_iter().map(|kind| {
        let words = stored_text(r.language, "event", &kind);
        Kind { kind, words }
    });
    let mut kinds: Vec<_> = kinds.collect();
    kinds.sort_by(|a, b| a.words.cmp(&b.words));
    let (found, wrong_query) = match context.admin().audit(&typed, None).await {
        Ok(found) => (Some(found), String::new()),
        Err(e @ Error::Fields(_)) => {
            (None, FormErrors::new("", &Problem::from(e), r.language).sentence())
        }
        Err(e) => return Err(e.into()),
    };
    let at = |cursor: Option<&String>| link(Audit::PATH, cursor.map(|c| typed.at(c)));
    Ok(Page::ok(Audit {
        operator: context.operator(),
        query,
        kinds,
        wrong_query,
        events: found.iter().flat_map(|f| &f.results).map(|e| Line::new(e, r)).collect(),
        csv: format!("/auth/admin/audit?{}&format=csv", typed.at("")),
        next: at(found.as_ref().and_then(|f| f.next.as_ref())),
        previous: at(found.as_ref().and_then(|f| f.previous.as_ref())),
    }))
}
