//! Redirects from the paths of forms, for readers who open them as pages, by a reload or a bookmark.
use super::{
    account::{security::Security, sessions},
    confirm_email::Confirm,
    paths,
};
use crate::{view::View, web::Reply};
use rocket::{
    Data, Request, Route,
    http::Method,
    route::{Handler, Outcome},
};

/// The path of each form, and the page that contains it.
const FORMS: [(&str, &str); 14] = [
    ("/account/profile", paths::ACCOUNT),
    ("/account/email", paths::ACCOUNT),
    ("/account/email/resend", paths::ACCOUNT),
    ("/account/password", paths::ACCOUNT),
    ("/account/delete", paths::ACCOUNT),
    ("/account/sessions/others", sessions::PATH),
    ("/account/security/totp", Security::PATH),
    ("/account/security/totp/confirm", Security::PATH),
    ("/account/security/totp/remove", Security::PATH),
    ("/account/security/recovery-codes", Security::PATH),
    ("/account/security/recovery-codes.txt", Security::PATH),
    ("/admin/settings/undo", "/admin/settings"),
    ("/admin/invitations/withdraw", "/admin/invitations"),
    ("/confirm-email/again", Confirm::PATH),
];

#[derive(Clone)]
struct To(&'static str);

#[rocket::async_trait]
impl Handler for To {
    async fn handle<'r>(&self, req: &'r Request<'_>, _: Data<'r>) -> Outcome<'r> {
        Outcome::from(req, Reply::see(self.0))
    }
}

/// The routes of the redirects.
pub fn routes() -> Vec<Route> {
    FORMS.map(|(form, page)| Route::new(Method::Get, form, To(page))).into()
}
