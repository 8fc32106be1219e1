//! People who use a service, each with their own browser.
use super::{
    request::{Reply, raw},
    service::Service,
};
use rocket::http::Method;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Mutex};

/// The password of every person.
pub const PASSWORD: &str = "correct horse battery";
/// The origin of our own pages.
pub const ORIGIN: &str = "http://localhost:8000";

/// A person with their own browser.
pub struct Person<'s> {
    pub service: &'s Service,
    pub name: String,
    pub id: i64,
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub access: Mutex<Option<String>>,
}

impl Person<'_> {
    pub fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The same browser, pointed at another server.
    pub fn at<'o>(&self, service: &'o Service) -> Person<'o> {
        Person {
            service,
            name: self.name.clone(),
            id: self.id,
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
            access: Mutex::new(self.access()),
        }
    }

    pub fn access(&self) -> Option<String> {
        self.access.lock().unwrap().clone()
    }

    /// Forgets the access token, so that only the cookies remain.
    pub fn forget_access(&self) -> &Self {
        *self.access.lock().unwrap() = None;
        self
    }

    pub fn refresh_cookie(&self) -> Option<String> {
        self.cookies.lock().unwrap().get("__Host-portcullis").cloned()
    }

    pub async fn login(&self) -> Reply {
        self.login_with(json!({ "email": self.email(), "password": PASSWORD })).await
    }

    pub async fn login_with(&self, body: Value) -> Reply {
        self.keep(self.post("/auth/login", body).await)
    }

    /// Refreshes by cookie, and remembers the new tokens.
    pub async fn refresh(&self) -> Reply {
        self.keep(self.send(Method::Post, "/auth/refresh", None, &[]).await)
    }

    /// Remembers the access token of a reply.
    pub fn keep(&self, reply: Reply) -> Reply {
        if let Some(token) = reply.body["token"].as_str() {
            *self.access.lock().unwrap() = Some(token.to_owned());
        }
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::Get, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.json(Method::Post, path, body).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Reply {
        let kind = [("Content-Type", "application/json")];
        self.send(method, path, Some(body.to_string()), &kind).await
    }

    /// Sends what a browser on one of our pages sends: its cookies and origin; and the access token.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&'static str, &str)],
    ) -> Reply {
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
        let bearer = self.access().map(|token| format!("Bearer {token}"));
        let mut all: Vec<(&'static str, String)> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let has = |all: &[(&str, String)], name| all.iter().any(|(n, _)| *n == name);
        if !cookies.is_empty() && !has(&all, "Cookie") {
            all.push(("Cookie", cookies.join("; ")));
        }
        if method != Method::Get && !has(&all, "Origin") {
            all.push(("Origin", ORIGIN.to_owned()));
        }
        if let Some(bearer) = bearer
            && !has(&all, "Authorization")
        {
            all.push(("Authorization", bearer));
        }
        let reply = raw(self.service, method, path, body, &all).await;
        let mut jar = self.cookies.lock().unwrap();
        for cookie in reply.headers.iter().filter(|(n, _)| n == "set-cookie") {
            let cookie = rocket::http::Cookie::parse(cookie.1.clone()).unwrap();
            if cookie.max_age() == Some(time::Duration::ZERO) {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        drop(jar);
        reply
    }
}
