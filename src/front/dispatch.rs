//! Hands a request to Rocket, in the process, and its response to hyper.
//!
//! Rocket 0.5 takes no connections from others, so requests go through its local client. Differences to
//! Rocket's own server are evened out here; docs/decisions/0031 lists them.
use super::{
    Shared,
    connection::Peer,
    limits::CHUNK_SIZE,
    reply::{Chunk, Chunks, Content, ReplyBody},
    request::{self, BufferedBody, Refusal, has_long_accept, must_close, target},
};
use crate::{
    flows::Auth,
    web::{
        reply::{outcome, problem::Problem},
        request::departure,
    },
};
use bytes::BytesMut;
use hyper::{
    HeaderMap, Method, Request, Response, StatusCode, Version,
    body::Incoming,
    header::{
        ACCEPT, CONNECTION, CONTENT_LENGTH, COOKIE, HeaderName, HeaderValue, TRANSFER_ENCODING,
    },
    http::request::Parts,
};
use rocket::{
    http::{Cookie, Header, uri::Host},
    local::asynchronous::{Client, LocalRequest, LocalResponse},
};
use std::{borrow::Cow, net::SocketAddr, sync::Arc};
use tokio::{
    io::AsyncReadExt,
    sync::{mpsc, oneshot},
    time::timeout,
};
use tokio_util::sync::CancellationToken;

/// The path at which our catcher replies to requests that are refused.
const REFUSED: &str = "/auth/refused";

type Reply = Response<ReplyBody>;

/// Answers a request.
///
/// # Errors
/// If the client leaves before the whole request is read, or breaks the rules of the protocol.
pub async fn answer(
    shared: Arc<Shared>,
    peer: Arc<Peer>,
    request: Request<Incoming>,
) -> Result<Reply, hyper::Error> {
    let version = request.version();
    let progress = peer.activity.begin(version == Version::HTTP_2);
    let (head, incoming) = request.into_parts();
    let body = match target(&head) {
        Ok(_) => request::read(&shared, &peer, incoming).await?,
        Err(refusal) => Err(refusal),
    };
    let unread = body.is_err();
    let (send, reply) = oneshot::channel();
    // hyper drops this future when the client leaves, resets the stream or is cut off.
    let left = CancellationToken::new();
    let _leaves = left.clone().drop_guard();
    // On a task of its own: what a handler has begun ends, even if the client leaves. So its places are kept until
    // then, and a client that gives requests up cannot have any number of handlers (CVE-2023-44487).
    let (tasks, abort) = (shared.tasks.clone(), shared.abort.clone());
    let places = peer.places(&shared).await;
    let handle = async move {
        handle(shared, (peer.address, left), head, body, send).await;
        drop((places, peer));
    };
    tasks.spawn(abort.clone().run_until_cancelled_owned(handle));
    let mut reply = reply.await.unwrap_or_else(|_| {
        failed(if abort.is_cancelled() {
            StatusCode::SERVICE_UNAVAILABLE
        } else {
            StatusCode::INTERNAL_SERVER_ERROR
        })
    });
    if unread && must_close(version) {
        reply.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
    }
    Ok(reply.map(|body| body.of(progress)))
}

/// The reply if there is none, because a fairing panicked or the service stops.
fn failed(status: StatusCode) -> Reply {
    let mut reply = Response::new(Content::Empty { ends: true }.into());
    *reply.status_mut() = status;
    reply
}

async fn handle(
    shared: Arc<Shared>,
    (address, left): (SocketAddr, CancellationToken),
    head: Parts,
    body: Result<BufferedBody, Refusal>,
    send: oneshot::Sender<Reply>,
) {
    let refused = body.as_ref().err().copied();
    let (version, is_head) = (head.version, head.method == Method::HEAD);
    let mut local = match target(&head) {
        Ok(target) if refused.is_none() => {
            let mut local = shared.client.req(target.method, target.origin);
            if let Some(host) = target.host {
                local.inner_mut().add_header(Header::new("host", host));
            }
            local
        }
        _ => refuse(&shared.client, refused),
    }
    .remote(address);
    departure::record(local.inner(), left);
    local = with_headers(local, &head.headers, version);
    let BufferedBody { bytes, permits } = body.unwrap_or_default();
    if !bytes.is_empty() {
        local.set_body(&bytes);
        drop(bytes);
    }
    // Boxed, so that its memory is free again while the client takes the reply.
    let response = Box::pin(local.dispatch()).await;
    drop(permits);
    reply(&shared, response, refused, is_head, version, send).await;
}

/// A request that our catcher refuses.
fn refuse(client: &Client, refused: Option<Refusal>) -> LocalRequest<'_> {
    let local = client.post(REFUSED);
    if let Some(refused) = refused {
        outcome::refuse(local.inner(), Problem::new(refused.status, refused.code));
    }
    local
}

/// Adds headers as Rocket's own server does. Bytes that are not UTF-8 are replaced: without the header,
/// `X-Forwarded-For` would lose the addresses that proxies appended to it.
fn with_headers<'c>(
    mut local: LocalRequest<'c>,
    headers: &'c HeaderMap,
    version: Version,
) -> LocalRequest<'c> {
    let request = local.inner_mut();
    for (name, value) in headers {
        // HTTP/2 may split the header into one for each cookie (RFC 9113, 8.2.3).
        let joined = name == ACCEPT || (name == COOKIE && version >= Version::HTTP_2);
        if !joined {
            let value = String::from_utf8_lossy(value.as_bytes());
            request.add_header(Header::new(name.as_str(), value));
        }
    }
    let cookies = headers.get_all(COOKIE).iter();
    let cookies: Vec<Cow<'c, str>> =
        cookies.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
    if version >= Version::HTTP_2 && !cookies.is_empty() {
        request.add_header(Header::new("cookie", cookies.join("; ")));
    }
    // Rocket parses the first of two lines as soon as it gets the second, whatever its length.
    if headers.contains_key(ACCEPT) && !has_long_accept(headers) {
        let lines = headers.get_all(ACCEPT).iter();
        let lines: Vec<_> = lines.map(|value| String::from_utf8_lossy(value.as_bytes())).collect();
        request.add_header(Header::new("accept", lines.join(", ")));
    }
    if let Some(Ok(host)) = request.headers().get_one("host").map(|h| Host::parse_owned(h.into())) {
        request.set_host(host);
    }
    for line in cookies {
        for cookie in line.split(';') {
            if let Ok(cookie) = Cookie::parse_encoded(cookie.trim()) {
                local = local.cookie(cookie);
            }
        }
    }
    local
}

/// Sends a response of Rocket.
async fn reply(
    shared: &Shared,
    mut response: LocalResponse<'_>,
    refused: Option<Refusal>,
    is_head: bool,
    version: Version,
    send: oneshot::Sender<Reply>,
) {
    let mut reply = match headers(&response) {
        Ok(reply) => reply,
        Err(e) => {
            tracing::error!(error = %e, "a response has an invalid header");
            let _ = send.send(failed(StatusCode::INTERNAL_SERVER_ERROR));
            return;
        }
    };
    // Without our catchers, Rocket answers with another status.
    let ours = shared.client.rocket().state::<Auth>().is_some();
    if let Some(refused) = refused.filter(|_| !ours) {
        *reply.status_mut() = StatusCode::from_u16(refused.status.code).unwrap_or_default();
    }
    let size = response.body().preset_size();
    let status = reply.status();
    let without = status == StatusCode::NO_CONTENT || status.is_informational();
    if let Some(size) = size.filter(|_| !without) {
        reply.headers_mut().insert(CONTENT_LENGTH, HeaderValue::from(size));
    }
    let content = if without || (response.body().is_none() && !is_head) {
        Content::Empty { ends: true }
    } else if is_head || status == StatusCode::NOT_MODIFIED {
        // HTTP/2 must see the end at once.
        Content::Empty { ends: version == Version::HTTP_2 }
    } else if size.is_some_and(|size| size <= CHUNK_SIZE) {
        match response.into_bytes().await {
            Some(bytes) if bytes.is_empty() => Content::Empty { ends: true },
            Some(bytes) => Content::Whole(bytes.into()),
            None => {
                tracing::error!("a response could not be read");
                let _ = send.send(failed(StatusCode::INTERNAL_SERVER_ERROR));
                return;
            }
        }
    } else {
        let (want, wanted) = mpsc::channel(1);
        let body = Content::Chunks(Chunks::new(want)).into();
        if send.send(reply.map(|()| body)).is_ok() {
            stream(shared, &mut response, wanted).await;
        }
        return;
    };
    let _ = send.send(reply.map(|()| content.into()));
}

/// The status and the headers of a response.
fn headers(response: &LocalResponse<'_>) -> Result<Response<()>, hyper::http::Error> {
    let mut reply = Response::new(());
    *reply.status_mut() = StatusCode::from_u16(response.status().code)?;
    for header in response.headers().iter() {
        let name = HeaderName::from_bytes(header.name().as_str().as_bytes())?;
        // hyper frames the body.
        if name != TRANSFER_ENCODING && name != CONTENT_LENGTH {
            let value = HeaderValue::from_bytes(header.value().as_bytes())?;
            reply.headers_mut().append(name, value);
        }
    }
    Ok(reply)
}

/// Reads a body in parts, each when it is wanted: only one part waits while the client takes nothing. Stops if the
/// client takes nothing for too long.
async fn stream(
    shared: &Shared,
    response: &mut LocalResponse<'_>,
    mut wanted: mpsc::Receiver<oneshot::Sender<Chunk>>,
) {
    while let Ok(Some(mut part)) = timeout(shared.limits.write, wanted.recv()).await {
        let mut buffer = BytesMut::with_capacity(CHUNK_SIZE);
        let chunk = tokio::select! {
            read = response.read_buf(&mut buffer) => match read {
                Ok(0) => Chunk::End,
                Ok(_) => Chunk::Data(buffer.freeze()),
                Err(e) => {
                    tracing::error!(error = %e, "a response could not be read");
                    return;
                }
            },
            () = part.closed() => return,
        };
        let _ = part.send(chunk);
    }
}
