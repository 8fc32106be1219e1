//! Reads the two types of forms: `application/x-www-form-urlencoded` (WHATWG URL, 5.1), and
//! `multipart/form-data` (RFC 7578), which browsers send for a `FormData`.
use super::body::MOST_FIELDS;
use crate::web::{Error, Result};
use futures_util::stream;
use multer::{Field, Multipart};
use percent_encoding::percent_decode;
use serde_json::{Map, Value};
use std::convert::Infallible;
use url::form_urlencoded;

/// The longest boundary, in bytes (RFC 2046, 5.1.1).
const LONGEST_BOUNDARY: usize = 70;

/// Adds a field. [`Error::Malformed`] if there are too many fields, or if the name is a duplicate: then the
/// field is ambiguous.
fn add(fields: &mut Map<String, Value>, name: String, text: String) -> Result<()> {
    let twice = fields.insert(name, Value::String(text)).is_some();
    if twice || fields.len() > MOST_FIELDS { Err(Error::Malformed) } else { Ok(()) }
}

/// The fields of an `application/x-www-form-urlencoded` body.
///
/// # Errors
/// [`Error::Malformed`].
pub fn urlencoded(bytes: &[u8]) -> Result<Map<String, Value>> {
    // The parser would replace what is not UTF-8.
    percent_decode(bytes).decode_utf8().map_err(|_| Error::Malformed)?;
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        add(&mut fields, name.into_owned(), value.into_owned())?;
    }
    Ok(fields)
}

/// The fields of a `multipart/form-data` body. `bytes` is the whole body. Refuses files, and parts that are
/// not plain, unencoded text: no dialect takes them.
///
/// # Errors
/// [`Error::Malformed`].
pub async fn multipart(bytes: Vec<u8>, boundary: &str) -> Result<Map<String, Value>> {
    if boundary.is_empty() || boundary.len() > LONGEST_BOUNDARY {
        return Err(Error::Malformed);
    }
    let mut parts = Multipart::new(stream::iter([Ok::<_, Infallible>(bytes)]), boundary);
    let mut fields = Map::new();
    while let Some(part) = parts.next_field().await.map_err(|_| Error::Malformed)? {
        let name = part.name().filter(|_| is_text(&part)).ok_or(Error::Malformed)?.to_owned();
        let bytes = part.bytes().await.map_err(|_| Error::Malformed)?;
        let text = String::from_utf8(bytes.into()).map_err(|_| Error::Malformed)?;
        add(&mut fields, name, text)?;
    }
    Ok(fields)
}

fn is_text(part: &Field<'_>) -> bool {
    let encoding = part.headers().get("content-transfer-encoding");
    let plain = [&b"7bit"[..], b"8bit", b"binary"];
    part.file_name().is_none()
        && part.content_type().is_none_or(|kind| kind.essence_str() == "text/plain")
        && encoding.is_none_or(|e| plain.iter().any(|p| e.as_bytes().eq_ignore_ascii_case(p)))
}
