//! What operators do over the API: users, the audit log, mails, keys, figures. Each handler takes an
//! [`Operating`], and the flows decide what is that operator's to do.
mod audit;
pub mod invitations;
pub mod settings;
mod users;
mod views;

use crate::{
    flows::{Error, UserId},
    web::{
        guards::Operating,
        reply::{json::Reply, problem::Problem},
        request::body::JsonBody,
    },
};
use rocket::{Route, routes};
use utoipa::OpenApi;

type Answer<T> = Result<Reply<T>, Problem>;
type Op = Result<Operating, Error>;
type Sent = Result<JsonBody, Error>;

pub fn routes() -> Vec<Route> {
    routes![
        users::list,
        users::show,
        users::change,
        users::delete,
        users::grant,
        users::revoke,
        users::roles,
        users::sessions,
        users::end_sessions,
        users::end_session,
        users::mails,
        users::history,
        users::send_reset,
        users::send_confirmation,
        audit::prove,
        audit::overview,
        audit::audit,
        audit::audit_kinds,
        audit::mails,
        audit::retry_mail,
        audit::keys,
        audit::rotate_keys,
        audit::drop_key,
    ]
}

#[derive(OpenApi)]
#[openapi(paths(
    users::list,
    users::show,
    users::change,
    users::delete,
    users::grant,
    users::revoke,
    users::roles,
    users::sessions,
    users::end_sessions,
    users::end_session,
    users::mails,
    users::history,
    users::send_reset,
    users::send_confirmation,
    audit::prove,
    audit::overview,
    audit::audit,
    audit::audit_kinds,
    audit::mails,
    audit::retry_mail,
    audit::keys,
    audit::rotate_keys,
    audit::drop_key,
))]
pub struct Docs;

/// What is no id is nobody's.
fn user_id(text: &str) -> Result<UserId, Error> {
    text.parse().map(UserId).map_err(|_| Error::NotFound)
}
