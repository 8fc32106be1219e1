//! Targets of redirects.
use crate::{config::Config, web::reply::return_to};
use url::Url;

/// The parameter `next`.
///
/// # Panics
/// If an accepted target leads elsewhere than to this site or an origin in the settings.
pub fn next(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let url = |text: &str| Url::parse(text).expect("a URL");
    let mut config = Config { public_url: url("https://auth.example.com"), ..Config::default() };
    config.cors.origins = vec!["https://app.example.com".to_owned()];
    config.return_to.origins =
        vec!["https://example.org:8443".to_owned(), "http://example.org".to_owned()];
    let Some(target) = return_to::next(&config, text) else { return };

    assert!(target.len() <= 2048 && target.bytes().all(|b| b.is_ascii_graphic() && b != b'\\'));
    // Where a browser goes.
    let place = config.public_url.join(&target).expect("a URL");
    let origin = place.origin().ascii_serialization();
    if target.starts_with('/') {
        assert_eq!(origin, "https://auth.example.com");
        assert!(!target.starts_with("//"));
    } else {
        assert!(["https://app.example.com", "https://example.org:8443"].contains(&&*origin));
    }
    assert!(place.username().is_empty() && place.password().is_none());
    assert_eq!(return_to::next(&config, &target).as_ref(), Some(&target));
}
