//! Both engines have the same tables, columns and indexes.
use std::{collections::BTreeMap, fs, path::Path};

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Column {
    name: String,
    kind: &'static str,
    not_null: bool,
}

fn migrations(engine: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations").join(engine);
    let files = fs::read_dir(folder).unwrap().map(|f| f.unwrap().path());
    files
        .map(|f| {
            (f.file_name().unwrap().to_str().unwrap().to_owned(), fs::read_to_string(&f).unwrap())
        })
        .collect()
}

/// The same word for what both engines call differently.
fn kind(word: &str) -> &'static str {
    match word {
        "INTEGER" | "BIGINT" | "BOOLEAN" => "number",
        "BLOB" | "BYTEA" | "UUID" => "bytes",
        "TEXT" => "text",
        other => panic!("{other}"),
    }
}

fn schema(engine: &str) -> (BTreeMap<String, Vec<Column>>, Vec<String>) {
    let (mut tables, mut indexes) = (BTreeMap::new(), Vec::new());
    for sql in migrations(engine).values() {
        let mut table = None;
        for line in sql.lines().map(str::trim).filter(|l| !l.starts_with("--") && !l.is_empty()) {
            let words: Vec<_> = line.split_whitespace().collect();
            if let Some(name) = line.strip_prefix("CREATE TABLE ") {
                table = Some(name.trim_end_matches(" (").to_owned());
            } else if line.starts_with("CREATE") {
                indexes.push(line.replace("UNIQUE ", "").trim_end_matches(';').to_owned());
            } else if line.starts_with(')') {
                assert_eq!(line.contains("STRICT"), engine == "sqlite", "{line}");
                table = None;
            } else if let Some(table) = &table
                && !line.starts_with("PRIMARY KEY")
            {
                let column = Column {
                    name: words[0].to_owned(),
                    kind: kind(words[1].trim_end_matches(',')),
                    not_null: line.contains("NOT NULL"),
                };
                tables.entry(table.clone()).or_insert_with(Vec::new).push(column);
            }
        }
    }
    indexes.sort();
    (tables, indexes)
}

#[test]
fn both_engines_have_the_same_tables_columns_and_indexes() {
    let names = |engine| migrations(engine).into_keys().collect::<Vec<_>>();
    assert_eq!(names("sqlite"), names("postgres"));
    let (sqlite, postgres) = (schema("sqlite"), schema("postgres"));
    assert!(sqlite.0.len() >= 10 && sqlite.0.keys().all(|t| t.starts_with("auth_")));
    assert_eq!(sqlite, postgres);
}
