//! Reads the fields of one user in a file. A refusal names the field and never its value, which may be a
//! hash or an address.
use crate::{
    field_error::FieldError,
    flows::UserId,
    identifiers::{self, MOST_ROLES},
    time::Timestamp,
};
use serde_json::{Map, Value};

/// The highest id: JavaScript cannot represent larger integers exactly.
const HIGHEST: i64 = (1 << 53) - 1;

/// Why a row is not imported.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The line or element is not a JSON object.
    #[error("is no JSON object")]
    NotAnObject,
    /// The value of a field is invalid: the field's name, and the reason in words.
    #[error("{0}: {1}")]
    Field(&'static str, &'static str),
    /// The value of a field is missing, taken or otherwise invalid: the field's name, and the reason.
    #[error("{0}: {1:?}")]
    FieldError(&'static str, FieldError),
    /// The row has a field that the import does not know: its name.
    #[error("there is no such field as {0:?}")]
    Unknown(String),
    /// The dump lacks a field that `--map` names: our name of the field, and the dump's.
    #[error("{0}: the dump has no field {1:?}")]
    Absent(String, String),
    /// The group's name, which cannot be the name of a role: `--role` must map it to one.
    #[error("roles: the group {0:?} needs the name of a role: --role {0:?}=NAME")]
    Group(String),
    /// The user has a group that the dump does not describe: the key of the group.
    #[error("roles: {0} is no group of the dump: dump auth.group as well, or --role {0}=NAME")]
    NoGroup(String),
}

/// The fields of a row that have not been read yet.
pub struct Fields(pub Map<String, Value>);

impl Fields {
    /// Removes and returns a field. Null counts as absent.
    fn take(&mut self, name: &str) -> Option<Value> {
        self.0.remove(name).filter(|value| !value.is_null())
    }

    /// Reads a string; `None` if the field is absent or null.
    pub fn text(&mut self, name: &'static str) -> Result<Option<String>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(Refusal::FieldError(name, FieldError::NotText)),
        }
    }

    /// Reads a boolean; `None` if the field is absent or null.
    pub fn flag(&mut self, name: &'static str) -> Result<Option<bool>, Refusal> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::Bool(flag)) => Ok(Some(flag)),
            Some(_) => Err(Refusal::FieldError(name, FieldError::NotBoolean)),
        }
    }

    /// Reads a time; `None` if the field is absent or null.
    pub fn time(&mut self, name: &'static str) -> Result<Option<Timestamp>, Refusal> {
        let Some(text) = self.text(name)? else { return Ok(None) };
        let time = Timestamp::parse(&text);
        time.map(Some).ok_or(Refusal::Field(
            name,
            "should be a time such as 2026-11-21T07:30:00Z, from 1970 to 2999",
        ))
    }

    /// Reads the user id; `None` if the field is absent or null.
    pub fn id(&mut self) -> Result<Option<UserId>, Refusal> {
        let Some(value) = self.take("id") else { return Ok(None) };
        let id = value.as_i64().filter(|id| (1..=HIGHEST).contains(id));
        id.map(|id| Some(UserId(id)))
            .ok_or(Refusal::Field("id", "should be a whole number from 1 to 9007199254740991"))
    }

    /// The names in `roles` and the one in `role`, where `USER` means no role.
    pub fn roles(&mut self) -> Result<Vec<String>, Refusal> {
        let list = match self.take("roles") {
            None => Vec::new(),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(Refusal::Field("roles", "should be a list")),
        };
        let mut roles: Vec<String> = Vec::new();
        let one = self.text("role")?.filter(|role| !["", "USER"].contains(&role.as_str()));
        for role in list.into_iter().chain(one.map(Value::String)) {
            let Value::String(role) = role else {
                return Err(Refusal::FieldError("roles", FieldError::NotText));
            };
            let role = identifiers::role(&role).map_err(|e| Refusal::FieldError("roles", e))?;
            if !roles.contains(&role) {
                roles.push(role);
            }
        }
        if roles.len() > MOST_ROLES {
            return Err(Refusal::FieldError("roles", FieldError::TooManyRoles(MOST_ROLES)));
        }
        Ok(roles)
    }

    /// Refuses the row if a field was not read: it is unknown.
    pub fn end(self) -> Result<(), Refusal> {
        match self.0.into_iter().next() {
            Some((name, _)) => Err(Refusal::Unknown(name)),
            None => Ok(()),
        }
    }
}
