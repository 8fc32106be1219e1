//! Users: their names, the file that they are imported from, their password hashes, and the tables that show
//! them.
use crate::{
    config::{self, Config},
    flows::transfer::{
        Dump,
        django::{Entry, Survey},
        dump_file,
        imported_user::ImportedUser,
        json_records::Records,
    },
    identifiers::{self, Email, Username},
    password::{self, Kind, legacy_hashes::Foreign},
    time::Timestamp,
    web::reply::csv::Csv,
};
use serde_json::Value;

/// An address, username, first name or role.
///
/// # Panics
/// If the normal form of an identifier has another normal form, or unsafe characters.
pub fn identifiers(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Ok(email) = Email::parse(text) {
        check_email(&email);
        assert_eq!(Email::parse(&email.email).as_ref(), Ok(&email));
        assert_eq!(Email::parse(&email.key).map(|e| e.key), Ok(email.key));
    }
    if let Ok(username) = Username::parse(text) {
        let Username { name, key } = &username;
        assert!((1..=Username::LONGEST).contains(&name.chars().count()));
        assert!(!name.chars().any(char::is_control) && !name.contains('@'));
        assert_eq!(Username::parse(name).as_ref(), Ok(&username));
        if let Ok(again) = Username::parse(key) {
            assert_eq!(again.key, *key);
        }
    }
    if let Ok(name) = identifiers::first_name(text) {
        assert!(name.chars().count() <= 150 && !name.chars().any(char::is_control));
        assert_eq!(identifiers::first_name(&name).as_ref(), Ok(&name));
    }
    if let Ok(role) = identifiers::role(text) {
        assert!(role.is_ascii() && role.len() <= 64 && role == text);
    }
}

fn check_email(email: &Email) {
    assert!(email.email.len() <= 254 && email.email.bytes().all(|b| b.is_ascii_graphic()));
    assert_eq!(email.email.matches('@').count(), 1);
    assert_eq!(email.key, email.email.to_ascii_lowercase());
}

/// A stored password hash.
///
/// # Panics
/// If a hash is accepted that costs more than a login may cost.
pub fn password_hash(bytes: &[u8]) {
    let Ok(stored) = std::str::from_utf8(bytes) else { return };
    check_hash(stored, &config::Password::default());
}

fn check_hash(stored: &str, config: &config::Password) {
    let kind = password::kind(stored, config);
    assert!(kind.is_none() || password::is_known(stored, config));
    let Some(kind) = kind else { return };
    // The most: 256 MiB of memory, and some seconds.
    assert!(match kind {
        Kind::Argon2(memory, lanes, passes) => memory <= 256 << 10 && lanes <= 16 && passes <= 16,
        Kind::Pbkdf2(_, iterations) => iterations <= 10_000_000,
        Kind::Scrypt(r, p, log_n) => (128 * u64::from(r) * u64::from(p)) << log_n <= 1 << 30,
        Kind::Bcrypt(cost) => cost <= 15,
    });
    assert_eq!(kind.to_string().parse(), Ok(kind));
    // What a wrong password costs for an unknown user.
    assert!(matches!(kind, Kind::Argon2(..)) || kind.dummy().is_some());
    let cheap = match kind {
        Kind::Argon2(..) => false,
        Kind::Pbkdf2(_, iterations) => iterations < 64,
        Kind::Scrypt(r, p, log_n) => (u64::from(r) * u64::from(p)) << log_n < 64,
        Kind::Bcrypt(cost) => cost < 5,
    };
    if cheap && let Some(hash) = Foreign::parse(stored) {
        assert!(!hash.matches("not the password"));
    }
}

/// A file of users to import.
///
/// # Panics
/// If an imported user has more rights than the file says, or is not valid.
pub fn import(bytes: &[u8]) {
    let dump = Dump { model: "auth.user".to_owned(), ..Dump::default() };
    let config = Config::default();
    let now = Timestamp::from_unix(1_800_000_000);
    let records = || Records::new(bytes).into_iter().flatten().map_while(Result::ok);
    let mut survey = Survey::default();
    for entry in records().filter_map(|(_, object)| Entry::read(object?).ok()) {
        survey.see(&entry);
    }
    for (at, object) in records() {
        let asks = object.as_ref().is_some_and(|object| {
            let asked = |fields: &Value| fields["is_superuser"] == true;
            object.get("is_superuser") == Some(&Value::Bool(true))
                || object.get("fields").is_some_and(asked)
        });
        let Some((row, fields)) = dump_file::user(&dump, &survey, (at, object)) else { continue };
        assert_eq!(row, at);
        let read = fields.and_then(|fields| ImportedUser::read(fields, &config.password, now));
        let Ok(imported) = read else { continue };
        check_email(&imported.email);
        assert!(imported.roles.len() <= identifiers::MOST_ROLES);
        assert!(imported.roles.iter().all(|role| identifiers::role(role).is_ok()));
        assert!(imported.id.is_none_or(|id| (1..1 << 53).contains(&id.0)));
        assert!(asks || !imported.row().is_superuser);
        if let Some(hash) = imported.password_hash.as_deref() {
            assert!(password::is_known(hash, &config.password));
            check_hash(hash, &config.password);
        }
    }
}

/// The cell of a table.
///
/// # Panics
/// If a spreadsheet would read a part of the table as a formula, or as another cell.
pub fn csv(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(table) = Csv::new("x.csv", ["a", "b"], [[text.to_owned(), format!("x{text}")]]) else {
        panic!("a table cannot be written");
    };
    let mut rows = csv::Reader::from_reader(table.text.as_bytes());
    let rows: Vec<_> = rows.records().map(|row| row.expect("a row")).collect();
    assert_eq!((rows.len(), rows[0].len()), (1, 2));
    for (cell, sent) in rows[0].iter().zip([text, &format!("x{text}")]) {
        assert_eq!(cell.replace('\'', ""), sent.replace('\'', ""));
        for part in cell.split([';', ',', '\t', '\r', '\n']) {
            let first = part.trim_start_matches([' ', '"']).chars().next();
            assert!(!first.is_some_and(|c| "=+-@＝＋－＠".contains(c)), "{cell:?}");
        }
    }
}
