//! What is read from a request before Rocket sees it: whether its head is acceptable, and its body.
use super::{Shared, connection::Peer, limits::MAX_HEADERS};
use crate::web::request::accept::LONGEST_ACCEPT;
use bytes::Bytes;
use http_body_util::BodyExt;
use hyper::{
    HeaderMap, Method, Uri, Version,
    body::{Body, Incoming},
    header::{ACCEPT, CONTENT_TYPE, HOST, HeaderValue, TRANSFER_ENCODING},
    http::{request::Parts, uri::Authority},
};
use rocket::http::{self, Status, uri::Origin};
use tokio::{
    sync::OwnedSemaphorePermit,
    time::{Instant, timeout_at},
};

/// Why a request is not passed to Rocket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refusal {
    pub status: Status,
    /// The code of the error, as in docs/api.md.
    pub code: &'static str,
}

const fn refusal(status: Status, code: &'static str) -> Refusal {
    Refusal { status, code }
}

const MALFORMED: Refusal = refusal(Status::BadRequest, "malformed");
const HEAD_TOO_LARGE: Refusal = refusal(Status::RequestHeaderFieldsTooLarge, "header_too_large");
const BODY_TOO_LARGE: Refusal = refusal(Status::PayloadTooLarge, "body_too_large");
const TOO_SLOW: Refusal = refusal(Status::RequestTimeout, "request_timeout");
const NOT_IMPLEMENTED: Refusal = refusal(Status::NotImplemented, "not_implemented");
const UNAVAILABLE: Refusal = refusal(Status::ServiceUnavailable, "unavailable");

/// The head of a request, as Rocket needs it.
#[derive(Debug, PartialEq, Eq)]
pub struct Target<'h> {
    pub method: http::Method,
    pub origin: Origin<'h>,
    /// The host in the request line or, with HTTP/2, in `:authority`, if there is no header `Host`.
    pub host: Option<&'h str>,
}

/// The head of a request, if it is acceptable.
pub fn target(head: &Parts) -> Result<Target<'_>, Refusal> {
    if head.headers.len() > MAX_HEADERS || has_long_accept(&head.headers) {
        return Err(HEAD_TOO_LARGE);
    }
    // Rocket reads the first one, and others perhaps the last.
    if head.headers.get_all(CONTENT_TYPE).iter().count() > 1 {
        return Err(MALFORMED);
    }
    let method = head.method.as_str();
    // Rocket would also take `get`, but methods are case-sensitive (RFC 9110, 9.1). CONNECT asks for a tunnel.
    let known = method.parse().ok().filter(|known: &http::Method| known.as_str() == method);
    let method = known.filter(|m| *m != http::Method::Connect).ok_or(NOT_IMPLEMENTED)?;
    // No other coding is decoded (RFC 9112, 6.1).
    let coding = |coding: &HeaderValue| coding.as_bytes().eq_ignore_ascii_case(b"chunked");
    if !head.headers.get_all(TRANSFER_ENCODING).iter().all(coding) {
        return Err(NOT_IMPLEMENTED);
    }
    let host = host(&head.uri, &head.headers)?;
    let path = head.uri.path_and_query().map_or("/", |target| target.as_str());
    // `*` is for OPTIONS only (RFC 9112, 3.2.4).
    let path = if path == "*" && head.method == Method::OPTIONS { "/" } else { path };
    let origin = Origin::parse(path).map_err(|_| MALFORMED)?;
    Ok(Target { method, origin, host })
}

/// Whether all lines of `Accept` together are too long to be parsed.
pub fn has_long_accept(headers: &HeaderMap) -> bool {
    headers.get_all(ACCEPT).iter().map(HeaderValue::len).sum::<usize>() > LONGEST_ACCEPT
}

/// The host that the target names, unless the header `Host` names the same. If they differ, a proxy or a cache
/// may have used the other one (RFC 9112, 3.2.2; RFC 9113, 8.3.1).
fn host<'h>(uri: &'h Uri, headers: &HeaderMap) -> Result<Option<&'h str>, Refusal> {
    let Some(authority) = uri.authority() else { return Ok(None) };
    // An authority alone is for CONNECT only (RFC 9112, 3.2.3).
    if uri.scheme().is_none() {
        return Err(MALFORMED);
    }
    if headers.get_all(HOST).iter().count() > 1 {
        return Err(MALFORMED);
    }
    let Some(sent) = headers.get(HOST) else { return Ok(Some(authority.as_str())) };
    let sent = Authority::try_from(sent.as_bytes()).map_err(|_| MALFORMED)?;
    if sent == *authority { Ok(None) } else { Err(MALFORMED) }
}

/// A body in memory.
#[derive(Default)]
pub struct BufferedBody {
    pub bytes: Vec<u8>,
    /// The permits for the bytes in the memory for bodies: of the connection, and of all connections.
    pub permits: Vec<OwnedSemaphorePermit>,
}

/// Reads a body.
///
/// # Errors
/// If the client leaves, or breaks the rules of the protocol.
pub async fn read(
    shared: &Shared,
    peer: &Peer,
    mut body: Incoming,
) -> Result<Result<BufferedBody, Refusal>, hyper::Error> {
    let longest = shared.limits.max_body;
    if body.is_end_stream() {
        return Ok(Ok(BufferedBody::default()));
    }
    let size = match body.size_hint().exact() {
        Some(size) => u32::try_from(size).unwrap_or(u32::MAX),
        None => longest,
    };
    // Refused before the client is told to continue.
    if size > longest {
        return Ok(Err(BODY_TOO_LARGE));
    }
    let deadline = Instant::now() + shared.limits.body;
    let own = timeout_at(deadline, peer.body_memory.clone().acquire_many_owned(size)).await;
    let Ok(Ok(own)) = own else { return Ok(Err(UNAVAILABLE)) };
    let mut body_so_far = BufferedBody { bytes: Vec::new(), permits: vec![own] };
    loop {
        let Ok(frame) = timeout_at(deadline, body.frame()).await else {
            return Ok(Err(TOO_SLOW));
        };
        let Some(frame) = frame else { return Ok(Ok(body_so_far)) };
        let Ok(data) = frame?.into_data() else { continue };
        if let Err(refusal) = append(shared, &mut body_so_far, &data) {
            return Ok(Err(refusal));
        }
    }
}

fn append(shared: &Shared, body_so_far: &mut BufferedBody, data: &Bytes) -> Result<(), Refusal> {
    if body_so_far.bytes.len() + data.len() > shared.limits.max_body as usize {
        return Err(BODY_TOO_LARGE);
    }
    let count = u32::try_from(data.len()).map_err(|_| BODY_TOO_LARGE)?;
    let permit =
        shared.body_memory.clone().try_acquire_many_owned(count).map_err(|_| UNAVAILABLE)?;
    match body_so_far.permits.get_mut(1) {
        Some(permits) => permits.merge(permit),
        None => body_so_far.permits.push(permit),
    }
    body_so_far.bytes.extend_from_slice(data);
    Ok(())
}

/// Whether a connection with this version must end after a request whose body was not read.
pub fn must_close(version: Version) -> bool {
    version < Version::HTTP_2
}

#[cfg(test)]
mod tests {
    use super::*;
    use hyper::Request;

    fn head(method: &str, uri: &str, headers: &[(&str, &str)]) -> Parts {
        let mut request = Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn the_target_is_a_path_and_perhaps_a_host() {
        for (method, uri, path, host) in [
            ("GET", "/a?b=c", "/a?b=c", None),
            ("TRACE", "/", "/", None),
            ("OPTIONS", "*", "/", None),
            ("GET", "http://a.example/x", "/x", Some("a.example")),
            ("GET", "http://a.example:8000", "/", Some("a.example:8000")),
        ] {
            let head = head(method, uri, &[]);
            let target = target(&head).unwrap();
            assert_eq!((target.origin.to_string().as_str(), target.host), (path, host), "{uri}");
        }
        let head = head("GET", "http://A.example/x", &[("host", "a.example")]);
        assert_eq!(target(&head).unwrap().host, None);
    }

    #[test]
    fn what_two_readers_could_understand_differently_is_refused() {
        for (uri, headers) in [
            ("http://a.example/", &[("host", "b.example")][..]),
            ("http://a.example/", &[("host", "a.example"), ("host", "a.example")]),
            ("http://a.example/", &[("host", "a.example:81")]),
            ("http://a.example/", &[("host", "")]),
            ("*", &[]),
            ("a.example:80", &[("host", "a.example:80")]),
            ("/\"", &[]),
        ] {
            assert_eq!(target(&head("GET", uri, headers)), Err(MALFORMED), "{uri} {headers:?}");
        }
        for method in ["CONNECT", "get", "PROPFIND"] {
            assert_eq!(target(&head(method, "/", &[])), Err(NOT_IMPLEMENTED), "{method}");
        }
        let coded = [("transfer-encoding", "gzip, chunked")];
        assert_eq!(target(&head("POST", "/", &coded)), Err(NOT_IMPLEMENTED));
        assert!(target(&head("POST", "/", &[("transfer-encoding", "Chunked")])).is_ok());
        let types = [("content-type", "a/b"), ("content-type", "a/b")];
        assert_eq!(target(&head("POST", "/", &types)), Err(MALFORMED));
        let accepts = vec![("accept", "text/html;q=0.1"); LONGEST_ACCEPT / 15 + 1];
        assert_eq!(target(&head("GET", "/", &accepts)), Err(HEAD_TOO_LARGE));
        let many = vec![("accept", "a/b"); MAX_HEADERS + 1];
        assert_eq!(target(&head("GET", "/", &many)), Err(HEAD_TOO_LARGE));
        assert!(target(&head("GET", "/", &many[1..])).is_ok());
    }
}
