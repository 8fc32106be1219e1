//! The addresses that forms are sent to, opened as pages: by whoever asks anew for what a form has led
//! to, or comes back to it later.
use super::{
    account::{profile, sessions},
    confirm_email::Confirm,
};
use crate::{view::View, web::reply::json::Reply};
use rocket::{
    Data, Request, Route,
    http::Method,
    route::{Handler, Outcome},
};

/// Each with the page that its form is on.
const FORMS: [(&str, &str); 9] = [
    ("/account/profile", profile::PATH),
    ("/account/email", profile::PATH),
    ("/account/email/resend", profile::PATH),
    ("/account/password", profile::PATH),
    ("/account/delete", profile::PATH),
    ("/account/sessions/others", sessions::PATH),
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

pub fn routes() -> Vec<Route> {
    FORMS.map(|(form, page)| Route::new(Method::Get, form, To(page))).into()
}
