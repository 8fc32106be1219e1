//! The settings while they are collected: a tree with the shape of the defaults. Each source overrides
//! values in it.
use super::{
    Config,
    problem::{Problem, origin},
};
use figment::{
    Error, Figment,
    error::Kind,
    providers::Serialized,
    value::{Dict, Value},
};
use std::collections::{BTreeMap, BTreeSet};

/// Pairs of keys. The check of the first needs the value of the second, so it is skipped while the second
/// cannot be read.
const CHECK_DEPENDS_ON: [(&str, &str); 16] = [
    ("cookie.domain", "public_url"),
    ("cookie.same_site", "cookie.secure"),
    ("cookie.secure", "public_url"),
    ("cors.origins", "public_url"),
    ("jwt.secret", "jwt.algorithm"),
    ("legacy.accept_simplejwt", "jwt.algorithm"),
    ("legacy.until", "legacy.accept_simplejwt"),
    ("mail.url", "public_url"),
    ("password.memory", "password.passes"),
    ("previous_encryption_key", "encryption_key"),
    ("refresh_grace", "refresh_token_lifetime"),
    ("refresh_token_lifetime", "access_token_lifetime"),
    ("server.max_bodies", "server.max_body"),
    ("server.redirect_port", "public_url"),
    ("session_lifetime", "refresh_token_lifetime"),
    ("trusted_proxies", "public_url"),
];

pub(crate) struct Draft {
    pub(crate) defaults: Dict,
    tree: Dict,
    /// By key, the name under which the operator wrote it.
    written: BTreeMap<String, String>,
    unreadable: BTreeSet<String>,
    pub(crate) problems: Vec<Problem>,
    pub(crate) warnings: Vec<Problem>,
}

impl Draft {
    pub(crate) fn new() -> Self {
        let config = Config::default();
        let mut tree =
            Value::serialize(&config).ok().and_then(Value::into_dict).unwrap_or_default();
        // Secrets do not serialize; this one has a default.
        put(&mut tree, "mail.url", Value::from(config.mail.url.0.clone()));
        Self {
            defaults: tree.clone(),
            tree,
            written: BTreeMap::new(),
            unreadable: BTreeSet::new(),
            problems: Vec::new(),
            warnings: Vec::new(),
        }
    }

    /// Overrides values with those of the file's table.
    pub(crate) fn apply_table(&mut self, figment: &Figment, table: Dict) {
        self.apply_subtable(figment, "", table);
    }

    fn apply_subtable(&mut self, figment: &Figment, above: &str, table: Dict) {
        for (key, value) in table {
            let key = format!("{above}{key}");
            let name = format!("portcullis.{key}{}", origin(figment, &value));
            match (find(&self.defaults, &key), value) {
                (None, _) => {
                    let known = self.below(above).join(", ");
                    let message = format!("unknown key, expected one of {known}");
                    self.problems.push(Problem::new(name, message));
                }
                (Some(Value::Dict(..)), Value::Dict(_, table)) => {
                    self.apply_subtable(figment, &format!("{key}."), table);
                }
                (Some(Value::Dict(..)), _) => {
                    self.problems.push(Problem::new(name, "should be a table"));
                }
                (Some(_), value) => self.set(&key, name, value),
            }
        }
    }

    /// The known keys of the table `above`, which ends in a dot or is empty.
    fn below(&self, above: &str) -> Vec<String> {
        let table = match find(&self.defaults, above.trim_end_matches('.')) {
            Some(Value::Dict(_, table)) => table,
            _ => &self.defaults,
        };
        table.keys().cloned().collect()
    }

    /// Sets `key`, which the operator wrote as `name`, to `value`.
    pub(crate) fn set(&mut self, key: &str, name: String, value: Value) {
        put(&mut self.tree, key, value);
        self.unreadable.remove(key);
        self.written.insert(key.to_owned(), name);
    }

    /// Sets `key` to `value` unless the operator has set it.
    pub(crate) fn set_default(&mut self, key: &str, value: Value) {
        if !self.written.contains_key(key) && !self.unreadable.contains(key) {
            put(&mut self.tree, key, value);
        }
    }

    /// Records what is wrong with the value of `key`, which the operator wrote as `name`.
    pub(crate) fn refuse(&mut self, key: &str, name: &str, message: impl Into<String>) {
        self.unreadable.insert(key.to_owned());
        self.problems.push(Problem::new(name, message));
    }

    /// Returns the settings, all problems and all warnings.
    pub(crate) fn finish(mut self) -> (Config, Vec<Problem>, Vec<Problem>) {
        let mut config = self.extract();
        for Problem { key, message } in config.check() {
            if key == "public_url" {
                // `public_url` is printed, but an invalid one may contain a password.
                config.public_url = Config::default().public_url;
            }
            let blind = |key: &str| self.unreadable.contains(key);
            if blind(&key) || CHECK_DEPENDS_ON.iter().any(|(k, on)| *k == key && blind(on)) {
                continue;
            }
            self.problems.push(Problem::new(self.written_name(&key), message));
        }
        let named = |p: Problem| Problem::new(self.written_name(&p.key), p.message);
        let warnings = config.warnings().into_iter().map(named);
        let warnings = self.warnings.iter().cloned().chain(warnings).collect();
        (config, self.problems, warnings)
    }

    /// Reads the tree. A value that cannot be read is recorded as a problem and replaced by its default.
    fn extract(&mut self) -> Config {
        loop {
            let e = match Figment::from(Serialized::defaults(&self.tree)).extract::<Config>() {
                Ok(config) => return config,
                Err(e) => e,
            };
            let path = e.path.iter().take_while(|p| p.parse::<usize>().is_err());
            let key = path.cloned().collect::<Vec<_>>().join(".");
            let Some(default) =
                find(&self.defaults, &key).filter(|d| find(&self.tree, &key) != Some(d)).cloned()
            else {
                self.problems.push(Problem::new("portcullis", "cannot be read"));
                return Config::default();
            };
            let name = self.written_name(&key);
            let message = expected(&key, &default, &e);
            put(&mut self.tree, &key, default);
            self.refuse(&key, &name, message);
        }
    }

    fn written_name(&self, key: &str) -> String {
        self.written.get(key).cloned().unwrap_or_else(|| format!("portcullis.{key}"))
    }
}

/// What a value of `key` should be. `shape` is its default.
fn expected(key: &str, shape: &Value, e: &Error) -> String {
    match (key, &e.kind, shape) {
        ("public_url", ..) => "should be http(s)://HOST[:PORT][/PATH]".to_owned(),
        ("trusted_proxies", ..) => "should be a list of networks such as 10.0.0.0/8".to_owned(),
        ("brand.accent", ..) => "should be a colour such as \"#2f5bd8\"".to_owned(),
        ("brand.links", ..) => "should be a list of \"TEXT <https://…>\"".to_owned(),
        ("server.redirect_port", ..) => "should be a port such as 80".to_owned(),
        ("legacy.until", ..) => "should be a day such as \"2027-01-31\"".to_owned(),
        (key, ..)
            if ["_lifetime", "_timeout", "_interval"].iter().any(|end| key.ends_with(end))
                || ["refresh_grace", "shutdown.drain", "limits.longest_delay"].contains(&key) =>
        {
            "should be a time such as \"30s\", \"5m\", \"12h\" or \"30d\"".to_owned()
        }
        (_, Kind::UnknownVariant(_, known), _) => format!("should be one of {}", known.join(", ")),
        (_, _, Value::Bool(..)) => "should be true or false".to_owned(),
        (_, _, Value::Num(..)) => "should be a whole number within range".to_owned(),
        (_, _, Value::Array(..)) => "should be a list of texts".to_owned(),
        _ => "should be text, in quotes".to_owned(),
    }
}

pub(crate) fn find<'t>(tree: &'t Dict, key: &str) -> Option<&'t Value> {
    match key.split_once('.') {
        None => tree.get(key),
        Some((table, rest)) => find(tree.get(table)?.as_dict()?, rest),
    }
}

fn put(tree: &mut Dict, key: &str, value: Value) {
    match key.split_once('.') {
        None => drop(tree.insert(key.to_owned(), value)),
        Some((table, rest)) => {
            if let Some(Value::Dict(_, below)) = tree.get_mut(table) {
                put(below, rest, value);
            }
        }
    }
}
