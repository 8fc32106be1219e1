//! What a person does with the pages: open links, fill in forms, follow redirects.
use super::{
    person::{PASSWORD, Person},
    request::Reply,
    service::Service,
};
use rocket::http::Method;

/// The content type of a form.
pub const FORM_HEADER: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");
/// The cookie with the refresh token.
pub const SESSION: &str = "__Host-portcullis";

impl Person<'_> {
    /// Opens a page, fills in one of its forms and sends it.
    pub async fn submit(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        let opened = self.get(page).await;
        let form = format!("action=\"{to}\"");
        assert!(opened.text.contains(&form), "{to} is not on the page: {opened:?}");
        self.ask(page, to, fields).await
    }

    /// Sends a form with the CSRF token of a page, whether or not the page shows that form.
    pub async fn ask(&self, page: &str, to: &str, fields: &[(&str, &str)]) -> Reply {
        let page = self.get(page).await;
        assert_eq!(page.status, 200, "{page:?}");
        let csrf = page.text.split("name=\"csrf_token\" value=\"").nth(1).unwrap();
        let csrf = csrf.split_once('"').unwrap().0;
        let mut body = url::form_urlencoded::Serializer::new(String::new());
        body.append_pair("csrf_token", csrf).extend_pairs(fields);
        self.send(Method::Post, to, Some(body.finish()), &[FORM_HEADER]).await
    }

    /// Follows a redirect to `to` and returns the page there.
    pub async fn follow(&self, reply: &Reply, to: &str) -> Reply {
        assert_eq!((reply.status, reply.header("location")), (303, Some(to)), "{reply:?}");
        self.get(to).await
    }

    /// Opens the mailed link that confirms an email and returns the page that it redirects to.
    pub async fn open_link(&self, token: &str) -> Reply {
        self.follow(&self.get(&format!("/confirm-email?token={token}")).await, "/confirm-email")
            .await
    }

    /// Whether the browser has the cookie with the refresh token.
    pub fn has_session(&self) -> bool {
        self.cookies.lock().unwrap().contains_key(SESSION)
    }

    /// Logs in through the page, with a lasting cookie.
    pub async fn log_in(&self) -> Reply {
        let fields = [("login", &*self.email()), ("password", PASSWORD), ("remember", "on")];
        self.submit("/login", "/login", &fields).await
    }
}

/// A person who is logged in through the page.
pub async fn visitor<'s>(service: &'s Service, name: &str) -> Person<'s> {
    let person = service.registered(name).await;
    person.follow(&person.log_in().await, "/account").await;
    person
}

/// Checks that a reply contains `text`.
pub fn says(reply: &Reply, text: &str) {
    assert!(reply.text.contains(text), "{text}: {}", reply.text);
}
