//! Who reads a page of an account.
use crate::{
    config::Language,
    flows::{Auth, Caller, Error, SignedIn as Proven},
    time::Timestamp,
    view::Moment,
    web::{
        guards::SignedIn,
        request::client::{caller, language},
    },
};
use rocket::{
    Request,
    outcome::try_outcome,
    request::{FromRequest, Outcome},
};

/// Somebody who is signed in, with what every page of an account is made from.
pub struct Reader<'r> {
    pub auth: &'r Auth,
    pub caller: &'r Caller,
    pub by: Proven,
    pub language: Language,
}

impl Reader<'_> {
    /// A point in the past, in the reader's words.
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
            // The language after the guard, which knows the user's own.
            Some(auth) => {
                let (caller, language) = (caller(req), language(req));
                Outcome::Success(Self { auth, caller, by, language })
            }
            None => Outcome::Forward(rocket::http::Status::InternalServerError),
        }
    }
}
