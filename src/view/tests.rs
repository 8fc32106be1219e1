mod mails;
mod pages;

use super::*;
use serde_json::{Value, json};
use std::{collections::BTreeSet, fs};

/// The codes of `web::reply` and `web::catchers`, which this room must not use.
const CODES: [&str; 37] = [
    "access_token_still_valid",
    "account_disabled",
    "bad_request",
    "body_too_large",
    "busy",
    "csrf_failed",
    "email_not_confirmed",
    "email_taken",
    "factor_exists",
    "forbidden",
    "header_too_large",
    "internal",
    "invalid_code",
    "invalid_credentials",
    "invitation_needed",
    "key_too_young",
    "last_superuser",
    "link_not_valid",
    "malformed",
    "method_not_allowed",
    "no_keys",
    "not_found",
    "not_implemented",
    "password_required",
    "proof_required",
    "rate_limited",
    "registration_closed",
    "request_timeout",
    "second_factor_required",
    "superuser_refused",
    "ticket_not_valid",
    "token_not_valid",
    "token_superseded",
    "unauthenticated",
    "unavailable",
    "unsupported_type",
    "validation",
];

const LINK: &str = "http://localhost:8000/confirm-email?token=t&x=1";
const EVIL: &str = "<script>\"'&";

fn all() -> HashMap<String, String> {
    let mut all = HashMap::new();
    collect(&TEMPLATES, &mut all);
    all.retain(|name, _| !name.starts_with(STATIC));
    all
}

fn ours() -> Templates {
    Templates::load(None, &Brand::default()).unwrap()
}

fn keys(lang: &str) -> BTreeSet<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("locales").join(lang);
    let mut keys = BTreeSet::new();
    for file in fs::read_dir(folder).unwrap() {
        let text = fs::read_to_string(file.unwrap().path()).unwrap();
        for line in text.lines().filter(|l| l.starts_with(|c: char| c.is_ascii_lowercase())) {
            let key = line.split_once(" =").unwrap().0.to_owned();
            assert!(keys.insert(key), "{lang}: twice: {line}");
        }
    }
    keys
}

fn is_whole(text: &str) -> bool {
    !["Unknown localization", " mail-", ">mail-", "{$", "{ $"]
        .iter()
        .any(|sign| text.contains(sign))
}

fn letter(lang: Language, kind: &str, args: &Value) -> (String, String, String) {
    let mut all = json!({
        "site": "example.com", "home": "https://example.com/", "name": "Ann",
        "email": "ann@example.com",
    });
    all.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    ours().letter(lang, kind, &all).unwrap()
}

#[test]
fn both_languages_have_the_same_keys() {
    assert_eq!(keys("en"), keys("ru"));
}

#[test]
fn every_text_key_in_a_template_exists() {
    let known = keys("en");
    for (name, text) in &all() {
        for part in text.split("t(key=\"").skip(1) {
            let (key, rest) = part.split_once('"').unwrap();
            assert!(rest.starts_with(" ~") || known.contains(key), "{name}: {key}");
        }
    }
}

#[test]
fn every_problem_code_has_a_title_and_a_detail() {
    let known = keys("en");
    for code in CODES.map(|code| code.replace('_', "-")) {
        assert!(known.contains(&format!("error-{code}")), "{code}");
        assert!(known.contains(&format!("error-{code}-detail")), "{code}");
    }
    let told = known.iter().filter(|key| key.starts_with("error-")).count();
    assert_eq!(told, 2 * CODES.len());
}

#[test]
fn a_page_specific_text_overrides_an_existing_text() {
    let known = keys("en");
    let own: Vec<_> = known.iter().filter_map(|key| key.strip_prefix("page-")).collect();
    assert!(own.iter().all(|key| known.contains(*key)), "{own:?}");
    assert!(own.len() > 60);
    let (language, args) = (Language::En, [("count", 5.into())]);
    assert_eq!(
        page_text(language, "field-not-email", &[]),
        text(language, "page-field-not-email", &[])
    );
    assert_eq!(
        page_text(language, "field-too-long", &args),
        text(language, "field-too-long", &args)
    );
}

#[test]
fn plural_forms_follow_the_number() {
    let short = |n: usize| text(Language::Ru, "field-too-short", &[("count", n.into())]);
    assert_eq!(short(8), "Не меньше 8 символов.");
    assert_eq!(short(21), "Не меньше 21 символа.");
    let one = text(Language::En, "field-too-long", &[("count", 1.into())]);
    assert_eq!(one, "At most one character.");
}

#[test]
fn templates_contain_no_hardcoded_text() {
    for (name, text) in &all() {
        let mut bare = String::new();
        let mut rest = text.as_str();
        while let Some(c) = rest.chars().next() {
            let marks = [("{{", "}}"), ("{%", "%}"), ("{#", "#}"), ("<", ">")];
            if let Some((_, end)) = marks.iter().find(|(start, _)| rest.starts_with(start)) {
                rest = rest.split_once(end).map_or("", |(_, after)| after);
            } else {
                bare.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
        assert!(!bare.contains(char::is_alphabetic), "{name}: {}", bare.trim());
    }
}

#[test]
fn templates_in_the_folder_override_and_their_errors_name_the_file() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("mail")).unwrap();
    let file = folder.path().join("mail/subject.txt");
    fs::write(&file, "mine").unwrap();
    let templates = Templates::load(Some(folder.path()), &Brand::default()).unwrap();
    let args = json!({"name": "", "site": "s", "email": "e", "home": "h"});
    assert_eq!(templates.letter(Language::En, "test", &args).unwrap().0, "mine");
    fs::create_dir(folder.path().join("static")).unwrap();
    fs::write(folder.path().join("static/portcullis.css"), "body { margin: 0 }").unwrap();
    let brand = Brand { accent: Some("#ff0000".parse().unwrap()), ..Brand::default() };
    let templates = Templates::load(Some(folder.path()), &brand).unwrap();
    let style = &templates.asset("portcullis.css").unwrap().bytes;
    // The accent of the settings still applies.
    assert!(style.starts_with(b"body { margin: 0 }:root{--link:"), "{style:?}");
    for broken in [
        "{{ broken",
        "{{ name | unknown }}",
        "{{ unknown() }}",
        "{{ <unknown /> }}",
        "{% extends \"no.html\" %}",
    ] {
        fs::write(&file, format!("\n{broken}")).unwrap();
        let error = Templates::load(Some(folder.path()), &Brand::default());
        let error = error.err().unwrap_or_else(|| panic!("{broken}")).to_string();
        assert!(error.contains("mail/subject.txt"), "{broken}: {error}");
        let placed = error.contains("mail/subject.txt:2") || broken.contains("extends");
        assert!(placed, "{broken}: {error}");
    }
    fs::write(&file, "\n{{ broken").unwrap();
    let error = Templates::load(Some(folder.path()), &Brand::default()).err().unwrap().to_string();
    assert!(error.contains("mail/subject.txt:2"), "{error}");
    for several in ["{{ name | one }}{{ name | two }}", "{{ one }}\n{{ two }}"] {
        fs::write(&file, format!("\n{several}")).unwrap();
        let lines = Templates::load(Some(folder.path()), &Brand::default()).err().unwrap().lines();
        let tells = |line: &String, word| line.contains(word) && line.contains("mail/subject.txt:");
        assert!(
            lines.len() == 2 && tells(&lines[0], "one") && tells(&lines[1], "two"),
            "{lines:?}"
        );
    }
    fs::remove_file(&file).unwrap();
    for (name, text, told) in [
        (
            "mail/subject.txt",
            "{{ name }}{% set a = 1 %}{{ a }}{% for l in [1] %}{{ l }}{% endfor %}{{ b }}",
            "mail/subject.txt:1: there is no variable `b`",
        ),
        ("mail/mail.txt", "{{ link }}\n{{ lnk }}", "mail/mail.txt:2: there is no variable `lnk`"),
        (
            "pages/login.html",
            "{{ login }}{{ t(key=\"skp\", lang=lang) }}",
            "pages/login.html:1: there is no text `skp`",
        ),
        (
            "base.html",
            "\n\n{% if usr is defined %}{% endif %}{% block title %}{% endblock %}{% block main_tag %}{% endblock %}{% block main %}{% endblock %}",
            "base.html:3: there is no variable `usr`",
        ),
        ("pages/Login.html", "", "pages/Login.html: there is no built-in file"),
        ("static/mine.css", "", "static/mine.css: there is no built-in file"),
    ] {
        let file = folder.path().join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(&file, text).unwrap();
        let error = Templates::load(Some(folder.path()), &Brand::default()).err();
        let error = error.unwrap_or_else(|| panic!("{name} is taken")).to_string();
        assert!(error.contains(told), "{error}");
        fs::remove_file(&file).unwrap();
    }
    let file = folder.path().join("pages/login.html");
    fs::write(&file, b"\xff").unwrap();
    let error = Templates::load(Some(folder.path()), &Brand::default()).err().unwrap().to_string();
    assert!(error.contains("pages/login.html: "), "{error}");
    fs::remove_file(&file).unwrap();
    // All built-in files unchanged, and a file that is not a template.
    fs::write(folder.path().join("README.md"), "").unwrap();
    let mut files = HashMap::new();
    collect(&TEMPLATES, &mut files);
    for (name, text) in &files {
        fs::create_dir_all(folder.path().join(name).parent().unwrap()).unwrap();
        fs::write(folder.path().join(name), text).unwrap();
    }
    Templates::load(Some(folder.path()), &Brand::default()).unwrap();
    let nowhere = folder.path().join("nowhere");
    assert!(matches!(Templates::load(Some(&nowhere), &Brand::default()), Err(Error::Folder(_))));
}
