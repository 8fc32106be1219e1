//! The pages for operators. The flows decide what an operator may do.
mod audit;
mod invitations;
mod keys;
mod outbox;
mod overview;
mod reauthenticate;
mod settings;
mod user;
mod users;
mod views;

use super::{Sent, answer};
use crate::{
    flows,
    view::View,
    web::{self, AdminContext, Notice, Reply},
};
use futures_util::{
    FutureExt as _,
    future::{self, BoxFuture},
};
use rocket::{Either, Route, routes};
use serde::Serialize;
use url::form_urlencoded;

/// The routes of the pages for operators.
pub fn routes() -> Vec<Route> {
    routes![
        overview::page,
        users::page,
        user::page,
        user::act,
        invitations::page,
        invitations::invite,
        invitations::revoke,
        settings::page,
        settings::change,
        settings::reset,
        settings::undo,
        audit::page,
        outbox::page,
        outbox::retry,
        keys::page,
        keys::rotate,
        reauthenticate::page,
        reauthenticate::prove,
    ]
}

type At<'r> = web::Result<AdminContext<'r>>;

impl AdminContext<'_> {
    fn operator(&self) -> AdminFrame {
        AdminFrame { name: self.r.by.user.email.clone(), superuser: self.op.is_superuser() }
    }

    /// A redirect to `path`, which shows `notice`.
    fn back(&self, path: &str, notice: Notice) -> Reply<()> {
        Reply::see(path.to_owned()).with_notice(self.r.auth, notice)
    }
}

/// The operator, as the frame of the pages shows them.
#[derive(Serialize)]
pub struct AdminFrame {
    name: String,
    superuser: bool,
}

/// The reply to a form: a redirect, the page again with the error, or a redirect to re-authenticate.
fn decide<'a, V: View + Send + 'a>(
    done: web::Result<Reply<()>>,
    form: &'static str,
    path: &str,
    view: impl Future<Output = flows::Result<V>> + Send + 'a,
) -> BoxFuture<'a, Sent<V>> {
    match done {
        Err(web::Error::Flow(flows::Error::PasswordRequired)) => {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            let there = Reply::see(format!("{}?next={next}", reauthenticate::Prove::PATH));
            future::ready(Ok(Either::Left(there))).boxed()
        }
        done => answer(done, form, view),
    }
}

/// The URL of another page of a list.
fn link(path: &str, query: Option<String>) -> Option<String> {
    query.map(|query| format!("{path}?{query}"))
}
