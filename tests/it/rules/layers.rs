//! Which rooms each room of `src` may name, read from the paths in the source. The compiler cannot tell,
//! because all rooms are modules of one crate.
use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Which rooms each room may name. Every room may name `time`, `config` and `field_error`.
const MAY: [(&str, &[&str]); 22] = [
    ("time", &[]),
    ("config", &[]),
    ("field_error", &[]),
    ("secret", &[]),
    ("identifiers", &[]),
    ("totp", &["secret"]),
    ("db", &[]),
    ("mail", &[]),
    ("view", &[]),
    ("password", &["secret"]),
    ("store", &["db", "secret"]),
    ("tokens", &["db", "store", "secret", "totp"]),
    (
        "flows",
        &["db", "store", "password", "tokens", "identifiers", "secret", "mail", "view", "totp"],
    ),
    ("web", &["flows", "secret", "view"]),
    ("api", &["web", "flows", "view"]),
    ("dialects", &["web", "flows", "view"]),
    ("pages", &["web", "flows", "view", "mail"]),
    ("workers", &["flows"]),
    ("openapi", &["api", "dialects", "web", "flows"]),
    (
        "fairing",
        &[
            "openapi", "workers", "api", "dialects", "pages", "web", "flows", "tokens", "store",
            "db", "view", "mail",
        ],
    ),
    ("front", &["workers", "web", "flows"]),
    ("cli", &["fairing", "front", "api", "web", "flows", "db", "password", "identifiers", "view"]),
];

/// The Rust files of `src` and their text.
pub(super) fn sources() -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, all: &mut Vec<(PathBuf, String)>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                walk(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                all.push((path, text));
            }
        }
    }
    let mut all = Vec::new();
    walk(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut all);
    assert!(all.len() > 40);
    all
}

/// `src/flows/admin/mod.rs` is in `flows`, `src/time.rs` is `time`.
fn room(path: &Path) -> String {
    let inner = path.strip_prefix(Path::new(env!("CARGO_MANIFEST_DIR")).join("src")).unwrap();
    let first = inner.components().next().unwrap().as_os_str().to_str().unwrap();
    first.trim_end_matches(".rs").to_owned()
}

/// The rooms that a file names as `crate::ROOM` or in `use crate::{ROOM…, ROOM…}`.
fn named(text: &str) -> BTreeSet<String> {
    let mut rooms = BTreeSet::new();
    let word = |s: &str| {
        s.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("").to_owned()
    };
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        if !rest.starts_with('{') {
            rooms.insert(word(rest));
            continue;
        }
        let mut depth = 0;
        let mut start = true;
        for (i, c) in rest.char_indices() {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 1 => start = true,
                c if start && c.is_alphabetic() => {
                    rooms.insert(word(&rest[i..]));
                    start = false;
                }
                _ => {}
            }
            if depth == 0 {
                break;
            }
        }
    }
    rooms
}

#[test]
fn modules_use_only_modules_below_them() {
    let tests_of_db = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/db/tests");
    let rooms: BTreeSet<_> = MAY.iter().map(|(room, _)| *room).collect();
    for (path, text) in sources() {
        let room = room(&path);
        if ["lib", "main", "build", "support", "fuzzing"].contains(&room.as_str()) {
            continue;
        }
        let (_, may) = MAY
            .iter()
            .find(|(name, _)| *name == room)
            .unwrap_or_else(|| panic!("{}", path.display()));
        for other in named(&text).iter().filter(|other| rooms.contains(other.as_str())) {
            let fine = *other == room
                || ["time", "config", "field_error"].contains(&other.as_str())
                || may.contains(&other.as_str())
                // Tests of `db` write through the functions of `store`.
                || path.starts_with(tests_of_db.as_path()) && other == "store";
            assert!(fine, "{} names {other}", path.display());
        }
    }
}

#[test]
fn flows_do_not_use_http_and_only_db_uses_an_engine() {
    for (path, text) in sources() {
        let room = room(&path);
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        if room == "flows" {
            assert!(!code.contains("rocket::"), "{}", path.display());
        }
        if room != "db" {
            for engine in ["Sqlite", "Postgres", "PgPool"] {
                assert!(!code.contains(engine), "{} names {engine}", path.display());
            }
        }
        if !["db", "store", "flows"].contains(&room.as_str()) {
            assert!(!code.contains("sqlx::query"), "{}", path.display());
        }
    }
}

#[test]
fn only_http_modules_use_rocket() {
    const ROOMS: [&str; 8] =
        ["web", "api", "pages", "dialects", "openapi", "fairing", "front", "cli"];
    let mut rooms = BTreeSet::new();
    for (path, text) in sources() {
        let code: String = text.lines().filter(|l| !l.trim_start().starts_with("//")).collect();
        if code.contains("rocket::") || code.contains("rocket_db_pools") {
            let room = room(&path);
            if room == "fuzzing" {
                continue;
            }
            assert!(ROOMS.contains(&room.as_str()), "{} names Rocket", path.display());
            rooms.insert(room);
        }
    }
    assert_eq!(rooms, ROOMS.map(str::to_owned).into());
}

#[test]
fn grouped_imports_are_parsed() {
    let text = "use crate::{\n    store::{Db, users::{self}},\n    time::Clock,\n};\nfn f() { crate::view::text() }";
    assert_eq!(named(text).into_iter().collect::<Vec<_>>(), ["store", "time", "view"]);
}
