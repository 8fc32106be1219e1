//! The SMTP transport, configured by a URL.
use super::Error;
use lettre::{
    AsyncSmtpTransport, Tokio1Executor,
    transport::smtp::{
        PoolConfig,
        authentication::Credentials,
        client::{Tls, TlsParameters},
        extension::ClientId,
    },
};
use percent_encoding::percent_decode_str;
use std::{net::IpAddr, time::Duration};
use url::Url;

/// The transport to one mail server.
pub type Smtp = AsyncSmtpTransport<Tokio1Executor>;

/// The time limit for connecting. [`super::Mailer::send`] limits the whole dialogue.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Reads `smtp://USER:PASSWORD@HOST:PORT?tls=required|opportunistic|none` or
/// `smtps://USER:PASSWORD@HOST:PORT`, with user and password percent-encoded, both or neither. Does not
/// connect. `name` is the host name in our greeting to the server.
///
/// Without `tls`, STARTTLS is required, so that neither password nor links are sent in clear text. On a
/// loopback host, for which the server has no certificate, TLS is off. The default port is 587 (RFC 6409), 25
/// without TLS, and 465 with `smtps` (RFC 8314).
pub fn transport(url: &str, name: Option<&str>) -> Result<Smtp, Error> {
    let url = Url::parse(url).map_err(|_| Error::Url)?;
    let host = url.host_str().filter(|host| !host.is_empty()).ok_or(Error::Url)?;
    // An IPv6 address is in brackets.
    let host = host.trim_start_matches('[').trim_end_matches(']');
    if url.fragment().is_some() || !matches!(url.path(), "" | "/") {
        return Err(Error::Url);
    }
    let parameters = || TlsParameters::new(host.to_owned()).map_err(|_| Error::Url);
    let (port, tls) = match (url.scheme(), tls_parameter(&url)?.as_deref()) {
        ("smtps", None) => (465, Tls::Wrapper(parameters()?)),
        ("smtp", Some("none")) => (25, Tls::None),
        ("smtp", None) if is_loopback(host) => (25, Tls::None),
        ("smtp", Some("required") | None) => (587, Tls::Required(parameters()?)),
        ("smtp", Some("opportunistic")) => (587, Tls::Opportunistic(parameters()?)),
        _ => return Err(Error::Url),
    };
    let mut smtp = Smtp::builder_dangerous(host)
        .port(url.port().unwrap_or(port))
        .tls(tls)
        .timeout(Some(CONNECT_TIMEOUT))
        // One connection per mail. lettre returns a connection to its pool even if a send was cancelled in
        // the middle of the dialogue, and the next mail on it would get the answer to this one.
        .pool_config(PoolConfig::new().max_size(0));
    if let Some(name) = name {
        smtp = smtp.hello_name(ClientId::Domain(name.to_owned()));
    }
    let plain = |part| percent_decode_str(part).decode_utf8().map_err(|_| Error::Url);
    match (url.username(), url.password()) {
        ("", None) => {}
        ("", _) | (_, None) => return Err(Error::Url),
        (user, Some(password)) => {
            let (user, password) = (plain(user)?, plain(password)?);
            smtp = smtp.credentials(Credentials::new(user.into_owned(), password.into_owned()));
        }
    }
    Ok(smtp.build())
}

/// The value of `tls`. Any other parameter is an error: a misspelt one must not lead to clear text.
fn tls_parameter(url: &Url) -> Result<Option<String>, Error> {
    let mut pairs = url.query_pairs();
    match (pairs.next(), pairs.next()) {
        (None, _) => Ok(None),
        (Some((key, value)), None) if key == "tls" => Ok(Some(value.into_owned())),
        _ => Err(Error::Url),
    }
}

fn is_loopback(host: &str) -> bool {
    host.eq_ignore_ascii_case("localhost") || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
}
