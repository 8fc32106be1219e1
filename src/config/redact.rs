//! The settings in effect as TOML for `config check`, without secrets.
use super::{
    Loaded,
    database::{has_authority, is_torn},
};
use toml::{Table, Value};
use url::Url;

const HIDDEN: &str = "[hidden]";

impl Loaded {
    /// The settings in effect as TOML, without secrets and without the passwords in URLs.
    pub fn shown(&self) -> String {
        let mut config = Table::try_from(&self.config).unwrap_or_default();
        let mail = &self.config.mail.url.0;
        let mail = match mail.split(':').next() {
            // With some mail services the user name is a secret, too.
            Some("smtp" | "smtps") => masked(mail, true),
            Some("dev" | "file") => mail.clone(),
            _ => HIDDEN.to_owned(),
        };
        if let Some(table) = config.get_mut("mail").and_then(Value::as_table_mut) {
            table.insert("url".to_owned(), mail.into());
        }
        // The values in effect, not those in the file.
        if let Some(table) = config.get_mut("jwt").and_then(Value::as_table_mut) {
            table.insert("issuer".to_owned(), self.config.issuer().into());
        }
        let public_url = masked(self.config.public_url.as_str(), true);
        config.insert("public_url".to_owned(), public_url.into());

        let setting = |key| format!("databases.portcullis.{key}");
        let mut database = Table::new();
        database.insert("url".to_owned(), self.shown_database().into());
        if let Ok(count) = self.figment.extract_inner::<u32>(&setting("max_connections")) {
            database.insert("max_connections".to_owned(), count.into());
        }
        let databases = Table::from_iter([("portcullis".to_owned(), database.into())]);
        let tables = [("portcullis", config), ("databases", databases)];
        let tables = tables.map(|(name, table)| (name.to_owned(), Value::Table(table)));
        let mut all = Table::from_iter(tables);
        if let Ok(address) = self.figment.extract_inner::<String>("address") {
            all.insert("address".to_owned(), address.into());
        }
        if let Ok(port) = self.figment.extract_inner::<u16>("port") {
            all.insert("port".to_owned(), i64::from(port).into());
        }
        let file = Table::from_iter([("default".to_owned(), Value::Table(all))]);
        toml::to_string(&file).unwrap_or_default()
    }

    /// The database's URL without its password.
    pub fn shown_database(&self) -> String {
        let url = self.figment.extract_inner::<String>("databases.portcullis.url");
        url.map_or_else(|_| HIDDEN.to_owned(), |url| masked(&url, false))
    }
}

/// A URL without its password and, with `user_too`, without its user. It is hidden completely if a part
/// of the password may be in another place of the URL.
fn masked(url: &str, user_too: bool) -> String {
    let hidden = || HIDDEN.to_owned();
    let Ok(mut parsed) = Url::parse(url) else { return hidden() };
    if parsed.scheme() == "sqlite" {
        return url.to_owned();
    }
    if is_torn(&parsed) || !has_authority(&parsed) {
        return hidden();
    }
    let user = user_too && !parsed.username().is_empty();
    let password = parsed.password().is_some();
    if (user && parsed.set_username("***").is_err())
        || (password && parsed.set_password(Some("***")).is_err())
    {
        return hidden();
    }
    let query = parsed.query().map(|query| {
        let plain = |key: &str| ["sslmode", "host", "port", "dbname", "tls"].contains(&key);
        let pair = |pair: &str| match pair.split_once('=') {
            Some((key, _)) if plain(key) => pair.to_owned(),
            Some((key, _)) => format!("{key}=***"),
            None => "***".to_owned(),
        };
        query.split('&').map(pair).collect::<Vec<_>>().join("&")
    });
    parsed.set_query(query.as_deref());
    parsed.into()
}
