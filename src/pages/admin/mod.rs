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

use super::{Sent, account::viewer::Reader, answer};
use crate::{
    flows::{self, Admin, Operator},
    view::View,
    web::{
        self,
        reply::{flash::Notice, json::Reply},
    },
};
use rocket::{
    Either, Request, Route,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
    routes,
};
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

/// An operator, with what every page for operators needs.
pub struct AdminContext<'r> {
    pub r: Reader<'r>,
    pub op: Operator,
}

type At<'r> = web::Result<AdminContext<'r>>;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AdminContext<'r> {
    type Error = web::Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, web::Error> {
        let r = try_outcome!(req.guard::<Reader<'r>>().await);
        match Operator::new(r.caller, r.by.clone()) {
            Ok(op) => Outcome::Success(Self { r, op }),
            Err(e) => Outcome::Error((rocket::http::Status::Forbidden, e.into())),
        }
    }
}

impl AdminContext<'_> {
    /// The flows of this operator.
    fn admin(&self) -> Admin<'_> {
        self.r.auth.admin(&self.op)
    }

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
async fn decide<V: View>(
    done: web::Result<Reply<()>>,
    form: &'static str,
    path: &str,
    view: impl Future<Output = flows::Result<V>>,
) -> Sent<V> {
    match done {
        Err(web::Error::Flow(flows::Error::PasswordRequired)) => {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            Ok(Either::Left(Reply::see(format!("{}?next={next}", reauthenticate::Prove::PATH))))
        }
        done => answer(done, form, view).await,
    }
}

/// The URL of another page of a list.
fn link(path: &str, query: Option<String>) -> Option<String> {
    query.map(|query| format!("{path}?{query}"))
}
