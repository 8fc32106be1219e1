//! The fields of a body as a handler reads them: typed, with all that is wrong told at once.
use super::body::{Body, MOST_FIELDS};
use crate::{
    field_error::FieldError,
    flows::{Error, Result},
};
use serde_json::Value;

/// In bytes.
const LONGEST_TEXT: usize = 4096;

/// What is wrong with fields, by their names.
pub type Wrong = Vec<(&'static str, FieldError)>;

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
    fn keep<T: Default>(&mut self, name: &'static str, value: Result<T, FieldError>) -> T {
        value.unwrap_or_else(|why| {
            self.wrong.push((name, why));
            T::default()
        })
    }

    fn get(&self, name: &str) -> Option<&'b Value> {
        self.body.fields.get(name)
    }

    /// Adds what else is wrong with a field.
    pub fn wrong(&mut self, name: &'static str, why: FieldError) {
        self.wrong.push((name, why));
    }

    /// Text that has to be there.
    pub fn text(&mut self, name: &'static str) -> &'b str {
        let value = self.get(name).ok_or(FieldError::Missing).and_then(text);
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
            Some(_) => Err(FieldError::NotList),
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
                _ => Err(FieldError::NotBoolean),
            },
            Some(_) => Err(FieldError::NotBoolean),
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
            Some(Value::Array(_)) => Err(FieldError::NotList),
            Some(_) => Err(FieldError::NotText),
        };
        self.keep(name, value)
    }

    /// A whole number that has to be there.
    pub fn integer(&mut self, name: &'static str) -> i64 {
        let value = self.optional_integer(name);
        if value.is_none() && !self.wrong.iter().any(|(wrong, _)| *wrong == name) {
            self.wrong.push((name, FieldError::Missing));
        }
        value.unwrap_or_default()
    }

    /// A whole number, or `None` for none and null.
    pub fn optional_integer(&mut self, name: &'static str) -> Option<i64> {
        let value = match self.get(name) {
            None | Some(Value::Null) => Ok(None),
            Some(Value::String(s)) => s.parse().map(Some).map_err(|_| FieldError::NotInteger),
            Some(value) => value.as_i64().map(Some).ok_or(FieldError::NotInteger),
        };
        self.keep(name, value)
    }
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
