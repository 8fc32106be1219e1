//! TLS, its certificates, and the redirect to it.
use super::{LONG, Running, SHORT, get_head, rest};
use crate::support::program;
use rustls::{
    ClientConfig, RootCertStore,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, ServerName, pem::PemObject},
};
use std::{
    fs,
    io::{BufRead, BufReader},
    net::{SocketAddr, TcpListener},
    path::Path,
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};
use tokio::{io::AsyncWriteExt, net::TcpStream, time::timeout};
use tokio_rustls::{TlsConnector, client::TlsStream};

/// Writes a new certificate for `localhost` and its key.
fn write_certificate(folder: &Path) {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    // The service may read the files between the two writes, and tries again.
    fs::write(folder.join("key.pem"), made.signing_key.serialize_pem()).unwrap();
    fs::write(folder.join("cert.pem"), made.cert.pem()).unwrap();
}

/// A client that trusts the certificate in `folder` only.
async fn connect(
    address: SocketAddr,
    folder: &Path,
    protocols: &[&str],
) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_file(folder.join("cert.pem")).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(aws_lc_rs::default_provider());
    let mut config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|p| p.as_bytes().to_vec()).collect();
    let name = ServerName::try_from("localhost").unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, TcpStream::connect(address).await?).await
}

async fn start(folder: &Path, change: impl FnOnce(&mut portcullis::config::Config)) -> Running {
    write_certificate(folder);
    let (certs, key) = (folder.join("cert.pem"), folder.join("key.pem"));
    Running::with(change, |rocket| {
        let figment = rocket.figment().clone();
        let figment = figment.merge(("tls.certs", certs)).merge(("tls.key", key));
        rocket.configure(figment)
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn both_protocols_are_served_over_tls() {
    let folder = tempfile::tempdir().unwrap();
    let front = start(folder.path(), |_| ()).await;
    for (offered, chosen) in [
        (&["http/1.1"][..], Some(&b"http/1.1"[..])),
        (&[], None),
        (&["h2", "http/1.1"], Some(b"h2")),
    ] {
        let mut stream = connect(front.address, folder.path(), offered).await.unwrap();
        assert_eq!(stream.get_ref().1.alpn_protocol(), chosen);
        if chosen == Some(b"h2") {
            let (mut client, connection) = h2::client::handshake(stream).await.unwrap();
            tokio::spawn(connection);
            let request = hyper::Request::get("https://localhost/app/bytes/9").body(()).unwrap();
            let reply = client.send_request(request, true).unwrap().0.await.unwrap();
            assert_eq!((reply.status().as_u16(), reply.version()), (200, hyper::Version::HTTP_2));
        } else {
            stream.write_all(get_head("/app/bytes/9").as_bytes()).await.unwrap();
            assert!(rest(&mut stream).await.ends_with("\r\n\r\nxxxxxxxxx"));
        }
    }
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_handshake_that_stalls_ends_the_connection() {
    let folder = tempfile::tempdir().unwrap();
    let front = start(folder.path(), |c| c.server.head_timeout = SHORT).await;
    for bytes in [&b""[..], b"\x16\x03\x01\x02\x00\x01"] {
        assert_eq!(rest(&mut front.send(bytes).await).await, "");
    }
    assert!(!front.get("/app/bytes/9").await.contains("HTTP/1.1 200"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn certificates_are_read_again_when_they_change() {
    let folder = tempfile::tempdir().unwrap();
    let interval = Duration::from_millis(50);
    let front = start(folder.path(), |c| c.server.certificate_interval = interval).await;
    let mut old = connect(front.address, folder.path(), &[]).await.unwrap();
    write_certificate(folder.path());
    let renewed = async {
        while connect(front.address, folder.path(), &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, renewed).await.expect("the new certificate is used");
    // Connections stay open.
    old.write_all(get_head("/app/bytes/9").as_bytes()).await.unwrap();
    assert!(rest(&mut old).await.ends_with("xxxxxxxxx"));
    front.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hangup_reads_the_certificates_again() {
    let folder = tempfile::tempdir().unwrap();
    write_certificate(folder.path());
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let mut child = program(folder.path(), &["serve"])
        .env("ROCKET_PORT", port.to_string())
        .env("ROCKET_TLS", "{certs=\"cert.pem\",key=\"key.pem\"}")
        .env("PORTCULLIS_SERVER__CERTIFICATE_INTERVAL", "24h")
        .env("PORTCULLIS_SHUTDOWN__DRAIN", "0s")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut greeting = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    assert!(greeting.contains(&format!("https://127.0.0.1:{port}")), "{greeting}");
    let address = ([127, 0, 0, 1], port).into();
    connect(address, folder.path(), &[]).await.unwrap();
    write_certificate(folder.path());
    assert!(connect(address, folder.path(), &[]).await.is_err());
    let signal = |signal: &str| {
        let sent = Command::new("kill").args([signal, &child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    };
    signal("-HUP");
    let renewed = async {
        while connect(address, folder.path(), &[]).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(LONG, renewed).await.expect("the new certificate is used");
    signal("-TERM");
    assert_eq!(child.wait().unwrap().code(), Some(0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_port_redirects_pages_to_https() {
    let folder = tempfile::tempdir().unwrap();
    let front = start(folder.path(), |c| {
        c.public_url = "https://auth.example.com".parse().unwrap();
        c.server.redirect_port = Some(0);
        c.server.head_timeout = SHORT;
    })
    .await;
    let ask = async |request: &str| {
        let mut stream = TcpStream::connect(front.redirect.unwrap()).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        rest(&mut stream).await
    };
    let page = "GET /login?next=%2Fx HTTP/1.1\r\nHost: evil.example\r\nAccept: text/html\r\nConnection: close\r\n\r\n";
    let reply = ask(page).await;
    assert!(reply.starts_with("HTTP/1.1 308 "), "{reply}");
    assert!(reply.contains("location: https://auth.example.com/login?next=%2Fx\r\n"), "{reply}");
    let reply = ask(&get_head("/auth/me")).await;
    assert!(reply.starts_with("HTTP/1.1 403 ") && !reply.contains("location"), "{reply}");
    let reply = ask(&get_head("/auth/login").replacen("GET", "POST", 1)).await;
    assert!(reply.starts_with("HTTP/1.1 403 "), "{reply}");
    // The limits hold here as well.
    assert_eq!(ask("GET / HTT").await, "");
    front.end().await;
}
