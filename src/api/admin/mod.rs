//! The API for operators: users, the audit log, mails, keys, figures. Each handler takes an [`Operating`],
//! and the flows decide what that operator may do.
mod audit;
pub mod invitations;
mod keys;
mod outbox;
mod reauthenticate;
pub mod settings;
mod stats;
mod users;
mod views;

use crate::{
    flows::{Error, UserId},
    web::{
        self,
        guards::Operating,
        reply::{json::Reply, problem::Problem},
        request::body::JsonBody,
    },
};
use rocket::{Route, routes};
use utoipa::OpenApi;

type Answer<T> = Result<Reply<T>, Problem>;
type Op = web::Result<Operating>;
type Sent = web::Result<JsonBody>;

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
        reauthenticate::prove,
        stats::overview,
        audit::list,
        audit::kinds,
        outbox::list,
        outbox::retry,
        keys::list,
        keys::rotate,
        keys::revoke,
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
    reauthenticate::prove,
    stats::overview,
    audit::list,
    audit::kinds,
    outbox::list,
    outbox::retry,
    keys::list,
    keys::rotate,
    keys::revoke,
))]
pub struct Docs;

/// Parses an id. An invalid one is treated as not found.
fn user_id(text: &str) -> Result<UserId, Error> {
    text.parse().map(UserId).map_err(|_| Error::NotFound)
}
