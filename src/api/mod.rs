//! The native JSON API.
pub mod account;
pub mod admin;
pub mod health;
pub mod metrics;
pub mod sessions;
mod views;
pub mod well_known;

use crate::flows::surface::{Envelope, Rotation, Surface};
use rocket::{Route, routes};
use utoipa::OpenApi;
pub use views::UserView;

/// The refresh token travels in the cookie, as a bare UUID.
pub const SURFACE: Surface = Surface {
    client: "native",
    envelope: Envelope::Uuid,
    rotation: Rotation::Grace,
    superusers: true,
    legacy: false,
};

pub fn routes() -> Vec<Route> {
    routes![
        account::register,
        account::me,
        account::change_me,
        account::delete_me,
        account::change_password,
        account::forgot_password,
        account::reset_password,
        account::change_email,
        account::confirm_email,
        account::resend_confirmation,
        sessions::login,
        sessions::refresh,
        sessions::logout,
        sessions::logout_all,
        sessions::list,
        sessions::end,
        sessions::verify,
        admin::settings::show,
        admin::settings::change,
        admin::settings::undo,
        admin::invitations::list,
        admin::invitations::invite,
        admin::invitations::revoke,
    ]
}

#[derive(OpenApi)]
#[openapi(paths(
    account::register,
    account::me,
    account::change_me,
    account::delete_me,
    account::change_password,
    account::forgot_password,
    account::reset_password,
    account::change_email,
    account::confirm_email,
    account::resend_confirmation,
    sessions::login,
    sessions::refresh,
    sessions::logout,
    sessions::logout_all,
    sessions::list,
    sessions::end,
    sessions::verify,
    admin::settings::show,
    admin::settings::change,
    admin::settings::undo,
    admin::invitations::list,
    admin::invitations::invite,
    admin::invitations::revoke,
))]
pub struct Docs;
