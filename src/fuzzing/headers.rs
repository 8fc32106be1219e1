//! Headers. An input has one value per line.
use crate::{
    config::{Config, Language},
    secret,
    web::{
        cookies::{links::LinkCookie, refresh_token},
        request::{
            accept::{WantsCsv, wants_page},
            caller::{self, address},
            language,
        },
    },
};
use rocket::{
    http::Header,
    local::asynchronous::{Client, LocalRequest},
    request::{FromRequest, Outcome},
};
use std::{
    net::{IpAddr, SocketAddr},
    sync::LazyLock,
};
use tokio::runtime::Runtime;

/// An application without routes, which makes requests.
pub struct Service {
    pub runtime: Runtime,
    pub client: Client,
}

impl Service {
    /// Starts an application with `routes`.
    pub fn with(routes: Vec<rocket::Route>) -> Self {
        let config = rocket::Config {
            log_level: rocket::config::LogLevel::Off,
            ..rocket::Config::default()
        };
        let rocket = rocket::custom(config).mount("/", routes);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("the runtime starts");
        let client = runtime.block_on(Client::untracked(rocket)).expect("Rocket starts");
        Self { runtime, client }
    }
}

static SERVICE: LazyLock<Service> = LazyLock::new(|| Service::with(Vec::new()));

/// A request with a header `name` for each of `values`.
pub fn request<'v>(
    name: &'static str,
    values: impl IntoIterator<Item = &'v str>,
) -> LocalRequest<'static> {
    let mut request = SERVICE.client.get("/");
    for value in values {
        request.add_header(Header::new(name, value.to_owned()));
    }
    request
}

/// The lines of an input, if each can be the value of a header: hyper refuses control characters and removes
/// white space at both ends, and Rocket drops what is not UTF-8.
pub fn lines(bytes: &[u8]) -> Option<Vec<&str>> {
    let text = std::str::from_utf8(bytes).ok()?;
    let good = |b: u8| b >= b' ' && b != 0x7f || b == b'\t' || b == b'\n';
    text.bytes()
        .all(good)
        .then(|| text.split('\n').map(|line| line.trim_matches([' ', '\t'])).collect())
}

/// `Accept` in the first line, `Accept-Language` in the second.
///
/// # Panics
/// If a reply has a type or a language that the request does not name.
pub fn accept(bytes: &[u8]) {
    let Some(lines) = lines(bytes) else { return };
    let (accept, languages) = (lines[0], lines.get(1).copied().unwrap_or_default());
    let with = |languages: &str| {
        let mut request = request("accept", [accept]);
        request.add_header(Header::new("accept-language", languages.to_owned()));
        request
    };
    let request = with(languages);
    let named = accept.to_ascii_lowercase();
    let page = wants_page(request.inner());
    assert!(!page || ["text", "html", "json"].iter().any(|word| named.contains(word)));
    let csv = SERVICE.runtime.block_on(WantsCsv::from_request(request.inner()));
    assert!(!matches!(csv, Outcome::Success(WantsCsv(true))) || named.contains("csv"));

    let wanted = language::of_request(request.inner());
    assert!(wanted == Language::default() || languages.to_ascii_lowercase().contains("ru"));
    // No range can be preferred to one without a weight before it.
    let first = format!("ru,{languages}");
    let wanted = language::of_request(with(&first).inner());
    assert_eq!(wanted, if first.len() > 1024 { Language::En } else { Language::Ru });
}

/// `X-Forwarded-For`. The first line is also a `User-Agent`.
///
/// # Panics
/// If the client chooses the address that counts as its own, or the user agent is not printable.
pub fn caller(bytes: &[u8]) {
    let Some(lines) = lines(bytes) else { return };
    let net = |net: &str| net.parse().expect("a network");
    let config =
        Config { trusted_proxies: vec![net("10.0.0.0/8"), net("::1/128")], ..<_>::default() };
    let from = |peer: [u8; 4], lines: &[&str]| {
        let mut request = request("x-forwarded-for", lines.iter().copied());
        request = request.remote(SocketAddr::from((peer, 1)));
        address(request.inner(), &config)
    };
    let (proxy, stranger) = ([10, 0, 0, 1], [192, 0, 2, 1]);
    assert_eq!(from(stranger, &lines), Some(IpAddr::from(stranger)));
    assert!(from(proxy, &lines).is_some());
    // Whatever the client sends, the proxy adds the client's address.
    let last = [&lines[..], &["203.0.113.9"]].concat();
    assert_eq!(from(proxy, &last), Some(IpAddr::from([203, 0, 113, 9])));
    let joined = format!("{}, 203.0.113.9", lines.join(","));
    assert_eq!(from(proxy, &[&joined]), Some(IpAddr::from([203, 0, 113, 9])));

    let request = request("user-agent", [lines[0]]);
    let agent = caller::caller(request.inner()).user_agent.clone().unwrap_or_default();
    assert!(agent.chars().count() <= 300 && !agent.chars().any(char::is_control));
}

/// `Cookie`. The first line is also the token of a link.
///
/// # Panics
/// If a cookie that is sent twice is read, or a cookie that we set has a value that is no token.
pub fn cookies(bytes: &[u8]) {
    let config = Config::default();
    let Some(lines) = lines(bytes).filter(|_| bytes.len() <= 1 << 14) else { return };
    let read = |lines: &[&str]| {
        let request = request("cookie", lines.iter().copied());
        refresh_token::read(request.inner(), &config).map(str::to_owned)
    };
    let value = read(&lines);
    assert_eq!(value, read(&[&lines.join(";")]));
    if let Some(value) = &value {
        assert!(!value.is_empty() && !value.contains(';'));
        let again = "a=b; __Host-portcullis=x";
        assert_eq!(read(&[&[again], &lines[..]].concat()), None);
        assert_eq!(read(&[&lines[..], &[again]].concat()), None);
    }

    let cookie = LinkCookie::Reset.cookie(&config, lines[0]);
    let value = cookie.strip_prefix("__Host-portcullis-reset=").and_then(|c| c.split_once(';'));
    let Some((value, attributes)) = value else { panic!("{cookie}") };
    assert!(value.is_empty() || secret::parse(value).is_some());
    let empty = LinkCookie::Reset.cookie(&config, "");
    assert_eq!(attributes.matches(';').count(), empty.matches(';').count() - 1);
}
