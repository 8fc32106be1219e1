//! `/`: to the account, or to the login.
use super::{account::profile, login};
use crate::{
    flows::Error,
    web::{guards::SignedIn, reply::json::Reply},
};
use rocket::get;

#[get("/")]
pub fn front(by: Result<SignedIn, Error>) -> Reply<()> {
    Reply::see(by.map_or(login::PATH, |_| profile::PATH))
}
