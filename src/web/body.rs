//! Reads bodies: a flat JSON object, or a form. Only the fields that a handler names are looked at,
//! all that is wrong with them is told at once, and nothing of them is ever logged, as Rocket's own
//! `Json` and `Form` guards would. An empty body is an empty object, whatever type it names: clients
//! name one by habit (axios on Node names a form for a `POST` without a body).
use super::forms;
use crate::flows::{Error, Lacking, Result};
use rocket::{
    Data, Request,
    data::{FromData, Outcome, ToByteUnit},
    http::Status,
};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Map, Value};
use std::{
    fmt::{self, Formatter},
    time::Duration,
};

/// In KiB.
const LARGEST: u64 = 64;
pub(super) const MOST_FIELDS: usize = 64;
/// In bytes.
const LONGEST_TEXT: usize = 4096;
/// A sender may take this long.
const PATIENCE: Duration = Duration::from_secs(10);

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
    fields: Map<String, Value>,
    /// A form has texts only: `on` is as good as true in it.
    is_form: bool,
}

/// The fields of a JSON object; a form, which any site may send in a user's name, is refused.
pub struct JsonBody(Body);

#[rocket::async_trait]
impl<'r> FromData<'r> for Body {
    type Error = Error;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        outcome(req, read(req, data, Forms::All).await)
    }
}

#[rocket::async_trait]
impl<'r> FromData<'r> for JsonBody {
    type Error = Error;

    async fn from_data(req: &'r Request<'_>, data: Data<'r>) -> Outcome<'r, Self> {
        outcome(req, read(req, data, Forms::None).await.map(JsonBody))
    }
}

impl std::ops::Deref for JsonBody {
    type Target = Body;

    fn deref(&self) -> &Body {
        &self.0
    }
}

fn outcome<'r, T>(req: &'r Request<'_>, read: Result<T>) -> Outcome<'r, T, Error> {
    match read {
        Ok(body) => Outcome::Success(body),
        Err(e) => {
            tracing::debug!(error = %e, route = ?req.route().map(|r| r.uri.as_str()), "a body was refused");
            Outcome::Error((Status::BadRequest, e))
        }
    }
}

/// Reads a body: JSON, or a form of the types in `forms`.
///
/// # Errors
/// What kept it from being read.
pub async fn read(req: &Request<'_>, data: Data<'_>, forms: Forms) -> Result<Body> {
    let headers = req.headers();
    let length = headers.get_one("content-length").and_then(|n| n.parse::<u64>().ok());
    if length.is_some_and(|n| n > LARGEST * 1024) {
        return Err(Error::TooLarge);
    }
    let reading = data.open(LARGEST.kibibytes()).into_bytes();
    let bytes = tokio::time::timeout(PATIENCE, reading)
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
    // Of two types each reader would pick its own.
    if headers.get("content-encoding").any(compressed) || headers.get("content-type").count() > 1 {
        return Err(Error::UnsupportedType);
    }
    match req.content_type() {
        Some(kind) if kind.is_json() => json(&bytes),
        Some(kind) if kind.is_form() && forms != Forms::None => {
            forms::urlencoded(&bytes).map(Body::form)
        }
        Some(kind) if kind.is_form_data() && forms == Forms::All => {
            let boundary = kind.param("boundary").unwrap_or_default();
            forms::multipart(bytes.into_inner(), boundary).await.map(Body::form)
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

/// A JSON object in which no name comes twice (RFC 8259, 4: what that means is anybody's guess, so what
/// stands before us may have checked the other value).
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
                return Err(serde::de::Error::custom("a name comes twice"));
            }
        }
        Ok(self)
    }
}

/// What is wrong with fields, by their names.
pub type Wrong = Vec<(&'static str, Lacking)>;

impl Body {
    /// What `read` makes of the fields, or all that is wrong with them.
    ///
    /// # Errors
    /// `Fields`.
    pub fn read<'b, T>(&'b self, read: impl FnOnce(&mut Fields<'b>) -> T) -> Result<T> {
        let (value, wrong) = self.look(read);
        if wrong.is_empty() { Ok(value) } else { Err(Error::Fields(wrong)) }
    }

    /// What `read` makes of the fields, with stand-ins for those that are wrong.
    pub fn look<'b, T>(&'b self, read: impl FnOnce(&mut Fields<'b>) -> T) -> (T, Wrong) {
        let mut fields = Fields { body: self, wrong: Vec::new() };
        (read(&mut fields), fields.wrong)
    }
}

/// The fields of a body while they are read; what is wrong is kept and a stand-in given.
pub struct Fields<'b> {
    body: &'b Body,
    wrong: Wrong,
}

impl<'b> Fields<'b> {
    fn keep<T: Default>(&mut self, name: &'static str, value: Result<T, Lacking>) -> T {
        value.unwrap_or_else(|why| {
            self.wrong.push((name, why));
            T::default()
        })
    }

    fn get(&self, name: &str) -> Option<&'b Value> {
        self.body.fields.get(name)
    }

    /// Adds what else is wrong with a field.
    pub fn wrong(&mut self, name: &'static str, why: Lacking) {
        self.wrong.push((name, why));
    }

    /// Text that has to be there.
    pub fn text(&mut self, name: &'static str) -> &'b str {
        let value = self.get(name).ok_or(Lacking::Missing).and_then(text);
        self.keep(name, value)
    }

    /// Text, or `None` for none and null.
    pub fn optional(&mut self, name: &'static str) -> Option<&'b str> {
        self.nullable(name).flatten()
    }

    /// Text; `Some(None)` for null.
    #[expect(clippy::option_option, reason = "a PATCH tells what is null from what is not there")]
    pub fn nullable(&mut self, name: &'static str) -> Option<Option<&'b str>> {
        let value = match self.get(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => text(value).map(|text| Some(Some(text))),
        };
        self.keep(name, value)
    }

    /// Several texts, in a form separated by commas or white space; none for none and null.
    pub fn texts(&mut self, name: &'static str) -> Vec<&'b str> {
        let value = match self.get(name) {
            None | Some(Value::Null) => Ok(Vec::new()),
            Some(Value::String(list)) => {
                let apart = |c: char| c == ',' || c.is_whitespace();
                Ok(list.split(apart).filter(|text| !text.is_empty()).collect())
            }
            Some(Value::Array(list)) if list.len() <= MOST_FIELDS => {
                list.iter().map(text).collect()
            }
            Some(_) => Err(Lacking::NotList),
        };
        self.keep(name, value)
    }

    /// Yes or no, `default` for none.
    pub fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.optional_flag(name).unwrap_or(default)
    }

    /// Yes or no, or `None` for none and null.
    pub fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        let value = match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Bool(b)) => Ok(Some(*b)),
            Some(Value::String(s)) if self.body.is_form => match s.as_str() {
                "true" | "on" | "1" => Ok(Some(true)),
                "false" | "off" | "0" | "" => Ok(Some(false)),
                _ => Err(Lacking::NotBoolean),
            },
            Some(_) => Err(Lacking::NotBoolean),
        };
        self.keep(name, value)
    }

    /// Texts, or `None` for none and null.
    pub fn list(&mut self, name: &'static str) -> Option<Vec<&'b str>> {
        let value = match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Array(all)) if all.len() <= MOST_FIELDS => {
                all.iter().map(text).collect::<Result<_, _>>().map(Some)
            }
            Some(Value::Array(_)) => Err(Lacking::NotList),
            Some(_) => Err(Lacking::NotText),
        };
        self.keep(name, value)
    }

    /// A whole number that has to be there.
    pub fn integer(&mut self, name: &'static str) -> i64 {
        let value = self.optional_integer(name);
        if value.is_none() && !self.wrong.iter().any(|(wrong, _)| *wrong == name) {
            self.wrong.push((name, Lacking::Missing));
        }
        value.unwrap_or_default()
    }

    /// A whole number, or `None` for none and null.
    pub fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        let value = match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => s.parse().map(Some).map_err(|_| Lacking::NotInteger),
            Some(value) => value.as_i64().map(Some).ok_or(Lacking::NotInteger),
        };
        self.keep(name, value)
    }
}

fn text(value: &Value) -> Result<&str, Lacking> {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => Err(Lacking::TooLong(LONGEST_TEXT)),
        Value::String(text) if text.contains('\0') => Err(Lacking::NotPrintable),
        Value::String(text) => Ok(text),
        Value::Null => Err(Lacking::Null),
        _ => Err(Lacking::NotText),
    }
}
