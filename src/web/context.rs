//! What a handler needs to act for the user of a request.
use super::{
    Error,
    guards::SignedIn,
    request::{caller::caller, language},
};
use crate::{
    config::Language,
    flows::{Admin, Auth, Caller, Operator, SignedIn as Proven},
};
use rocket::{
    Request,
    http::Status,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

/// A user who is logged in.
pub struct UserContext<'r> {
    pub auth: &'r Auth,
    pub caller: &'r Caller,
    pub by: Proven,
    /// The language of pages.
    pub language: Language,
}

/// An operator.
pub struct AdminContext<'r> {
    pub r: UserContext<'r>,
    pub op: Operator,
}

impl AdminContext<'_> {
    /// The flows of this operator.
    pub fn admin(&self) -> Admin<'_> {
        self.r.auth.admin(&self.op)
    }

    /// The URL of `path`, which starts with a slash.
    pub fn link(&self, path: &str) -> String {
        self.r.auth.config().link(path)
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for UserContext<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        let SignedIn(by) = try_outcome!(req.guard::<SignedIn>().await);
        match req.rocket().state::<Auth>() {
            Some(auth) => {
                let language = language::of_reader(req, Some(&by.user));
                Outcome::Success(Self { auth, caller: caller(req), by, language })
            }
            None => Outcome::Forward(Status::InternalServerError),
        }
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for AdminContext<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        let r = try_outcome!(req.guard::<UserContext<'r>>().await);
        match Operator::new(r.caller, r.by.clone()) {
            Ok(op) => Outcome::Success(Self { r, op }),
            Err(e) => Outcome::Error((Status::Forbidden, e.into())),
        }
    }
}
