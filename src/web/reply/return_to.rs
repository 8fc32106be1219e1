//! Where the user wanted to go before the login (OWASP Unvalidated Redirects): a path of this site, or an
//! origin in the settings.
use crate::config::Config;
use url::Url;

/// The longest target, in bytes, as it is sent and in its normal form, in which other letters than those of
/// ASCII are three times as long.
const MAX_TARGET_BYTES: usize = 2048;

/// The target that `next` names, parsed as a browser does. `None` if it is not allowed.
pub fn next(config: &Config, next: &str) -> Option<String> {
    allowed(config, next).filter(|target| target.len() <= MAX_TARGET_BYTES)
}

fn allowed(config: &Config, next: &str) -> Option<String> {
    let plain = !next.chars().any(|c| c.is_control() || c.is_whitespace() || c == '\\');
    if next.len() > MAX_TARGET_BYTES || !plain {
        return None;
    }
    if !next.starts_with('/') {
        let url = Url::parse(next).ok()?;
        let origin = url.origin().ascii_serialization();
        let listed = config.return_origins().any(|known| known == origin);
        let bare = url.username().is_empty() && url.password().is_none();
        return (listed && bare).then(|| url.into());
    }
    let url = config.public_url.join(next).ok()?;
    // `next` may still lead to another site, and the path may start with two slashes once dots are resolved.
    let stayed = url.origin() == config.public_url.origin() && !next.starts_with("//");
    let place = &url[url::Position::BeforePath..];
    (stayed && !place.starts_with("//")).then(|| place.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_https_service_does_not_redirect_to_http_origins() {
        let mut config = Config::default();
        config.cors.origins = vec!["http://a.example.com".to_owned()];
        config.return_to.origins =
            vec!["http://b.example.com".to_owned(), "https://c.example.com".to_owned()];
        let follows = |config: &Config| {
            ["http://a.example.com/", "http://b.example.com/", "https://c.example.com/"]
                .map(|to| next(config, to).is_some())
        };
        assert_eq!(follows(&config), [true, true, true]);
        config.public_url = Url::parse("https://auth.example.com").unwrap();
        assert_eq!(follows(&config), [false, false, true]);
    }

    #[test]
    fn only_local_paths_and_listed_origins_are_valid_targets() {
        let mut config = Config::default();
        config.cors.origins = vec!["https://app.example.com".to_owned()];
        let next = |to: &str| next(&config, to);
        for fine in
            ["/", "/account", "/a?b=c#d", "/a/%2e%2e/b?next=//x", "https://app.example.com/x?y"]
        {
            assert!(next(fine).is_some(), "{fine}");
        }
        assert_eq!(next("/a/../b").as_deref(), Some("/b"));
        assert_eq!(next("https://app.example.com").as_deref(), Some("https://app.example.com/"));
        for evil in [
            "",
            "account",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\/evil.example",
            "/\t/evil.example",
            " //evil.example",
            "/.//evil.example",
            "/a/..//evil.example",
            "https://evil.example",
            "https:evil.example",
            "https:/evil.example",
            "javascript:alert(1)",
            "https://app.example.com.evil.example/",
            "https://app.example.com@evil.example/",
            "https://u:p@app.example.com/",
            "http://app.example.com/",
            "data:text/html,x",
            "/\u{2028}x",
            "/%0d%0aSet-Cookie:x\r\n",
        ] {
            assert_eq!(next(evil), None, "{evil:?}");
        }
        assert_eq!(next(&format!("/{}", "a".repeat(3000))), None);
        assert_eq!(next(&format!("/{}", "я".repeat(700))), None);
    }
}
