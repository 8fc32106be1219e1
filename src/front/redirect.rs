//! The port for http: a browser that asks for a page is sent to https. Programs are refused, so that a token
//! that a program sends in clear is noticed.
use super::{
    connection::Peer,
    reply::{Content, ReplyBody},
};
use hyper::{
    Method, Request, Response, StatusCode,
    header::{ACCEPT, CONTENT_TYPE, HeaderValue, LOCATION},
};
use url::Url;

/// Answers a request. `Host` is not read: anybody can choose it.
pub fn answer<B>(public_url: &Url, peer: &Peer, request: &Request<B>) -> Response<ReplyBody> {
    let progress = peer.activity.begin(false);
    let mut reply = Response::new(Content::Empty { ends: true });
    if let Some(location) = location(public_url, request) {
        *reply.status_mut() = StatusCode::PERMANENT_REDIRECT;
        reply.headers_mut().insert(LOCATION, location);
    } else {
        *reply.status_mut() = StatusCode::FORBIDDEN;
        let text = HeaderValue::from_static("text/plain; charset=utf-8");
        reply.headers_mut().insert(CONTENT_TYPE, text);
        if request.method() != Method::HEAD {
            *reply.body_mut() = Content::Whole("Use https.\n".into());
        }
    }
    reply.map(|content| ReplyBody::from(content).of(progress))
}

/// Where a request for a page is redirected to.
fn location<B>(public_url: &Url, request: &Request<B>) -> Option<HeaderValue> {
    let wants_page = |accept: &HeaderValue| {
        accept.to_str().is_ok_and(|accept| accept.to_ascii_lowercase().contains("text/html"))
    };
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if !reads || !request.headers().get_all(ACCEPT).iter().any(wants_page) {
        return None;
    }
    let target = request.uri().path_and_query().map_or("/", |target| target.as_str());
    let target = if target.starts_with('/') { target } else { "/" };
    let start = public_url.as_str().trim_end_matches('/');
    HeaderValue::try_from(format!("{start}{target}")).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leads(method: &str, uri: &str, accept: &str) -> Option<String> {
        let request = Request::builder().method(method).uri(uri).header("accept", accept);
        let request = request.header("host", "evil.example").body(()).unwrap();
        let url = Url::parse("https://auth.example.com").unwrap();
        Some(location(&url, &request)?.to_str().unwrap().to_owned())
    }

    #[test]
    fn pages_lead_to_https() {
        let browser = "text/html,application/xhtml+xml,*/*;q=0.8";
        for (uri, to) in [
            ("/", "/"),
            ("/login?next=%2Faccount", "/login?next=%2Faccount"),
            ("//evil.example/", "//evil.example/"),
            ("http://evil.example/login", "/login"),
            ("http://evil.example", "/"),
        ] {
            let to = format!("https://auth.example.com{to}");
            assert_eq!(leads("GET", uri, browser), Some(to.clone()), "{uri}");
            assert_eq!(leads("HEAD", uri, browser), Some(to), "{uri}");
        }
        assert_eq!(leads("POST", "/login", browser), None);
        assert_eq!(leads("GET", "/auth/me", "application/json"), None);
        assert_eq!(leads("GET", "/auth/me", "*/*"), None);
    }
}
