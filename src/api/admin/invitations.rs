//! Invitations, for admins.
use super::{Answer, Op};
use crate::{
    field_error::FieldError,
    flows::{Error, Invitation, NewInvitation},
    time::Timestamp,
    web::{Json, Reply, request_body},
};
use rocket::{delete, get, http::Status, post};
use serde::Serialize;
use utoipa::ToSchema;

/// The number of invitations on a page.
const PAGE: u32 = 50;

/// An invitation that can still be used.
#[derive(Serialize, ToSchema)]
#[schema(as = Invitation)]
pub struct InvitationView {
    id: i64,
    email: String,
    /// The roles of the user who accepts it.
    roles: Vec<String>,
    invited_by: Inviter,
    created_at: Timestamp,
    expires_at: Timestamp,
}

#[derive(Serialize, ToSchema)]
pub struct Inviter {
    id: i64,
    email: String,
}

impl From<Invitation> for InvitationView {
    fn from(i: Invitation) -> Self {
        Self {
            id: i.id,
            email: i.email,
            roles: i.roles.0,
            invited_by: Inviter { id: i.invited_by.0, email: i.inviter },
            created_at: i.created_at,
            expires_at: i.expires_at,
        }
    }
}

#[derive(Serialize, ToSchema)]
pub struct Invitations {
    /// The URL of the next page; null if there is none.
    next: Option<String>,
    results: Vec<InvitationView>,
}

/// Lists the invitations that can still be used, newest first
#[utoipa::path(
    params(("cursor" = Option<i64>, Query, description = "From `next`")),
    responses((status = 200, body = Invitations))
)]
#[get("/auth/admin/invitations?<cursor>")]
pub async fn list(op: Op<'_>, cursor: Option<&str>) -> Answer<Invitations> {
    let op = op?;
    let cursor =
        cursor.map(|c| c.parse::<i64>().map_err(|_| Error::field("cursor", FieldError::Unknown)));
    let all = op.admin().invitations(cursor.transpose()?, PAGE).await?;
    let full = all.len() == PAGE as usize;
    let next = all
        .last()
        .filter(|_| full)
        .map(|last| op.link(&format!("/auth/admin/invitations?cursor={}", last.id)));
    Ok(Reply::ok(Invitations { next, results: all.into_iter().map(Into::into).collect() }))
}

request_body! {
    pub struct InvitationBody {
        email: String,
        /// The roles of the user who accepts it. The inviter must have them.
        #[schema(required = false, nullable)]
        roles: Vec<String>,
        /// The language of the mail: `en` or `ru`. By default, the language of the service.
        language: Option<String>,
    }
}

/// Mails an invitation. It replaces any other to that address
#[utoipa::path(responses((status = 201, body = InvitationView)))]
#[post("/auth/admin/invitations", data = "<body>")]
pub async fn invite(op: Op<'_>, body: Json<InvitationBody>) -> Answer<InvitationView> {
    let (op, body) = (op?, body.valid()?);
    let roles: Vec<_> = body.roles.iter().map(String::as_str).collect();
    let language = body.language.as_deref();
    let new = NewInvitation { email: &body.email, roles: &roles, language };
    Ok(Reply::with(Status::Created, op.admin().invite(new).await?.into()))
}

/// Revokes an invitation
#[utoipa::path(params(("id" = i64, Path)), responses((status = 204)))]
#[delete("/auth/admin/invitations/<id>")]
pub async fn revoke(op: Op<'_>, id: Option<i64>) -> Answer<()> {
    op?.admin().revoke_invitation(id.ok_or(Error::NotFound)?).await?;
    Ok(Reply::empty())
}
