//! The API for operators: users, the audit log, mails, keys, statistics. Each handler takes an
//! [`AdminContext`], and the flows decide what that operator may do.
mod audit;
mod invitations;
mod keys;
mod outbox;
mod reauthenticate;
mod settings;
mod stats;
mod users;
mod views;

use crate::web::{self, AdminContext, Endpoints, Problem, Reply, endpoints};

type Answer<T> = Result<Reply<T>, Problem>;
type Op<'r> = web::Result<AdminContext<'r>>;

/// The operations of operators.
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
        users::factors,
        users::reset_factors,
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
        settings::show,
        settings::change,
        settings::undo,
        invitations::list,
        invitations::invite,
        invitations::revoke,
    ]
}
