//! Requests as they are sent, and replies as they arrive.
use super::{
    person::{ORIGIN, Person},
    service::Service,
};
use portcullis::Auth;
use rocket::{
    http::{Header, Method},
    local::asynchronous::LocalRequest,
};
use serde_json::Value;
use std::time::{Duration, Instant};

/// Sends a request with these headers and a default `Host`. A header with an empty value is left out.
pub async fn raw(
    service: &Service,
    method: Method,
    path: &str,
    body: Option<String>,
    headers: &[(&'static str, String)],
) -> Reply {
    let mut req = service.client.req(method, path.to_owned());
    req.set_remote("127.0.0.1:40000".parse().unwrap());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        req.add_header(Header::new("Host", "localhost:8000"));
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        req.add_header(Header::new(*name, value.clone()));
    }
    if let Some(body) = body {
        req.set_body(body);
    }
    dispatch(req).await
}

/// Sends a request as it is.
pub async fn dispatch(req: LocalRequest<'_>) -> Reply {
    let auth = req.inner().rocket().state::<Auth>().cloned();
    let start = Instant::now();
    let reply = req.dispatch().await;
    let took = start.elapsed();
    // Wait for the work that goes on after the reply, so that tests find it done.
    if let Some(auth) = auth {
        auth.settled().await;
    }
    let status = reply.status().code;
    let headers = reply
        .headers()
        .iter()
        .map(|h| (h.name.as_str().to_ascii_lowercase(), h.value.into_owned()))
        .collect();
    let text = reply.into_string().await.unwrap_or_default();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, headers, body, text, took }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// Null if the text is not JSON.
    pub body: Value,
    pub text: String,
    /// How long the reply took, without the work that goes on after it.
    pub took: Duration,
}

impl Reply {
    /// Checks the status of a reply and returns its body.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:#?}");
        &self.body
    }

    /// Checks the status and code of a problem and returns its body.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:#?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        &self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}

/// Presents a refresh token as a cookie, as a tab does that does not know of a newer one.
pub async fn present(ann: &Person<'_>, token: &str) -> Reply {
    let headers = [("Cookie", format!("__Host-portcullis={token}")), ("Origin", ORIGIN.to_owned())];
    raw(ann.service, Method::Post, "/auth/refresh", None, &headers).await
}

/// The value of the first cookie that a reply with status 200 sets.
pub fn cookie(reply: &Reply) -> String {
    reply.expect(200);
    let cookie = reply.header("set-cookie").unwrap();
    cookie.split(['=', ';']).nth(1).unwrap().to_owned()
}

/// A request with a cookie, as a browser on one of our pages sends it.
pub async fn by_cookie(
    service: &Service,
    path: &str,
    cookie: &str,
    body: serde_json::Value,
) -> Reply {
    let headers = [
        ("Cookie", format!("__Host-portcullis={cookie}")),
        ("Origin", ORIGIN.to_owned()),
        ("Content-Type", "application/json".to_owned()),
    ];
    raw(service, Method::Post, path, Some(body.to_string()), &headers).await
}

/// A request with an access token and nothing else.
pub async fn bearing(
    service: &Service,
    method: Method,
    path: &str,
    token: &str,
    body: Option<serde_json::Value>,
) -> Reply {
    let mut headers = vec![("Authorization", format!("Bearer {token}"))];
    if body.is_some() {
        headers.push(("Content-Type", "application/json".to_owned()));
    }
    raw(service, method, path, body.map(|b| b.to_string()), &headers).await
}
