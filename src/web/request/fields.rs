//! The fields of a body as typed values. All invalid fields are reported together.
use super::body::{Body, MOST_FIELDS};
use crate::{
    field_error::FieldError,
    flows::{Error, Result},
};
use serde_json::Value;

/// The longest text, in bytes.
const LONGEST_TEXT: usize = 4096;

/// The errors of fields, with the name of each field.
pub type Wrong = Vec<(&'static str, FieldError)>;

impl Body {
    /// The value that `read` makes of the fields.
    ///
    /// # Errors
    /// [`Error::Fields`], with all errors.
    pub fn read<'b, T>(&'b self, read: impl FnOnce(&mut Fields<'b>) -> T) -> Result<T> {
        let (value, wrong) = self.look(read);
        ok_if_valid(value, wrong)
    }

    /// The value that `read` makes of the fields, and the errors. An invalid field has its default value.
    pub fn look<'b, T>(&'b self, read: impl FnOnce(&mut Fields<'b>) -> T) -> (T, Wrong) {
        let mut fields = Fields { body: self, wrong: Vec::new() };
        (read(&mut fields), fields.wrong)
    }
}

/// `value`, if there are no errors.
///
/// # Errors
/// [`Error::Fields`], with all errors.
pub fn ok_if_valid<T>(value: T, wrong: Wrong) -> Result<T> {
    if wrong.is_empty() { Ok(value) } else { Err(Error::Fields(wrong)) }
}

/// Reads the fields of a body. Collects the errors, and returns a default value for each invalid field.
pub struct Fields<'b> {
    body: &'b Body,
    wrong: Wrong,
}

impl<'b> Fields<'b> {
    fn keep<T: Default>(&mut self, name: &'static str, value: Result<T, FieldError>) -> T {
        value.unwrap_or_else(|why| {
            self.wrong.push((name, why));
            T::default()
        })
    }

    fn value(&self, name: &str) -> Option<&'b Value> {
        self.body.fields.get(name)
    }

    /// The field `name`, read as a `T`.
    pub fn get<T: Field>(&mut self, name: &'static str) -> T {
        T::read(self, name)
    }

    /// A text that is required.
    pub fn text(&mut self, name: &'static str) -> &'b str {
        let value = self.value(name).ok_or(FieldError::Missing).and_then(text);
        self.keep(name, value)
    }

    /// The field `name` as `read` reads it; `None` if the field is missing or null.
    fn given<T>(
        &mut self,
        name: &'static str,
        read: impl FnOnce(&'b Value) -> Result<T, FieldError>,
    ) -> Option<T> {
        let value = self.value(name).filter(|value| !value.is_null()).map(read).transpose();
        self.keep(name, value)
    }

    /// A text; `None` if the field is missing or null.
    pub fn optional(&mut self, name: &'static str) -> Option<&'b str> {
        self.given(name, text)
    }

    /// A text; `None` if the field is missing, `Some(None)` if it is null.
    #[expect(clippy::option_option, reason = "PATCH distinguishes null from an absent field")]
    pub fn nullable(&mut self, name: &'static str) -> Option<Option<&'b str>> {
        let value = match self.value(name) {
            None => Ok(None),
            Some(Value::Null) => Ok(Some(None)),
            Some(value) => text(value).map(|text| Some(Some(text))),
        };
        self.keep(name, value)
    }

    /// Several texts: a list, or one text that is split at commas and white space. Empty if the field is
    /// missing or null.
    pub fn texts(&mut self, name: &'static str) -> Vec<&'b str> {
        let texts = self.given(name, |value| match value {
            Value::String(_) => {
                let apart = |c: char| c == ',' || c.is_whitespace();
                let all: Vec<_> =
                    text(value)?.split(apart).filter(|text| !text.is_empty()).collect();
                if all.len() > MOST_FIELDS { Err(FieldError::NotList) } else { Ok(all) }
            }
            Value::Array(all) => list(all),
            _ => Err(FieldError::NotList),
        });
        texts.unwrap_or_default()
    }

    /// A boolean; `default` if the field is missing or null.
    pub fn flag(&mut self, name: &'static str, default: bool) -> bool {
        self.optional_flag(name).unwrap_or(default)
    }

    /// A boolean; `None` if the field is missing or null.
    fn optional_flag(&mut self, name: &'static str) -> Option<bool> {
        let is_form = self.body.is_form;
        self.given(name, |value| match value {
            Value::Bool(b) => Ok(*b),
            Value::String(s) if is_form => match s.as_str() {
                "true" | "on" | "1" => Ok(true),
                "false" | "off" | "0" | "" => Ok(false),
                _ => Err(FieldError::NotBoolean),
            },
            _ => Err(FieldError::NotBoolean),
        })
    }

    /// A list of texts; `None` if the field is missing or null.
    fn list(&mut self, name: &'static str) -> Option<Vec<&'b str>> {
        self.given(name, |value| {
            value.as_array().ok_or(FieldError::NotText).and_then(|all| list(all))
        })
    }

    /// An integer that is required.
    pub fn integer(&mut self, name: &'static str) -> i64 {
        let value = self.value(name).filter(|value| !value.is_null());
        let value = value.ok_or(FieldError::Missing).and_then(integer);
        self.keep(name, value)
    }

    /// An integer; `None` if the field is missing or null.
    fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        self.given(name, integer)
    }
}

/// A type that a field of a [`request_body!`](super::json::request_body) may have.
pub trait Field {
    /// Reads the field `name`. If it is invalid, records the error in `fields` and returns a default value.
    fn read(fields: &mut Fields<'_>, name: &'static str) -> Self;
}

/// Implements [`Field`] for types, each with the function that reads it.
macro_rules! read_as {
    ($($type:ty: $read:expr;)+) => {
        $(impl Field for $type {
            fn read(fields: &mut Fields<'_>, name: &'static str) -> Self {
                $read(fields, name)
            }
        })+
    };
}

read_as! {
    String: |f: &mut Fields<'_>, name| f.text(name).to_owned();
    Option<String>: |f: &mut Fields<'_>, name| f.optional(name).map(str::to_owned);
    Option<Option<String>>: |f: &mut Fields<'_>, name| f.nullable(name).map(|t| t.map(str::to_owned));
    i64: Fields::integer;
    Option<i64>: Fields::optional_integer;
    Option<bool>: Fields::optional_flag;
    Vec<String>: |f: &mut Fields<'_>, name| owned(f.texts(name));
    Option<Vec<String>>: |f: &mut Fields<'_>, name| f.list(name).map(owned);
}

fn owned(texts: Vec<&str>) -> Vec<String> {
    texts.into_iter().map(str::to_owned).collect()
}

fn text(value: &Value) -> Result<&str, FieldError> {
    match value {
        Value::String(text) if text.len() > LONGEST_TEXT => Err(FieldError::TooLong(LONGEST_TEXT)),
        Value::String(text) if text.contains('\0') => Err(FieldError::NotPrintable),
        Value::String(text) => Ok(text),
        Value::Null => Err(FieldError::Null),
        _ => Err(FieldError::NotText),
    }
}

fn integer(value: &Value) -> Result<i64, FieldError> {
    let number = value.as_str().map_or_else(|| value.as_i64(), |text| text.parse().ok());
    number.ok_or(FieldError::NotInteger)
}

fn list(all: &[Value]) -> Result<Vec<&str>, FieldError> {
    if all.len() > MOST_FIELDS { Err(FieldError::NotList) } else { all.iter().map(text).collect() }
}
