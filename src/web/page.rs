//! HTML pages from views.
use super::{client::caller, problem::Problem};
use crate::{
    flows::{Auth, Error},
    view::View,
};
use rocket::{
    Request, Response,
    http::{ContentType, Status},
    response::{self, Responder},
};
use serde::Serialize;

/// A page with a status.
pub struct Page<V>(pub Status, pub V);

impl<'r, V: View> Responder<'r, 'static> for Page<V> {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        let language = caller(req).language;
        let Some(auth) = req.rocket().state::<Auth>() else {
            return Err(Status::InternalServerError);
        };
        match auth.templates().render(language, &self.1) {
            Ok(html) => Response::build_from(html.respond_to(req)?)
                .status(self.0)
                .header(ContentType::HTML)
                .raw_header("Cache-Control", "no-store")
                .raw_header("Content-Language", language.tag())
                .ok(),
            Err(e) => Problem::from(Error::internal(e)).respond_to(req),
        }
    }
}

#[derive(Serialize)]
pub struct ErrorPage {
    pub status: u16,
    pub title: String,
    pub detail: String,
}

impl View for ErrorPage {
    const TEMPLATE: &'static str = "pages/error.html";
}
