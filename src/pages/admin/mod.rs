//! The admin zone: the flows of operators as pages. What is whose to do is decided by the flows.
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
    flows::{Admin, Error, Operator},
    view::View,
    web::reply::{flash::Notice, json::Reply},
};
use rocket::{
    Either, Request, Route,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
    routes,
};
use serde::Serialize;
use url::form_urlencoded;

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

/// An operator, with what every page of the zone is made from.
pub struct AdminContext<'r> {
    pub r: Reader<'r>,
    pub op: Operator,
}

type At<'r> = Result<AdminContext<'r>, Error>;

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AdminContext<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        let r = try_outcome!(req.guard::<Reader<'r>>().await);
        match Operator::new(r.caller, r.by.clone()) {
            Ok(op) => Outcome::Success(Self { r, op }),
            Err(e) => Outcome::Error((rocket::http::Status::Forbidden, e)),
        }
    }
}

impl AdminContext<'_> {
    /// What the operator does.
    fn admin(&self) -> Admin<'_> {
        self.r.auth.admin(&self.op)
    }

    fn operator(&self) -> AdminFrame {
        AdminFrame { name: self.r.by.user.email.clone(), superuser: self.op.is_superuser() }
    }

    /// Back to `path`, where `notice` is told.
    fn back(&self, path: &str, notice: Notice) -> Reply<()> {
        Reply::see(path.to_owned()).telling(self.r.auth, notice)
    }
}

/// Who runs the place, as the frame of its pages shows it.
#[derive(Serialize)]
pub struct AdminFrame {
    name: String,
    superuser: bool,
}

/// Onward, or back to the page, or to where the password is asked for again.
fn decide<V: View>(
    done: Result<Reply<()>, Error>,
    form: &'static str,
    path: &str,
    view: impl FnOnce() -> V,
) -> Sent<V> {
    match done {
        Err(Error::PasswordRequired) => {
            let next: String = form_urlencoded::byte_serialize(path.as_bytes()).collect();
            Ok(Either::Left(Reply::see(format!("{}?next={next}", reauthenticate::Prove::PATH))))
        }
        done => answer(done, form, view),
    }
}

/// The address of another page of a list.
fn link(path: &str, query: Option<String>) -> Option<String> {
    query.map(|query| format!("{path}?{query}"))
}
