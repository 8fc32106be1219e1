//! [`OneRequest`]: one time limit for all the time that a request waits for the database.
use crate::flows::as_one_request;
use rocket::{
    Data, Request,
    route::{Handler, Outcome},
};

/// Wraps a handler. The handler and its guards wait for the database for at most 2.5 s in total.
#[derive(Clone)]
pub struct OneRequest(pub Box<dyn Handler>);

#[rocket::async_trait]
impl Handler for OneRequest {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        as_one_request(self.0.handle(req, data)).await
    }
}
