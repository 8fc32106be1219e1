//! The checks of settings that concern browsers and proxies.
use super::check::{refuse, refused, url};
use crate::config::*;
use std::collections::BTreeSet;

#[test]
fn cookie_settings_that_browsers_reject_are_refused() {
    let domain = |d: &str| Some(d.to_owned());
    refuse! {
        "cookie.secure": |c| c.cookie.secure = false;
        "": |c| (c.cookie.secure, c.public_url) = (false, url("http://auth.example.com"));
        "cookie.same_site": |c| {
            c.public_url = url("http://auth.example.com");
            (c.cookie.secure, c.cookie.same_site) = (false, SameSite::None);
        };
        "": |c| c.cookie.same_site = SameSite::None;
        "": |c| c.cookie.domain = domain("example.com");
        "": |c| c.cookie.domain = domain("auth.example.com");
        "cookie.domain": |c| c.cookie.domain = domain("com");
        "cookie.domain": |c| c.cookie.domain = domain(".example.com");
        "cookie.domain": |c| c.cookie.domain = domain("ample.com");
        "cookie.domain": |c| c.cookie.domain = domain("other.example.com");
        "cookie.domain": |c| c.cookie.domain = domain("example.com; Secure");
        "cookie.domain": |c| c.cookie.domain = domain("");
        "cookie.domain mail.url": |c| {
            (c.public_url, c.mail.url) = (url("http://127.0.0.1"), Secret(String::new()));
            c.cookie.domain = domain("127.0.0.1");
        };
    }
}

#[test]
fn origins_must_be_exact() {
    for good in ["https://app.example.com", "http://localhost:3000", "https://[::1]:8443"] {
        let on_http = |c: &mut Config| {
            // Plain http origins are allowed only if `public_url` is http, too.
            if good.starts_with("http:") {
                (c.public_url, c.cookie.secure) = (url("http://auth.example.com"), false);
            }
        };
        let keys = refused(|c| {
            c.cors.origins = vec![good.to_owned()];
            on_http(c);
        });
        assert!(keys.is_empty(), "{good}");
        let keys = refused(|c| {
            c.return_to.origins = vec![good.to_owned()];
            on_http(c);
        });
        assert!(keys.is_empty(), "{good}");
    }
    for bad in [
        "*",
        "null",
        "",
        "app.example.com",
        "https://app.example.com/",
        "https://app.example.com/x",
        "https://app.example.com:443",
        "https://App.example.com",
        "https://*.example.com",
        "https://u@app.example.com",
        "ftp://app.example.com",
        "file://",
        "http://app.example.com",
        "http://localhost:3000",
    ] {
        let origins = vec!["https://good.example.com".to_owned(), bad.to_owned()];
        let keys = refused(|c| c.cors.origins.clone_from(&origins));
        assert_eq!(keys, BTreeSet::from(["cors.origins".to_owned()]), "{bad}");
        let keys = refused(|c| c.return_to.origins = origins);
        assert_eq!(keys, BTreeSet::from(["return_to.origins".to_owned()]), "{bad}");
    }
}

#[test]
fn trusted_proxies_cannot_be_all_addresses() {
    let nets = |text: &str| text.split(' ').map(|net| net.parse().unwrap()).collect::<Vec<IpNet>>();
    refuse! {
        "": |c| c.trusted_proxies = nets("10.0.0.0/8 ::1/128");
        "trusted_proxies": |c| c.trusted_proxies = nets("10.0.0.0/8 0.0.0.0/0");
        "trusted_proxies": |c| c.trusted_proxies = nets("::/0");
        "": |c| {
            (c.public_url, c.cookie.secure) = (url("http://auth.example.com"), false);
            c.trusted_proxies = nets("0.0.0.0/0");
        };
    }
}

#[test]
fn risky_cookie_scopes_cause_warnings() {
    let reported = |change: fn(&mut Config)| {
        let mut config = Config {
            public_url: url("https://auth.example.com"),
            encryption_key: Some(Secret("k".repeat(32))),
            ..Config::default()
        };
        change(&mut config);
        config.warnings().into_iter().map(|p| p.key).collect::<Vec<_>>()
    };
    assert_eq!(reported(|c| c.cors.origins = vec!["https://app.example.com".into()]), [""; 0]);
    let other = |c: &mut Config| c.cors.origins = vec!["https://app.example.org".into()];
    assert_eq!(reported(other), ["cors.origins"]);
    assert_eq!(
        reported(|c| {
            c.cors.origins = vec!["https://app.example.org".into()];
            c.cookie.same_site = SameSite::None;
        }),
        [""; 0]
    );
    assert_eq!(reported(|c| c.cookie.domain = Some("example.com".into())), ["cookie.domain"]);
    let previous = |c: &mut Config| c.previous_encryption_key = Some(Secret("x".repeat(32)));
    assert_eq!(reported(previous), ["previous_encryption_key"]);
}
