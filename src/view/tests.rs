use super::*;
use serde_json::{Value, json};
use std::collections::BTreeSet;

mod pages;

/// Each mail, and whether it carries a link.
const KINDS: [(&str, bool); 9] = [
    ("confirm_email", true),
    ("reset_password", true),
    ("change_email", true),
    ("invitation", true),
    ("email_changed", false),
    ("password_changed", false),
    ("account_exists", false),
    ("account_deleted", false),
    ("test", false),
];

/// The codes of `web::problem` and `web::catchers`, which this leaf does not see.
const CODES: [&str; 30] = [
    "access_token_still_valid",
    "account_disabled",
    "bad_request",
    "body_too_large",
    "busy",
    "csrf_failed",
    "email_not_confirmed",
    "email_taken",
    "forbidden",
    "internal",
    "invalid_credentials",
    "invitation_needed",
    "key_too_young",
    "last_superuser",
    "link_not_valid",
    "malformed",
    "method_not_allowed",
    "no_keys",
    "not_found",
    "password_required",
    "rate_limited",
    "registration_closed",
    "request_timeout",
    "superuser_refused",
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
fn every_key_that_a_template_names_is_there() {
    let known = keys("en");
    for (name, text) in &all() {
        for part in text.split("t(key=\"").skip(1) {
            let (key, rest) = part.split_once('"').unwrap();
            assert!(rest.starts_with(" ~") || known.contains(key), "{name}: {key}");
        }
    }
}

#[test]
fn every_problem_has_a_title_and_a_sentence() {
    let known = keys("en");
    for code in CODES.map(|code| code.replace('_', "-")) {
        assert!(known.contains(&format!("error-{code}")), "{code}");
        assert!(known.contains(&format!("error-{code}-detail")), "{code}");
    }
    let told = known.iter().filter(|key| key.starts_with("error-")).count();
    assert_eq!(told, 2 * CODES.len());
}

#[test]
fn numbers_decide_the_form_of_words() {
    let short = |n: usize| text(Language::Ru, "field-too-short", &[("count", n.into())]);
    assert_eq!(short(8), "Не меньше 8 символов.");
    assert_eq!(short(21), "Не меньше 21 символа.");
    let one = text(Language::En, "field-too-long", &[("count", 1.into())]);
    assert_eq!(one, "At most one character.");
}

#[test]
fn no_template_has_a_sentence_of_its_own() {
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

/// Each kind of act has words.
#[test]
fn every_act_has_words() {
    let known = keys("en");
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/flows");
    let mut told = 0;
    let inner = fs::read_dir(folder.join("keys")).unwrap();
    let files = fs::read_dir(folder).unwrap().chain(inner).map(|f| f.unwrap().path());
    for file in files.filter(|p| p.is_file() && !p.ends_with("rotation_tests.rs")) {
        let text = fs::read_to_string(file).unwrap();
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let signs =
            ["Act::own(\"", "Act::by(\"", "Act::of_admin(\"", "kind: \"", "cli(\"", "op.act(\""];
        let recorded =
            ["record(&mut db, \"", "record(db, \"", "ResetPassword, \"", "ConfirmEmail, \""];
        for sign in signs.into_iter().chain(recorded) {
            for part in text.split(sign).skip(1) {
                let kind = part.split_once('"').unwrap().0;
                let key = format!("event-{}", kind.replace('_', "-"));
                assert!(known.contains(&key), "{kind}");
                told += 1;
            }
        }
    }
    assert!(told > 15);
}

#[test]
fn every_mail_is_written_in_both_languages() {
    for (kind, has_link) in KINDS {
        let mut args = json!({"new_email": "new@example.org"});
        if has_link {
            args = json!({"link": LINK, "hours": 72, "days": 3});
        }
        let mails = Language::ALL.map(|lang| letter(lang, kind, &args));
        for (subject, text, html) in &mails {
            assert!(
                [subject, text, html].iter().all(|part| is_whole(part)),
                "{kind}: {text}{html}"
            );
            assert!(subject.contains("example.com"), "{subject}");
            assert_eq!(text.contains(LINK), has_link, "{text}");
            assert_eq!(html.contains("token=t&amp;x=1"), has_link, "{html}");
            assert!(text.is_ascii() == html.is_ascii());
            assert!(!html.contains("<img") && !html.contains("src="));
        }
        assert_ne!(mails[0].0, mails[1].0, "{kind}");
        if kind == "email_changed" {
            assert!(mails.iter().all(|(_, text, _)| text.contains("new@example.org")));
        }
    }
}

#[test]
fn a_mail_says_how_long_its_link_works() {
    let said = |lang, hours, days| {
        let args = json!({"link": LINK, "hours": hours, "days": days});
        letter(lang, "reset_password", &args).1
    };
    assert!(said(Language::En, 1, 0).contains("once and for one hour."));
    assert!(said(Language::En, 72, 3).contains("once and for 3 days."));
    assert!(said(Language::Ru, 1, 0).contains("один раз, в течение 1 часа."));
    assert!(said(Language::Ru, 2, 0).contains("один раз, в течение 2 часов."));
    assert!(said(Language::Ru, 21 * 24, 21).contains("один раз, в течение 21 дня."));
    assert!(said(Language::Ru, 72, 3).contains("один раз, в течение 3 дней."));
}

#[test]
fn what_people_typed_is_escaped_in_html_and_harmless_in_a_subject() {
    let args = json!({"name": "<b>Ann", "new_email": EVIL, "site": "a\r\nBcc: b@example.com"});
    let (subject, text, html) = letter(Language::En, "email_changed", &args);
    assert!(!html.contains("<b>") && !html.contains("<script>"), "{html}");
    assert!(html.contains("&lt;b&gt;Ann") && html.contains("&lt;script&gt;"), "{html}");
    assert!(text.contains("<b>Ann") && text.contains(EVIL), "{text}");
    assert!(!subject.contains(char::is_control), "{subject}");
}

#[test]
fn a_name_that_reads_like_an_address_stays_out_of_mails() {
    let said = |name: &str| {
        let args = json!({"name": name, "link": LINK, "hours": 72, "days": 3});
        letter(Language::En, "confirm_email", &args).1
    };
    for name in ["http://evil.example", "see evil.example now", "a@evil.example", "a\nb"] {
        assert!(said(name).starts_with("Hello,\n"), "{name}");
    }
    for name in ["Ann", "J. R. R.", "Мария", "O'Neil", "Anne-Marie"] {
        assert!(said(name).starts_with(&format!("Hello {name},\n")), "{name}");
    }
}

#[test]
fn a_folder_wins_and_what_is_broken_in_it_is_named() {
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
    // The accent is the settings' all the same.
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
    let nowhere = folder.path().join("nowhere");
    assert!(matches!(Templates::load(Some(&nowhere), &Brand::default()), Err(Error::Folder(_))));
}
