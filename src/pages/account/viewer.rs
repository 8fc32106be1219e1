//! [`Reader`]: who reads a page of an account.
use crate::{
    config::Language,
    flows::{Auth, Caller, SignedIn as Proven},
    time::Timestamp,
    view::Moment,
    web::{
        Error,
        guards::SignedIn,
        request::{caller::caller, language},
    },
};
use rocket::{
    Request,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

/// A user who is logged in, with what every page of an account needs.
pub struct Reader<'r> {
    pub auth: &'r Auth,
    pub caller: &'r Caller,
    pub by: Proven,
    pub language: Language,
}

impl Reader<'_> {
    /// A point in the past, in the reader's language.
    pub fn moment(&self, at: Timestamp) -> Moment {
        Moment::new(self.language, at, self.auth.clock().now())
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Reader<'r> {
    type Error = Error;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Error> {
        let SignedIn(by) = try_outcome!(req.guard::<SignedIn>().await);
        match req.rocket().state::<Auth>() {
            Some(auth) => {
                let language = language::of_reader(req, Some(&by.user));
                Outcome::Success(Self { auth, caller: caller(req), by, language })
            }
            None => Outcome::Forward(rocket::http::Status::InternalServerError),
        }
    }
}
