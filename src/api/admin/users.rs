//! Users, for operators.
use super::{
    Answer, Op, Sent, user_id,
    views::{AuditView, Listed, MailView, Person, RoleView},
};
use crate::{
    api::views::{SessionView, UserView},
    flows::{Auth, Error, ProfileChange, SessionId, UserChange, UserQuery},
    web::reply::json::Reply,
};
use rocket::{FromForm, State, delete, get, http::Status, patch, post, put};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

#[derive(FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParams<'r> {
    /// A part of the address, the username or the name.
    search: Option<&'r str>,
    /// The name of a role.
    role: Option<&'r str>,
    /// `active` or `disabled`.
    state: Option<&'r str>,
    /// Whether the address is confirmed: `true` or `false`.
    confirmed: Option<&'r str>,
    /// From `next` or `previous`.
    cursor: Option<&'r str>,
}

/// Users, the newest first
#[utoipa::path(get, path = "/auth/admin/users", tag = "admin", params(UserParams),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Listed<UserView>,
        description = "`count` goes up to 10000 if anything is looked for")))]
#[get("/auth/admin/users?<query..>")]
pub async fn list(auth: &State<Auth>, by: Op, query: UserParams<'_>) -> Answer<Listed<UserView>> {
    let UserParams { search, role, state, confirmed, cursor } = query;
    let query = UserQuery { search, role, state, confirmed, cursor };
    let found = auth.admin(&by?.0).list_users(&query).await?;
    let link =
        |cursor: &str| auth.config().link(&format!("/auth/admin/users?{}", query.at(cursor)));
    Ok(Reply::ok(Listed::new(found.page, link).counting(found.count)))
}

/// One user
#[utoipa::path(get, path = "/auth/admin/users/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Person)))]
#[get("/auth/admin/users/<id>")]
pub async fn show(auth: &State<Auth>, by: Op, id: &str) -> Answer<Person> {
    Ok(Reply::ok(auth.admin(&by?.0).user(user_id(id)?).await?.into()))
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct UserPatch {
    /// Null removes it.
    username: Option<String>,
    first_name: Option<String>,
    /// `en` or `ru`; null: the service's own.
    language: Option<String>,
    /// `false` ends every session.
    is_active: Option<bool>,
    /// `true` takes the address as confirmed.
    is_email_confirmed: Option<bool>,
    /// For superusers to change.
    is_superuser: Option<bool>,
    /// All that the user is to have.
    roles: Option<Vec<String>>,
    /// Ends every session, so that no token is out that says what was.
    end_sessions: Option<bool>,
}

/// Changes a user, all of it or nothing; a field that is not there stays as it is
#[utoipa::path(patch, path = "/auth/admin/users/{id}", tag = "admin", params(("id" = i64, Path)),
    request_body = UserPatch, security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Person)))]
#[patch("/auth/admin/users/<id>", data = "<body>")]
pub async fn change(auth: &State<Auth>, by: Op, id: &str, body: Sent) -> Answer<Person> {
    let (op, body) = (by?.0, body?);
    let change = body.read(|f| UserChange {
        profile: ProfileChange {
            username: f.nullable("username"),
            first_name: f.nullable("first_name").map(Option::unwrap_or_default),
            language: f.nullable("language"),
        },
        active: f.optional_flag("is_active"),
        confirm: f.flag("is_email_confirmed", false),
        superuser: f.optional_flag("is_superuser"),
        roles: f.list("roles"),
        end_sessions: f.flag("end_sessions", false),
    })?;
    Ok(Reply::ok(auth.admin(&op).change_user(user_id(id)?, &change).await?.into()))
}

/// Deletes a user and all that is stored of it
#[utoipa::path(delete, path = "/auth/admin/users/{id}", tag = "admin", params(("id" = i64, Path)),
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[delete("/auth/admin/users/<id>")]
pub async fn delete(auth: &State<Auth>, by: Op, id: &str) -> Answer<()> {
    auth.admin(&by?.0).delete_user(user_id(id)?).await?;
    Ok(Reply::empty())
}

#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "for the documentation")]
pub struct RoleChange {
    /// Ends every session, so that no token is out that says what was; else they do until they expire.
    end_sessions: Option<bool>,
}

/// Grants a role
#[utoipa::path(put, path = "/auth/admin/users/{id}/roles/{role}", tag = "admin",
    params(("id" = i64, Path), ("role" = String, Path)), request_body = Option<RoleChange>,
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Person)))]
#[put("/auth/admin/users/<id>/roles/<role>", data = "<body>")]
pub async fn grant(auth: &State<Auth>, by: Op, id: &str, role: &str, body: Sent) -> Answer<Person> {
    let (op, body) = (by?.0, body?);
    let end = body.read(|f| f.flag("end_sessions", false))?;
    Ok(Reply::ok(auth.admin(&op).grant(user_id(id)?, role, end).await?.into()))
}

/// Takes a role away
#[utoipa::path(delete, path = "/auth/admin/users/{id}/roles/{role}", tag = "admin",
    params(("id" = i64, Path), ("role" = String, Path)), request_body = Option<RoleChange>,
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Person)))]
#[delete("/auth/admin/users/<id>/roles/<role>", data = "<body>")]
pub async fn revoke(
    auth: &State<Auth>,
    by: Op,
    id: &str,
    role: &str,
    body: Sent,
) -> Answer<Person> {
    let (op, body) = (by?.0, body?);
    let end = body.read(|f| f.flag("end_sessions", false))?;
    Ok(Reply::ok(auth.admin(&op).revoke(user_id(id)?, role, end).await?.into()))
}

/// The roles that anybody has, and how many have each
#[utoipa::path(get, path = "/auth/admin/roles", tag = "admin",
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<RoleView>)))]
#[get("/auth/admin/roles")]
pub async fn roles(auth: &State<Auth>, by: Op) -> Answer<Vec<RoleView>> {
    let all = auth.admin(&by?.0).roles().await?;
    Ok(Reply::ok(all.into_iter().map(RoleView::from).collect()))
}

/// A user's living sessions, the last used first
#[utoipa::path(get, path = "/auth/admin/users/{id}/sessions", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<SessionView>)))]
#[get("/auth/admin/users/<id>/sessions")]
pub async fn sessions(auth: &State<Auth>, by: Op, id: &str) -> Answer<Vec<SessionView>> {
    let op = by?.0;
    let own = op.signed_in().map(|by| by.session.id);
    let all = auth.admin(&op).sessions_of(user_id(id)?).await?;
    Ok(Reply::ok(all.into_iter().map(|s| SessionView::of(s, own)).collect()))
}

/// Ends every session of a user
#[utoipa::path(delete, path = "/auth/admin/users/{id}/sessions", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[delete("/auth/admin/users/<id>/sessions")]
pub async fn end_sessions(auth: &State<Auth>, by: Op, id: &str) -> Answer<()> {
    auth.admin(&by?.0).end_sessions_of(user_id(id)?).await?;
    Ok(Reply::empty())
}

/// Ends one session of a user
#[utoipa::path(delete, path = "/auth/admin/users/{id}/sessions/{session}", tag = "admin",
    params(("id" = i64, Path), ("session" = Uuid, Path)),
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[delete("/auth/admin/users/<id>/sessions/<session>")]
pub async fn end_session(auth: &State<Auth>, by: Op, id: &str, session: &str) -> Answer<()> {
    let op = by?.0;
    let session = Uuid::try_parse(session).map_err(|_| Error::NotFound)?;
    auth.admin(&op).end_session_of(user_id(id)?, SessionId(session)).await?;
    Ok(Reply::empty())
}

/// The mails to a user, the newest first, without their texts and links
#[utoipa::path(get, path = "/auth/admin/users/{id}/mails", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Vec<MailView>)))]
#[get("/auth/admin/users/<id>/mails")]
pub async fn mails(auth: &State<Auth>, by: Op, id: &str) -> Answer<Vec<MailView>> {
    let all = auth.admin(&by?.0).mails_of(user_id(id)?).await?;
    Ok(Reply::ok(all.into_iter().map(MailView::from).collect()))
}

/// What happened to a user's account, the newest first
#[utoipa::path(get, path = "/auth/admin/users/{id}/history", tag = "admin",
    params(("id" = i64, Path), ("cursor" = Option<String>, Query)),
    security(("access" = []), ("cookie" = [])),
    responses((status = 200, body = Listed<AuditView>)))]
#[get("/auth/admin/users/<id>/history?<cursor>")]
pub async fn history(
    auth: &State<Auth>,
    by: Op,
    id: &str,
    cursor: Option<&str>,
) -> Answer<Listed<AuditView>> {
    let (op, id) = (by?.0, user_id(id)?);
    let page = auth.admin(&op).history_of(id, cursor).await?;
    let path = format!("/auth/admin/users/{}/history", id.0);
    let link = |cursor: &str| auth.config().link(&format!("{path}?cursor={cursor}"));
    Ok(Reply::ok(Listed::new(page, link)))
}

/// Mails a user the link that resets the password
#[utoipa::path(post, path = "/auth/admin/users/{id}/send-reset", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 202)))]
#[post("/auth/admin/users/<id>/send-reset")]
pub async fn send_reset(auth: &State<Auth>, by: Op, id: &str) -> Answer<()> {
    auth.admin(&by?.0).send_reset(user_id(id)?).await?;
    Ok(Reply::empty().with_status(Status::Accepted))
}

/// Mails a user the link that confirms the address, unless it is confirmed
#[utoipa::path(post, path = "/auth/admin/users/{id}/send-confirmation", tag = "admin",
    params(("id" = i64, Path)), security(("access" = []), ("cookie" = [])),
    responses((status = 202)))]
#[post("/auth/admin/users/<id>/send-confirmation")]
pub async fn send_confirmation(auth: &State<Auth>, by: Op, id: &str) -> Answer<()> {
    auth.admin(&by?.0).send_confirmation(user_id(id)?).await?;
    Ok(Reply::empty().with_status(Status::Accepted))
}
