//! What operators do over the API: users, the audit log, mails, keys, figures. Each handler takes an
//! [`Operating`], and the flows decide what is that operator's to do.
mod log;
mod users;
mod view;

use crate::{
    flows::{Error, UserId},
    web::{body::JsonBody, guards::Operating, problem::Problem, reply::Reply},
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
        log::prove,
        log::overview,
        log::audit,
        log::audit_kinds,
        log::mails,
        log::retry_mail,
        log::keys,
        log::rotate_keys,
        log::drop_key,
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
    log::prove,
    log::overview,
    log::audit,
    log::audit_kinds,
    log::mails,
    log::retry_mail,
    log::keys,
    log::rotate_keys,
    log::drop_key,
))]
pub struct Docs;

/// What is no id is nobody's.
fn user_id(text: &str) -> Result<UserId, Error> {
    text.parse().map(UserId).map_err(|_| Error::NotFound)
}
