//! Users, for operators.
use super::{
    Answer, Op,
    views::{AuditView, Listed, MailView, Person, RoleView},
};
use crate::{
    api::views::{SessionView, UserView},
    flows::{Error, ProfileChange, SessionId, UserChange, UserId, UserQuery},
    web::{Json, Reply, request_body},
};
use rocket::{FromForm, delete, get, http::Status, patch, post, put};
use utoipa::IntoParams;

type Id = Result<UserId, Error>;

#[derive(FromForm, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct UserParams<'r> {
    /// Part of the address, the username or the first name.
    search: Option<&'r str>,
    /// The name of a role.
    role: Option<&'r str>,
    /// `active` or `disabled`.
    state: Option<&'r str>,
    /// Whether the address is confirmed: `true` or `false`.
    confirmed: Option<&'r str>,
    /// The cursor from `next` or `previous`.
    cursor: Option<&'r str>,
}

/// Lists users, newest first
#[utoipa::path(
    params(UserParams),
    responses((status = 200, body = Listed<UserView>,
        description = "`count` goes up to 10000 if anything is looked for"))
)]
#[get("/auth/admin/users?<query..>")]
pub async fn list(op: Op<'_>, query: UserParams<'_>) -> Answer<Listed<UserView>> {
    let UserParams { search, role, state, confirmed, cursor } = query;
    let query = UserQuery { search, role, state, confirmed, cursor };
    let op = op?;
    let found = op.admin().list_users(&query).await?;
    let link = |cursor: &str| op.link(&format!("/auth/admin/users?{}", query.at(cursor)));
    Ok(Reply::ok(Listed::new(found.page, link).counting(found.count)))
}

/// Returns a user
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 200, body = Person)))]
#[get("/auth/admin/users/<id>")]
pub async fn show(op: Op<'_>, id: Id) -> Answer<Person> {
    Ok(Reply::ok(op?.admin().user(id?).await?.into()))
}

request_body! {
    pub struct UserPatch {
        /// Null removes the value.
        username: Option<Option<String>>,
        first_name: Option<Option<String>>,
        /// `en` or `ru`; null for the default language of the service.
        language: Option<Option<String>>,
        /// `false` ends every session.
        is_active: Option<bool>,
        /// `true` marks the address as confirmed.
        is_email_confirmed: Option<bool>,
        /// Only superusers may change it.
        is_superuser: Option<bool>,
        /// All roles that the user has afterwards.
        roles: Option<Vec<String>>,
        /// Whether to end every session, so that no valid token still has the old roles.
        end_sessions: Option<bool>,
    }
}

/// Changes a user: all given fields or, if one is invalid, none. Missing fields keep their values
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 200, body = Person)))]
#[patch("/auth/admin/users/<id>", data = "<body>")]
pub async fn change(op: Op<'_>, id: Id, body: Json<UserPatch>) -> Answer<Person> {
    let (op, body) = (op?, body.valid()?);
    let change = UserChange {
        profile: ProfileChange {
            username: body.username.as_ref().map(Option::as_deref),
            first_name: body.first_name.as_ref().map(|name| name.as_deref().unwrap_or_default()),
            language: body.language.as_ref().map(Option::as_deref),
            ..ProfileChange::default()
        },
        active: body.is_active,
        confirm: body.is_email_confirmed.unwrap_or_default(),
        superuser: body.is_superuser,
        roles: body.roles.as_ref().map(|roles| roles.iter().map(String::as_str).collect()),
        end_sessions: body.end_sessions.unwrap_or_default(),
    };
    Ok(Reply::ok(op.admin().change_user(id?, &change).await?.into()))
}

/// Deletes a user and all their data
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 204)))]
#[delete("/auth/admin/users/<id>")]
pub async fn delete(op: Op<'_>, id: Id) -> Answer<()> {
    op?.admin().delete_user(id?).await?;
    Ok(Reply::empty())
}

request_body! {
    pub struct RoleChange {
        /// Whether to end every session. Otherwise access tokens already issued keep the old roles until they expire.
        end_sessions: Option<bool>,
    }
}

/// Grants a role
#[utoipa::path(
    params(("id" = UserId, Path)), request_body = Option<RoleChange>,
    responses((status = 200, body = Person))
)]
#[put("/auth/admin/users/<id>/roles/<role>", data = "<body>")]
pub async fn grant(op: Op<'_>, id: Id, role: &str, body: Json<RoleChange>) -> Answer<Person> {
    let (op, body) = (op?, body.valid()?);
    let end = body.end_sessions.unwrap_or_default();
    Ok(Reply::ok(op.admin().grant(id?, role, end).await?.into()))
}

/// Revokes a role
#[utoipa::path(
    params(("id" = UserId, Path)), request_body = Option<RoleChange>,
    responses((status = 200, body = Person))
)]
#[delete("/auth/admin/users/<id>/roles/<role>", data = "<body>")]
pub async fn revoke(op: Op<'_>, id: Id, role: &str, body: Json<RoleChange>) -> Answer<Person> {
    let (op, body) = (op?, body.valid()?);
    let end = body.end_sessions.unwrap_or_default();
    Ok(Reply::ok(op.admin().revoke(id?, role, end).await?.into()))
}

/// Lists the roles that users have, with the number of users of each
#[utoipa::path(responses((status = 200, body = Vec<RoleView>)))]
#[get("/auth/admin/roles")]
pub async fn roles(op: Op<'_>) -> Answer<Vec<RoleView>> {
    let all = op?.admin().roles().await?;
    Ok(Reply::ok(all.into_iter().map(RoleView::from).collect()))
}

/// Lists a user's active sessions, last used first
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 200, body = Vec<SessionView>)))]
#[get("/auth/admin/users/<id>/sessions")]
pub async fn sessions(op: Op<'_>, id: Id) -> Answer<Vec<SessionView>> {
    let op = op?;
    let own = Some(op.r.by.session.id);
    let all = op.admin().sessions_of(id?).await?;
    Ok(Reply::ok(all.into_iter().map(|s| SessionView::new(s, own)).collect()))
}

/// Ends every session of a user
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 204)))]
#[delete("/auth/admin/users/<id>/sessions")]
pub async fn end_sessions(op: Op<'_>, id: Id) -> Answer<()> {
    op?.admin().end_sessions_of(id?).await?;
    Ok(Reply::empty())
}

/// Ends one session of a user
#[utoipa::path(
    params(("id" = UserId, Path), ("session" = SessionId, Path)), responses((status = 204))
)]
#[delete("/auth/admin/users/<id>/sessions/<session>")]
pub async fn end_session(op: Op<'_>, id: Id, session: Result<SessionId, Error>) -> Answer<()> {
    op?.admin().end_session_of(id?, session?).await?;
    Ok(Reply::empty())
}

/// Lists the mails to a user, newest first, without their texts and links
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 200, body = Vec<MailView>)))]
#[get("/auth/admin/users/<id>/mails")]
pub async fn mails(op: Op<'_>, id: Id) -> Answer<Vec<MailView>> {
    let all = op?.admin().mails_of(id?).await?;
    Ok(Reply::ok(all.into_iter().map(MailView::from).collect()))
}

/// Lists the audit events of a user's account, newest first
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 200, body = Listed<AuditView>)))]
#[get("/auth/admin/users/<id>/history?<cursor>")]
pub async fn history(op: Op<'_>, id: Id, cursor: Option<&str>) -> Answer<Listed<AuditView>> {
    let (op, id) = (op?, id?);
    let page = op.admin().history_of(id, cursor).await?;
    let path = format!("/auth/admin/users/{}/history", id.0);
    let link = |cursor: &str| op.link(&format!("{path}?cursor={cursor}"));
    Ok(Reply::ok(Listed::new(page, link)))
}

/// Mails a user a link that resets their password
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 202)))]
#[post("/auth/admin/users/<id>/send-reset")]
pub async fn send_reset(op: Op<'_>, id: Id) -> Answer<()> {
    op?.admin().send_reset(id?).await?;
    Ok(Reply::without_body(Status::Accepted))
}

/// Mails a user a link that confirms their address, unless it is already confirmed
#[utoipa::path(params(("id" = UserId, Path)), responses((status = 202)))]
#[post("/auth/admin/users/<id>/send-confirmation")]
pub async fn send_confirmation(op: Op<'_>, id: Id) -> Answer<()> {
    op?.admin().send_confirmation(id?).await?;
    Ok(Reply::without_body(Status::Accepted))
}
