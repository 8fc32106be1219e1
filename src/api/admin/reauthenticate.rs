//! Re-authentication of operators, for operations that require a recent password.
use super::{Answer, Op};
use crate::{
    api::account::Proof,
    flows::Auth,
    web::{
        self,
        reply::json::Reply,
        request::{caller::Client, json::Json},
    },
};
use rocket::{State, post};

/// Re-authenticates with the password: operations that require a recent password work for ten minutes
#[utoipa::path(responses((status = 204), (status = 429)))]
#[post("/auth/admin/prove", data = "<body>")]
pub async fn prove(
    auth: &State<Auth>,
    client: Client<'_>,
    by: Op,
    body: Json<Proof>,
) -> Answer<()> {
    let (op, body) = (by?.0, body.valid()?);
    let by = op.signed_in().ok_or(web::Error::Unauthenticated)?;
    auth.confirm_password(&client, by, &body.password).await?;
    Ok(Reply::empty())
}
