//! The password of the operator again, for what requires it to be recent.
use super::{Answer, Op, Sent};
use crate::{
    api::account::Proof,
    flows::Auth,
    web::{self, reply::json::Reply, request::caller::Client},
};
use rocket::{State, post};

/// Takes the password again: for ten minutes more the acts go through that ask for it
#[utoipa::path(post, path = "/auth/admin/prove", tag = "admin", request_body = Proof,
    security(("access" = []), ("cookie" = [])),
    responses((status = 204)))]
#[post("/auth/admin/prove", data = "<body>")]
pub async fn prove(auth: &State<Auth>, client: Client<'_>, by: Op, body: Sent) -> Answer<()> {
    let (op, body) = (by?.0, body?);
    let password = body.read(|f| f.text("password"))?;
    let by = op.signed_in().ok_or(web::Error::Unauthenticated)?;
    auth.confirm_password(&client, by, password).await?;
    Ok(Reply::empty())
}
