//! Settings in the environment. A value is always read as text first, so a secret that consists of digits
//! is not changed.
use super::{
    Problem,
    layers::{Draft, find},
    private::{self, Others},
};
use figment::value::{Dict, Value};
use std::{collections::BTreeMap, ffi::OsString, fs, path::Path};

/// The keys whose value is or contains a secret.
pub(super) const SECRETS: [&str; 4] =
    ["encryption_key", "jwt.secret", "mail.url", "previous_encryption_key"];
const PREFIX: &str = "PORTCULLIS_";

impl Draft {
    /// Overrides values with those of the variables. Returns `DATABASE_URL`.
    pub(super) fn apply_environment(
        &mut self,
        variables: &[(OsString, OsString)],
    ) -> Option<String> {
        let mut database = None;
        // By key, the variable that set it.
        let mut seen = BTreeMap::new();
        for (name, value) in variables {
            let name = name.to_string_lossy();
            let key = name.strip_prefix(PREFIX).map(|k| k.to_ascii_lowercase().replace("__", "."));
            if key.is_none() && name != "DATABASE_URL" {
                continue;
            }
            let text = value.to_str();
            match (key, text) {
                (None, text) => database = Some(text.unwrap_or_default().to_owned()),
                (Some(key), text) => self.apply_variable(&name, &key, text, &mut seen),
            }
        }
        database
    }

    fn apply_variable(
        &mut self,
        name: &str,
        key: &str,
        text: Option<&str>,
        seen: &mut BTreeMap<String, String>,
    ) {
        let is_leaf = |key| find(&self.defaults, key).is_some_and(|v| v.as_dict().is_none());
        let (key, is_file) = match key.strip_suffix("_file") {
            _ if is_leaf(key) => (key, false),
            Some(key) if is_leaf(key) => (key, true),
            _ => {
                let message = format!("unknown key, {}", advice(&self.defaults, key));
                return self.refuse(key, name, message);
            }
        };
        if let Some(other) = seen.insert(key.to_owned(), name.to_owned()) {
            return self.refuse(key, name, format!("{other} is also set; set only one of them"));
        }
        let read = match text {
            None => Err("is not UTF-8".to_owned()),
            Some(path) if is_file => {
                let path = Path::new(path);
                let file = private::named(path);
                if SECRETS.contains(&key) {
                    match private::others(path) {
                        Others::None => {}
                        Others::Read => {
                            let message = format!("{file} can be read by others: chmod 600");
                            self.warnings.push(Problem::new(name, message));
                        }
                        Others::Write => {
                            let message = format!("{file} can be changed by others: chmod 600");
                            return self.refuse(key, name, message);
                        }
                    }
                }
                fs::read_to_string(path)
                    .map(|text| text.trim_end_matches(['\r', '\n']).to_owned())
                    .map_err(|e| format!("{file} cannot be read: {}", private::reason(&e)))
            }
            Some(text) => Ok(text.to_owned()),
        };
        let shape = find(&self.defaults, key);
        match read.and_then(|text| value(shape, text).map_err(str::to_owned)) {
            Ok(value) => self.set(key, name.to_owned(), value),
            Err(message) => self.refuse(key, name, message),
        }
    }
}

/// Reads `text` as a value of the same type as `shape`.
fn value(shape: Option<&Value>, text: String) -> Result<Value, &'static str> {
    Ok(match shape {
        Some(Value::Bool(..)) => {
            Value::from(text.trim().parse::<bool>().map_err(|_| "should be true or false")?)
        }
        Some(Value::Num(..)) => {
            Value::from(text.trim().parse::<u64>().map_err(|_| "should be a whole number")?)
        }
        Some(Value::Array(..)) => {
            let list = text.trim();
            let list = list.strip_prefix('[').and_then(|l| l.strip_suffix(']')).unwrap_or(list);
            let items = list.split(',').map(|item| item.trim().trim_matches(['"', '\'']));
            Value::from(items.filter(|i| !i.is_empty()).map(str::to_owned).collect::<Vec<_>>())
        }
        _ => Value::from(text),
    })
}

/// Suggests a key for an unknown one: one that differs in underscores only, or else all keys of its
/// table.
fn advice(defaults: &Dict, key: &str) -> String {
    let letters = |key: &str| key.replace(['.', '_'], "");
    let bare = key.strip_suffix("_file").unwrap_or(key);
    let alike = leaves(defaults, "").into_iter().find(|known| letters(known) == letters(bare));
    if let Some(known) = alike {
        let suffix = if bare == key { "" } else { "_FILE" };
        return format!("did you mean {}{suffix}?", variable(&known));
    }
    let table = key.split('.').next().unwrap_or_default();
    let (above, table) = match defaults.get(table) {
        Some(Value::Dict(_, below)) => (format!("{table}."), below),
        _ => (String::new(), defaults),
    };
    let known = table.iter().map(|(k, v)| {
        let more = if v.as_dict().is_some() { "__..." } else { "" };
        variable(&format!("{above}{k}")) + more
    });
    format!("expected one of {}", known.collect::<Vec<_>>().join(", "))
}

/// The variable that sets `key`.
pub(super) fn variable(key: &str) -> String {
    format!("{PREFIX}{}", key.replace('.', "__").to_ascii_uppercase())
}

/// Every key in `table` that is not a table itself.
pub(super) fn leaves(table: &Dict, above: &str) -> Vec<String> {
    let keys = table.iter().flat_map(|(key, value)| match value {
        Value::Dict(_, below) => leaves(below, &format!("{above}{key}.")),
        _ => vec![format!("{above}{key}")],
    });
    keys.collect()
}
