//! The HTML pages.
mod confirm;
mod dev_mail;
mod front;
mod reset;

use rocket::{Route, get, http::ContentType, routes};

pub fn routes() -> Vec<Route> {
    routes![
        front::front,
        confirm::page,
        confirm::confirm,
        reset::page,
        reset::reset,
        dev_mail::page,
        dev_mail::json,
        style,
    ]
}

/// What all pages look like.
#[get("/static/portcullis.css")]
fn style() -> (ContentType, &'static str) {
    (ContentType::CSS, include_str!("portcullis.css"))
}
