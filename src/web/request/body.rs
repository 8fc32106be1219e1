//! Reads bodies: a flat JSON object, or a form. Fields that the handler does not name are ignored. All
//! invalid fields are reported together. Bodies are never logged, but Rocket's own `Json` and `Form` guards
//! would log them. An empty body is an empty object, whatever its `Content-Type`: clients send that header
//! by habit (axios on Node names a form for a `POST` without a body).
use super::form_body;
use crate::web::{Error, Result};
use rocket::{Data, Request, data::ToByteUnit};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};
use std::{
    fmt::{self, Formatter},
    time::Duration,
};

/// The largest body, in KiB.
const LARGEST: u64 = 64;
/// How many fields a body may have, and how many entries a list.
pub(crate) const MOST_FIELDS: usize = 64;
/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What a body may be besides JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forms {
    /// Nothing.
    None,
    /// `application/x-www-form-urlencoded`.
    Urlencoded,
    /// `multipart/form-data` as well, without files.
    All,
}

/// The fields of a JSON object or of a form of either type.
#[derive(Default)]
pub struct Body {
    pub(crate) fields: Map<String, Value>,
    /// Whether the fields are those of a form. All values of a form are texts, so `on` counts as true in it.
    pub(crate) is_form: bool,
}

/// Reads a body: JSON, or a form of the types in `forms`.
///
/// # Errors
/// [`Error::TooLarge`], [`Error::TooSlow`], [`Error::UnsupportedType`], or [`Error::Malformed`] if the body
/// cannot be parsed.
pub async fn read(req: &Request<'_>, data: Data<'_>, forms: Forms) -> Result<Body> {
    let headers = req.headers();
    let length = headers.get_one("content-length").and_then(|n| n.parse::<u64>().ok());
    if length.is_some_and(|n| n > LARGEST * 1024) {
        return Err(Error::TooLarge);
    }
    let reading = data.open(LARGEST.kibibytes()).into_bytes();
    let bytes = tokio::time::timeout(BODY_TIMEOUT, reading)
        .await
        .map_err(|_| Error::TooSlow)?
        .map_err(|_| Error::Malformed)?;
    if !bytes.is_complete() {
        return Err(Error::TooLarge);
    }
    if bytes.is_empty() {
        return Ok(Body::default());
    }
    let compressed = |coding: &str| !coding.eq_ignore_ascii_case("identity");
    // With two types, each reader could choose a different one.
    if headers.get("content-encoding").any(compressed) || headers.get("content-type").count() > 1 {
        return Err(Error::UnsupportedType);
    }
    match req.content_type() {
        Some(kind) if kind.is_json() => json(&bytes),
        Some(kind) if kind.is_form() && forms != Forms::None => {
            form_body::urlencoded(&bytes).map(Body::form)
        }
        Some(kind) if kind.is_form_data() && forms == Forms::All => {
            let boundary = kind.param("boundary").unwrap_or_default();
            form_body::multipart(bytes.into_inner(), boundary).await.map(Body::form)
        }
        _ => Err(Error::UnsupportedType),
    }
}

impl Body {
    fn form(fields: Map<String, Value>) -> Self {
        Self { fields, is_form: true }
    }
}

fn json(bytes: &[u8]) -> Result<Body> {
    serde_json::from_slice::<Object>(bytes)
        .map(|o| Body { fields: o.0, is_form: false })
        .map_err(|_| Error::Malformed)
}

/// A JSON object with at most [`MOST_FIELDS`], without duplicate names. The meaning of duplicates is not defined (RFC 8259, 4), so a proxy
/// before us may have checked the other value.
struct Object(Map<String, Value>);

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(reader: D) -> Result<Self, D::Error> {
        reader.deserialize_map(Object(Map::new()))
    }
}

impl<'de> Visitor<'de> for Object {
    type Value = Self;

    fn expecting(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<Self, A::Error> {
        while let Some((name, value)) = fields.next_entry()? {
            if self.0.insert(name, value).is_some() {
                return Err(serde::de::Error::custom("duplicate field"));
            }
            if self.0.len() > MOST_FIELDS {
                return Err(serde::de::Error::custom("too many fields"));
            }
        }
        Ok(self)
    }
}
