//! The host name to which a request was sent, and where it was sent from.
use crate::{config::Config, flows::Auth};
use rocket::{
    Request,
    http::uri::Authority,
    request::{FromRequest, Outcome},
};
use std::{convert::Infallible, net::IpAddr};
use url::Url;

/// Whether a request was probably sent on this machine: from a loopback address, to a loopback name (DNS
/// rebinding can make the name of another site lead to us), and through no proxy.
pub struct Local(pub bool);

/// Whether a request names the host in `public_url`, or this machine.
pub struct ByOurName(pub bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for Local {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let straight = !req.headers().iter().any(|header| is_of_proxy(header.name().as_str()));
        // If `Origin` or `Referer` names another host, a proxy may serve our pages under another name.
        // `Referer` also names another host after a click on another site. Newer browsers tell the two apart.
        let followed = ["cross-site", "same-site", "none"];
        let followed =
            req.headers().get_one("sec-fetch-site").is_some_and(|site| followed.contains(&site));
        let telling: &[_] = if followed { &["origin"] } else { &["origin", "referer"] };
        let mut from = telling.iter().flat_map(|name| req.headers().get(name)).filter_map(place);
        let straight = straight && from.all(|host| is_loopback(&host));
        let near = req.remote().is_none_or(|peer| peer.ip().to_canonical().is_loopback());
        let named = name(req).is_some_and(|host| is_loopback(&host));
        Outcome::Success(Self(straight && near && named))
    }
}

#[rocket::async_trait]
impl<'r> FromRequest<'r> for ByOurName {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let ours = |config: &Config, host: &str| config.public_url.host_str() == Some(host);
        let config = req.rocket().state::<Auth>().map(Auth::config);
        let named = name(req)
            .is_some_and(|host| is_loopback(&host) || config.is_some_and(|c| ours(c, &host)));
        Outcome::Success(Self(named))
    }
}

/// The host that a request names, without the port.
fn name(req: &Request<'_>) -> Option<String> {
    match req.headers().get_one("host") {
        Some(sent) => Authority::parse(sent).ok().map(|a| a.host().to_ascii_lowercase()),
        // HTTP/2 has the host in a pseudo-header.
        None => req.host().map(|host| host.domain().as_str().to_ascii_lowercase()),
    }
}

/// Whether proxies, tunnels or content delivery networks add this header.
fn is_of_proxy(name: &str) -> bool {
    const BEGINNINGS: [&str; 9] = [
        "x-forwarded",
        "x-original-",
        "x-envoy-",
        "x-proxy",
        "cf-",
        "cdn-",
        "x-amz",
        "x-azure-",
        "x-cloud-trace",
    ];
    const NAMES: [&str; 10] = [
        "forwarded",
        "via",
        "x-real-ip",
        "x-client-ip",
        "x-cluster-client-ip",
        "true-client-ip",
        "client-ip",
        "fastly-client-ip",
        "fly-client-ip",
        "x-remote-addr",
    ];
    let name = name.to_ascii_lowercase();
    NAMES.contains(&name.as_str()) || BEGINNINGS.iter().any(|start| name.starts_with(start))
}

/// The host of an origin or a URL.
fn place(url: &str) -> Option<String> {
    Url::parse(url).ok()?.host_str().map(str::to_ascii_lowercase)
}

fn is_loopback(host: &str) -> bool {
    let ip = host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>();
    host == "localhost" || host.ends_with(".localhost") || ip.is_ok_and(|ip| ip.is_loopback())
}
