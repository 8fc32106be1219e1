//! Which type of reply a request asks for (RFC 9110, 12.5.1).
use rocket::{
    Request,
    http::{Accept, MediaType, uncased::UncasedStr},
    request::{FromRequest, Outcome},
};
use std::convert::Infallible;

/// The longest `Accept`, in bytes. Rocket's parser copies the whole header for each entry, so its cost grows
/// with the square of the length. The front refuses a longer one, in one line or in several; in an application
/// without the front, [`has_long_accept`] does.
pub const LONGEST_ACCEPT: usize = 1024;

/// Whether the `Accept` of a request is too long to be parsed.
pub fn has_long_accept(req: &Request<'_>) -> bool {
    req.headers().get("accept").map(str::len).sum::<usize>() > LONGEST_ACCEPT
}

/// The accepted media types. A header that is too long is not parsed and counts as `*/*`.
fn accept<'r>(req: &'r Request<'_>) -> Option<&'r Accept> {
    if has_long_accept(req) { None } else { req.accept() }
}

/// Whether the caller prefers a table as CSV.
pub struct WantsCsv(pub bool);

#[rocket::async_trait]
impl<'r> FromRequest<'r> for WantsCsv {
    type Error = Infallible;

    async fn from_request(req: &'r Request<'_>) -> Outcome<Self, Infallible> {
        let csv = accept(req).is_some_and(|a| a.preferred().media_type() == &MediaType::CSV);
        Outcome::Success(Self(csv))
    }
}

/// Whether the caller prefers HTML to JSON, as browsers do. Programs prefer JSON, or accept anything.
pub fn wants_page(req: &Request<'_>) -> bool {
    accept(req)
        .is_some_and(|accept| quality(accept, &MediaType::HTML) > quality(accept, &MediaType::JSON))
}

/// The quality value of a type: that of the most specific range that covers it.
fn quality(accept: &Accept, wanted: &MediaType) -> f32 {
    let covers = |range: &str, own: &UncasedStr| range == "*" || own == range;
    let ranges = accept.iter().filter(|range| {
        covers(range.top().as_str(), wanted.top()) && covers(range.sub().as_str(), wanted.sub())
    });
    ranges.max_by_key(|range| range.specificity()).map_or(0.0, |range| range.weight_or(1.0))
}
