//! [`OneRequest`]: all waits of a request for the database share one time limit.
use crate::flows::as_one_request;
use rocket::{
    Data, Request,
    route::{Handler, Outcome},
};

/// A handler. It and its guards wait for the database for 2.5 s in total.
#[derive(Clone)]
pub struct OneRequest(pub Box<dyn Handler>);

#[rocket::async_trait]
impl Handler for OneRequest {
    async fn handle<'r>(&self, req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r> {
        as_one_request(self.0.handle(req, data)).await
    }
}
