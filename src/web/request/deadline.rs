//! [`OneRequest`]: the connections of a request share one patience with the database.
use crate::flows::as_one_request;
use rocket::{
    Data, Request,
    route::{Handler, Outcome},
};

/// A handler, whose guards and work wait for the database for 2.5 s in all.
#[derive(Clone)]
pub struct OneRequest(pub Box<dyn Handler>);

#[rocket::async_trait]
impl Handler for OneRequest {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        as_one_request(self.0.handle(req, data)).await
    }
}
