//! The limits of connections and requests.
use super::{
    check::{refuse, refused, url},
    problems, read,
};
use crate::config::*;
use std::collections::BTreeSet;

const HOUR: Duration = Duration::from_hours(1);
const NONE: Duration = Duration::ZERO;

#[test]
fn limits_are_limited() {
    refuse! {
        "": |c| c.server.idle_timeout = HOUR;
        "server.head_timeout": |c| c.server.head_timeout = NONE;
        "server.head_timeout": |c| c.server.head_timeout = HOUR;
        "server.body_timeout": |c| c.server.body_timeout = HOUR * 2;
        "server.write_timeout": |c| c.server.write_timeout = NONE;
        "server.idle_timeout": |c| c.server.idle_timeout = HOUR * 2;
        "server.certificate_interval": |c| c.server.certificate_interval = NONE;
        "": |c| c.server.max_head = 8192;
        "server.max_head": |c| c.server.max_head = 8191;
        "server.max_head": |c| c.server.max_head = 65_537;
        "server.max_body": |c| c.server.max_body = 65_535;
        "server.max_bodies": |c| c.server.max_body = 100 << 20;
        "server.max_connections": |c| c.server.max_connections = 0;
        "server.max_connections_per_address": |c| c.server.max_connections_per_address = 0;
        "": |c| c.server.redirect_port = Some(80);
    }
}

#[test]
fn a_redirect_to_https_needs_a_public_url_that_is_https() {
    let local = |c: &mut Config| {
        c.public_url = url("http://localhost:8000");
        c.server.redirect_port = Some(80);
    };
    assert!(refused(local).contains("server.redirect_port"));
}

#[test]
fn the_limits_are_read_from_the_environment() {
    let loaded = read(
        "[portcullis.server]\nidle_timeout = \"2m\"",
        &[
            ("PORTCULLIS_SERVER__HEAD_TIMEOUT", "5s"),
            ("PORTCULLIS_SERVER__MAX_HEAD", "8192"),
            ("PORTCULLIS_SERVER__PROXY_PROTOCOL", "true"),
            ("PORTCULLIS_SERVER__UNIX_SOCKET", "/run/portcullis.sock"),
            ("PORTCULLIS_SERVER__REDIRECT_PORT", "80"),
            ("PORTCULLIS_PUBLIC_URL", "https://auth.example.com"),
            ("PORTCULLIS_MAIL__URL", "smtps://mail.example.com"),
        ],
    );
    assert_eq!(loaded.problems, []);
    let server = loaded.config.server;
    assert_eq!((server.head_timeout, server.idle_timeout), (Duration::from_secs(5), HOUR / 30));
    assert_eq!((server.max_head, server.redirect_port), (8192, Some(80)));
    assert!(server.proxy_protocol);
    assert_eq!(server.unix_socket, Some("/run/portcullis.sock".into()));
}

#[test]
fn a_value_of_the_wrong_type_is_told_with_what_it_should_be() {
    for (name, value, should) in [
        ("HEAD_TIMEOUT", "ten", "should be a time such as \"30s\""),
        ("MAX_HEAD", "-1", "should be a whole number"),
        ("PROXY_PROTOCOL", "2", "should be true or false"),
        ("REDIRECT_PORT", "99999", "should be a port such as 80"),
    ] {
        let told = problems("", &[(&format!("PORTCULLIS_SERVER__{name}"), value)]);
        assert!(told.len() == 1 && told[0].contains(should), "{told:?}");
    }
}
