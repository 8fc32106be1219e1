//! Somebody else's Rocket application with Portcullis in it: `cargo run --example rocket-app`.
#![allow(clippy::needless_pass_by_value, reason = "Rocket hands guards over")]
use portcullis::{Admin, Role, RoleName, SignedIn, Verified};
use rocket::{Build, Rocket, Route, get, launch, routes};

/// A role of this application's own.
struct Editor;

impl RoleName for Editor {
    const NAME: &'static str = "EDITOR";
}

#[get("/hello")]
fn hello(who: SignedIn) -> String {
    format!("Hello, {}!", who.0.user.email)
}

/// Asks no database: the token says who it is.
#[get("/fast")]
fn fast(who: Verified) -> String {
    format!("User {}", who.0.user_id)
}

#[get("/articles/new")]
fn write(editor: Role<Editor>) -> String {
    format!("{} may write", editor.0.email)
}

#[get("/figures")]
fn figures(_admin: Admin) -> &'static str {
    "for admins"
}

pub fn application() -> Vec<Route> {
    routes![hello, fast, write, figures]
}

#[launch]
fn rocket() -> Rocket<Build> {
    rocket::build()
        .attach(portcullis::stage())
        .mount("/app", application())
        // Optional: the guards' errors in Portcullis' words.
        .register("/app", portcullis::catchers())
}
