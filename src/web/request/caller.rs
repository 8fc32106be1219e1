//! The caller of a request: the address, as trusted proxies report it, the user agent and the language.
use super::{departure, language};
use crate::{
    config::Config,
    flows::{Auth, Caller},
    web::cookies::device,
};
use rocket::{
    Request,
    http::Status,
    request::{FromRequest, Outcome},
};
use std::{
    convert::Infallible,
    net::{IpAddr, SocketAddr},
};
use uuid::Uuid;

/// The longest user agent that is stored, in characters.
const LONGEST_AGENT: usize = 300;

/// How many entries of `X-Forwarded-For` are read, from the right.
const MOST_HOPS: usize = 32;

/// The caller of a request, determined once.
pub fn caller<'r>(req: &'r Request<'_>) -> &'r Caller {
    req.local_cache(|| {
        let config = req.rocket().state::<Auth>().map(Auth::config);
        Caller {
            ip: config.and_then(|c| address(req, c)),
            user_agent: req.headers().get_one("user-agent").map(printable),
            device: device::read(req).map(str::to_owned),
            language: language::of_request(req),
            request_id: Uuid::new_v4().simple().to_string(),
            left: departure::of(req),
        }
    })
}

/// The caller of a request and the service, as an argument of handlers.
#[derive(Clone, Copy)]
pub struct Client<'r> {
    pub auth: &'r Auth,
    caller: &'r Caller,
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Client<'r> {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        match req.rocket().state::<Auth>() {
            Some(auth) => Outcome::Success(Self { auth, caller: caller(req) }),
            None => Outcome::Forward(Status::InternalServerError),
        }
    }
}

impl std::ops::Deref for Client<'_> {
    type Target = Caller;

    fn deref(&self) -> &Caller {
        self.caller
    }
}

/// The address of the peer. If the peer is a trusted proxy: the nearest address before it that is not a
/// trusted proxy.
pub fn address(req: &Request<'_>, config: &Config) -> Option<IpAddr> {
    let trusted = |ip: IpAddr| config.trusted_proxies.iter().any(|net| net.contains(&ip));
    let peer = req.remote()?.ip().to_canonical();
    let mut nearest = peer;
    let lines: Vec<_> = req.headers().get("x-forwarded-for").collect();
    for hop in lines.iter().rev().flat_map(|line| line.rsplit(',')).take(MOST_HOPS) {
        if !trusted(nearest) {
            break;
        }
        let Some(ip) = hop_address(hop.trim()) else { break };
        nearest = ip.to_canonical();
    }
    Some(nearest)
}

/// The address of a hop. Some proxies add a port, as RFC 7239 (6) does.
fn hop_address(hop: &str) -> Option<IpAddr> {
    let bare = |text: &str| text.parse::<IpAddr>().ok();
    let in_brackets = || hop.strip_prefix('[').and_then(|h| h.strip_suffix(']')).and_then(bare);
    let with_port = || hop.parse::<SocketAddr>().ok().map(|a| a.ip());
    bare(hop).or_else(in_brackets).or_else(with_port)
}

fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(LONGEST_AGENT).collect()
}
