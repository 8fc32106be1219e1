//! Whether two URLs belong to one site, as browsers decide it for cookies.
use url::{Host, Url};

/// Whether two URLs may belong to one site: they have the same host, or names whose last two labels are
/// equal. Public suffixes with two labels, such as `co.uk`, are not recognised.
pub(super) fn is_same(one: &Url, other: &Url) -> bool {
    match (one.host(), other.host()) {
        (Some(Host::Domain(a)), Some(Host::Domain(b))) => {
            a == b || (tail(a).is_some() && tail(a) == tail(b))
        }
        (a, b) => a == b,
    }
}

/// The last two labels of a host name.
fn tail(host: &str) -> Option<&str> {
    let mut dots = host.trim_end_matches('.').rmatch_indices('.');
    dots.next()?;
    Some(dots.next().map_or(host, |(at, _)| &host[at + 1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sites_are_compared_by_registrable_domain() {
        for (one, other, same) in [
            ("https://auth.example.com", "https://app.example.com", true),
            ("https://example.com", "https://a.b.example.com:8443", true),
            ("https://auth.example.com", "https://example.org", false),
            ("https://auth.example.com", "https://auth.example.org", false),
            ("http://localhost:8000", "http://localhost:3000", true),
            ("http://localhost:8000", "http://127.0.0.1:8000", false),
            ("http://127.0.0.1:8000", "http://127.0.0.1:3000", true),
        ] {
            let [one, other] = [one, other].map(|url| Url::parse(url).unwrap());
            assert_eq!(is_same(&one, &other), same, "{one} {other}");
        }
    }
}
