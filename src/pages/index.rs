//! `/`: redirects to the account or to the login.
use super::paths;
use crate::web::{self, Reply, SignedIn};
use rocket::get;

#[get("/")]
pub fn front(by: web::Result<SignedIn>) -> Reply<()> {
    Reply::see(by.map_or(paths::LOGIN, |_| paths::ACCOUNT))
}
