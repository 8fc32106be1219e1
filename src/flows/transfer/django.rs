//! Reads the users in a dump of Django's `dumpdata`.
use super::fields::{Fields, Refusal};
use crate::{identifiers, time::Timestamp};
use serde_json::{Map, Value};
use std::collections::{BTreeSet, HashMap};
use uuid::Uuid;

/// Our fields, and the default names of the model fields that they are read from. Other fields of the model
/// are ignored.
const FIELDS: [(&str, &str); 14] = [
    ("id", "pk"),
    ("email", "email"),
    ("username", "username"),
    ("first_name", "first_name"),
    ("password_hash", "password"),
    ("is_active", "is_active"),
    ("is_superuser", "is_superuser"),
    ("roles", "groups"),
    ("role", "role"),
    ("language", "language"),
    ("created_at", "date_joined"),
    ("last_login_at", "last_login"),
    ("is_email_confirmed", "is_email_confirmed"),
    ("email_confirmed_at", "email_confirmed_at"),
];

/// How to read a dump.
#[derive(Default)]
pub struct Dump {
    /// `APP.MODEL` of the users.
    pub model: String,
    /// Our fields, and the model fields that they are read from. With an empty name, a field is not read.
    pub fields: Vec<(String, String)>,
    /// Names of groups, and the roles that replace them.
    pub roles: Vec<(String, String)>,
}

impl Dump {
    /// Whether we have a field of this name.
    pub fn knows(field: &str) -> bool {
        FIELDS.iter().any(|(ours, _)| *ours == field)
    }
}

/// An object of a dump, of any model.
pub struct Entry {
    pub model: String,
    pk: Value,
    fields: Map<String, Value>,
}

impl Entry {
    /// Parses an object of a dump. An object that is not from a dump is returned unchanged as the error.
    pub fn read(mut object: Map<String, Value>) -> Result<Self, Map<String, Value>> {
        match (object.remove("model"), object.remove("fields")) {
            (Some(Value::String(model)), Some(Value::Object(fields))) => Ok(Self {
                model: model.to_ascii_lowercase(),
                pk: object.remove("pk").unwrap_or_default(),
                fields,
            }),
            (model, fields) => {
                object.extend(model.map(|m| ("model".to_owned(), m)));
                object.extend(fields.map(|f| ("fields".to_owned(), f)));
                Err(object)
            }
        }
    }
}

/// What an import needs from the other objects of a dump.
#[derive(Default)]
pub struct Survey {
    /// The names of groups by their primary keys.
    groups: HashMap<String, String>,
    /// The models that have a password.
    pub models: BTreeSet<String>,
    /// simplejwt's refresh tokens by their primary keys: the `jti`, and when the token expires.
    tokens: HashMap<String, (Uuid, Timestamp)>,
    /// The primary keys of the blacklisted tokens.
    blacklisted: Vec<String>,
}

impl Survey {
    /// Records what an import needs from `entry`.
    pub fn see(&mut self, entry: &Entry) {
        if entry.fields.contains_key("password") {
            self.models.insert(entry.model.clone());
        }
        let (key, text) = (entry.pk.to_string(), |name| entry.fields.get(name)?.as_str());
        match entry.model.as_str() {
            "auth.group" => {
                self.groups.extend(text("name").map(|name| (key, name.to_owned())));
            }
            "token_blacklist.outstandingtoken" => {
                let jti = text("jti").and_then(|jti| jti.parse().ok());
                let expires_at = text("expires_at").and_then(Timestamp::parse);
                self.tokens.extend(jti.zip(expires_at).map(|token| (key, token)));
            }
            "token_blacklist.blacklistedtoken" => {
                self.blacklisted.extend(entry.fields.get("token").map(Value::to_string));
            }
            _ => {}
        }
    }

    /// The name of a group, which is given as its primary key, its natural key (`["NAME"]`) or its name. The
    /// error is the key, if it is unknown.
    fn name(&self, group: &Value) -> Result<String, String> {
        let key = group.to_string();
        let natural = group.as_array().filter(|names| names.len() == 1);
        let name = natural.map_or(group, |names| &names[0]).as_str();
        self.groups.get(&key).map(String::as_str).or(name).map(str::to_owned).ok_or(key)
    }

    /// The refresh tokens that were blacklisted: each `jti`, and when the token expires.
    pub fn blacklisted_tokens(&self) -> impl Iterator<Item = (Uuid, Timestamp)> {
        self.blacklisted.iter().filter_map(|key| self.tokens.get(key).copied())
    }
}

impl Dump {
    /// The fields of a user, with our names.
    pub fn translate(&self, entry: &Entry, survey: &Survey) -> Result<Fields, Refusal> {
        let mut ours = Map::new();
        for (name, usual) in FIELDS {
            let said = self.fields.iter().rfind(|(ours, _)| ours == name);
            let theirs = said.map_or(usual, |(_, theirs)| theirs);
            let value = if theirs == "pk" { Some(&entry.pk) } else { entry.fields.get(theirs) };
            match value {
                Some(value) => drop(ours.insert(name.to_owned(), value.clone())),
                None if said.is_none() || theirs.is_empty() => {}
                None => return Err(Refusal::Absent(name.to_owned(), theirs.to_owned())),
            }
        }
        let groups = match ours.remove("roles").unwrap_or_default() {
            Value::Array(groups) => groups,
            group => vec![group],
        };
        let named = |value: &&Value| !value.is_null() && **value != "";
        let groups = groups.iter().filter(named).map(|group| survey.name(group));
        // A number in this field is not the key of a group.
        let role = ours.remove("role").filter(|role| named(&role));
        let role = role
            .map(|role| role.as_str().map_or_else(|| Err(role.to_string()), |r| Ok(r.to_owned())));
        let mut roles = Vec::new();
        for name in groups.chain(role) {
            let role = self.role(name)?;
            // `USER` means that the user has no role.
            if role != "USER" {
                roles.push(Value::String(role));
            }
        }
        ours.insert("roles".to_owned(), Value::Array(roles));
        Ok(Fields(ours))
    }

    /// The role for a group, which is given by its name or, if that is unknown, its key.
    fn role(&self, name: Result<String, String>) -> Result<String, Refusal> {
        let (Ok(text) | Err(text)) = &name;
        if let Some((_, role)) = self.roles.iter().rfind(|(group, _)| group == text) {
            return Ok(role.clone());
        }
        let name = name.map_err(Refusal::NoGroup)?;
        identifiers::role(&name).map_err(|_| Refusal::Group(name))
    }
}
