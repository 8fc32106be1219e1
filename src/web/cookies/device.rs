//! The cookie of a known device, with which nobody else can use up the budget of logins from it.
use super::{keep, value};
use crate::config::Config;
use rocket::Request;

/// The lifetime of the cookie in days. Browsers keep none for longer (RFC 6265bis, 5.5).
const DAYS: i64 = 400;

const PURPOSE: &str = "device";

/// The cookie that stores `device`.
pub fn cookie(config: &Config, device: String) -> String {
    keep(config, PURPOSE, device, time::Duration::days(DAYS))
}

/// The value of the cookie of a request. It is not verified.
pub fn read<'r>(req: &'r Request<'_>) -> Option<&'r str> {
    value(req, PURPOSE)
}
