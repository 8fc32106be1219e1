//! The front page.
use crate::{flows::Auth, view::View, web::page::Page};
use rocket::{State, get, http::Status};
use serde::Serialize;

#[derive(Serialize)]
struct Front {
    /// Whether mails are kept and shown.
    mails: bool,
}

impl View for Front {
    const TEMPLATE: &'static str = "pages/front.html";
}

#[get("/")]
pub fn front(auth: &State<Auth>) -> Page<impl View + use<>> {
    Page(Status::Ok, Front { mails: auth.mailer().kept().is_some() })
}
