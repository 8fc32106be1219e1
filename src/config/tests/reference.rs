//! Compares docs/configuration.md with the settings.
use super::*;
use crate::config::{
    environment::{SECRETS, leaves, variable},
    layers::{Draft, find},
};
use documented::DocumentedFields;
use figment::value::Value;
use std::{fmt::Write as _, fs, path::Path};

/// Compares the part of docs/`page` between the two markers with `generated`, or writes it there if
/// `UPDATE_DOCS` is set.
pub fn compare(page: &str, generated: &str) {
    const BEGIN: &str = "by `UPDATE_DOCS=1 cargo test --lib reference` -->\n";
    const END: &str = "<!-- end of the generated part -->\n";
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs").join(page);
    let text = fs::read_to_string(&path).unwrap();
    let (before, rest) = text.split_once(BEGIN).unwrap();
    let (there, after) = rest.split_once(END).unwrap();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, format!("{before}{BEGIN}{generated}{END}{after}")).unwrap();
        return;
    }
    let advice = "is out of date: run UPDATE_DOCS=1 cargo test --lib reference";
    assert!(there == generated, "docs/{page} {advice}\n{generated}");
}

/// A text for one cell of a table: one line, with pipes escaped and pages of docs/ as links.
pub fn cell(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ").replace('|', "\\|");
    let mut parts = line.split("`docs/");
    let mut linked = parts.next().unwrap().to_owned();
    for part in parts {
        let (page, rest) = part.split_once('`').unwrap();
        write!(linked, "[docs/{page}]({page}){rest}").unwrap();
    }
    linked
}

/// The type of `key`, from its default and from what the loader says about a wrong value.
fn kind(key: &str, default: &Value) -> String {
    let wrong = read("", &[(variable(key).as_str(), "?")]);
    let message = wrong.problems.first().map_or("", |p| p.message.as_str());
    let values = message.strip_prefix("should be one of ").map(|known| {
        let known: Vec<_> = known.split(", ").map(|value| format!("`{value}`")).collect();
        known.join(", ")
    });
    match (default, values) {
        (Value::Bool(..), _) => "boolean".to_owned(),
        (Value::Num(..), _) => "integer".to_owned(),
        (Value::Array(..), Some(values)) => format!("list of {values}"),
        (Value::Array(..), None) => "list".to_owned(),
        (_, Some(values)) => values,
        _ if message.starts_with("should be a time") => "duration".to_owned(),
        _ if message.starts_with("should be a port") => "integer".to_owned(),
        _ if SECRETS.contains(&key) => "text, secret".to_owned(),
        _ => "text".to_owned(),
    }
}

fn shown(default: &Value) -> String {
    let texts = |list: &[Value]| {
        let list: Vec<_> = list.iter().map(|v| format!("`{}`", v.as_str().unwrap())).collect();
        list.join(", ")
    };
    match default {
        Value::Bool(_, yes) => format!("`{yes}`"),
        Value::Num(_, number) => format!("`{}`", number.to_u128().unwrap()),
        Value::String(_, text) => format!("`{}`", text.trim_end_matches('/')),
        Value::Array(_, list) if !list.is_empty() => texts(list),
        _ => "none".to_owned(),
    }
}

/// The fields of `T`, and of the table `name` of the settings.
fn table<T: DocumentedFields>(name: &str) -> (&str, Vec<(&str, &str)>) {
    (name, T::FIELD_NAMES.iter().zip(T::FIELD_DOCS).map(|(n, d)| (*n, *d)).collect())
}

#[test]
fn configuration_md_lists_every_key() {
    let (_, top) = table::<Config>("");
    let below = [
        table::<Mail>("mail"),
        table::<Jwt>("jwt"),
        table::<Legacy>("legacy"),
        table::<Cookie>("cookie"),
        table::<Cors>("cors"),
        table::<ReturnTo>("return_to"),
        table::<Hsts>("hsts"),
        table::<Limits>("limits"),
        table::<Server>("server"),
        table::<Shutdown>("shutdown"),
        table::<Password>("password"),
        table::<Brand>("brand"),
    ];
    let defaults = Draft::new().defaults;
    let is_table = |key: &str| find(&defaults, key).unwrap().as_dict().is_some();
    let mut text = String::new();
    let mut listed = Vec::new();
    let mut section = |above: &str, about: &str, fields: &[(&str, &str)]| {
        let title = if above.is_empty() { "Top level".to_owned() } else { format!("`{above}`") };
        writeln!(text, "\n### {title}\n\n{}\n", cell(about)).unwrap();
        text += "| key | type | default | environment | explanation |\n";
        text += "| --- | --- | --- | --- | --- |\n";
        for (name, docs) in fields {
            let key = if above.is_empty() { (*name).to_owned() } else { format!("{above}.{name}") };
            let default = find(&defaults, &key).unwrap_or_else(|| panic!("{key} has no default"));
            let (kind, shown) = (kind(&key, default), shown(default));
            let variable = variable(&key);
            let docs = cell(docs);
            writeln!(text, "| `{key}` | {kind} | {shown} | `{variable}` | {docs} |").unwrap();
            listed.push(key);
        }
    };
    let own: Vec<_> = top.iter().copied().filter(|(name, _)| !is_table(name)).collect();
    section("", "Keys of `[default.portcullis]` itself.", &own);
    for (name, docs) in top.iter().filter(|(name, _)| is_table(name)) {
        let (_, fields) = below.iter().find(|(table, _)| table == name).unwrap();
        section(name, docs, fields);
    }
    text.push('\n');
    let mut known = leaves(&defaults, "");
    listed.sort();
    known.sort();
    assert_eq!(listed, known);
    compare("configuration.md", &text);
}
