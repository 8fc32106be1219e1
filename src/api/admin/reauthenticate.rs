//! Re-authentication of operators, for operations that require a recent password.
use super::{Answer, Op};
use crate::{
    api::account::Proof,
    web::{Json, Reply},
};
use rocket::post;

/// Re-authenticates with the password: operations that require a recent password work for ten minutes
#[utoipa::path(responses((status = 204), (status = 429)))]
#[post("/auth/admin/prove", data = "<body>")]
pub async fn prove(op: Op<'_>, body: Json<Proof>) -> Answer<()> {
    let (op, body) = (op?, body.valid()?);
    op.r.auth.confirm_password(op.r.caller, &op.r.by, &body.password).await?;
    Ok(Reply::empty())
}
