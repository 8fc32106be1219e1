//! The native JSON API.
mod account;
mod admin;
mod health;
mod mail_login;
mod metrics;
mod sessions;
mod views;
mod well_known;

use crate::{flows::surface::Surface, web::Endpoints};
pub use views::UserView;

/// The refresh token is in the cookie, as a UUID.
pub const SURFACE: Surface = Surface::native("native");

/// The endpoints to mount and to document. Those of the metrics only if `metrics` is true, and those of the
/// login by mail only if `login_by_mail` is.
pub fn endpoints(metrics: bool, login_by_mail: bool) -> Vec<Endpoints> {
    let mut all = vec![account::endpoints(), sessions::endpoints(), admin::endpoints()];
    if login_by_mail {
        all.push(mail_login::endpoints());
    }
    all.extend([well_known::endpoints(), health::endpoints()]);
    if metrics {
        all.push(metrics::endpoints());
    }
    all
}
