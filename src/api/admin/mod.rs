//! What operators do over the API: users, the audit log, mails, keys, figures. Each handler takes an
//! [`Operating`], and the flows decide what is that operator's to do.
mod audit;
mod invitations;
mod settings;
mod users;
mod views;

use crate::{
    flows::Error,
    web::{
        endpoints::{Endpoints, endpoints},
        guards::Operating,
        reply::{json::Reply, problem::Problem},
    },
};

type Answer<T> = Result<Reply<T>, Problem>;
type Op = Result<Operating, Error>;

pub fn endpoints() -> Endpoints {
    endpoints![
        "admin",
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
        settings::show,
        settings::change,
        settings::undo,
        invitations::list,
        invitations::invite,
        invitations::revoke,
    ]
}
