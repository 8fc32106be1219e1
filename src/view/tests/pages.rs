//! Every page, with every variable it may have.
mod admin;

use super::*;

type Pages = Vec<(&'static str, &'static [&'static str], Vec<Value>)>;

/// `one`, extended by the fields of `more`.
fn with(one: &Value, more: &Value) -> Value {
    let mut all = one.clone();
    all.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    all
}

/// The frame of every page: without an error, and with an error in the form `form`.
fn frames(form: &str) -> [Value; 2] {
    let languages: Vec<_> = Language::ALL
        .iter()
        .map(|l| json!({"tag": l.tag(), "name": l.name(), "href": EVIL}))
        .collect();
    let frame = json!({
        "path": "/account", "languages": languages, "csrf_token": EVIL, "notice": null,
        "wrong": {"form": "", "summary": "", "fields": {}, "retry_after": null}, "developing": false,
        "min_length": 8,
    });
    let names = ["login", "password", "email", "username", "first_name", "new_password", "code"];
    let fields: serde_json::Map<String, Value> =
        names.iter().map(|name| ((*name).to_owned(), EVIL.into())).collect();
    let wrong = json!({"form": form, "summary": EVIL, "fields": fields, "retry_after": 3});
    let extra = json!({"notice": EVIL, "developing": true, "wrong": wrong});
    [frame.clone(), with(&frame, &extra)]
}

fn mail() -> Value {
    json!({
        "id": EVIL, "subject": EVIL, "to": EVIL, "text": EVIL, "html": EVIL,
        "at": "2026-01-01T00:00:00Z", "links": [LINK],
    })
}

/// Each page, with the names of its forms and examples of its view.
fn pages() -> Pages {
    let moment = json!({"at": "2026-01-01T00:00:00Z", "day": EVIL, "ago": EVIL});
    let user = |confirmed: bool| {
        json!({"user": {
            "email": EVIL, "confirmed": confirmed, "username": EVIL, "first_name": EVIL,
            "language": "ru", "since": moment, "operator": confirmed,
        }})
    };
    let account = json!({"new_email": EVIL});
    let device = |current: bool| {
        let times = json!({"started": moment, "seen": moment, "current": current});
        with(&json!({"id": EVIL, "name": EVIL, "ip": EVIL}), &times)
    };
    let event = json!({"what": EVIL, "browser": EVIL, "ip": EVIL, "at": moment});
    let register = |registration: &str, text: &str, expired: bool| {
        let typed = json!({"email": text, "username": text, "first_name": text, "invite": text});
        let state = json!({"registration": registration, "expired": expired});
        with(&with(&typed, &state), &json!({"next": text}))
    };
    let mut all: Pages = vec![
        (
            "pages/login.html",
            &["login"],
            vec![
                json!({"login": "", "remember": true, "next": "", "open": true, "by_mail": false}),
                json!({"login": EVIL, "remember": false, "next": EVIL, "open": false, "by_mail": true}),
            ],
        ),
        (
            "pages/register.html",
            &["register"],
            vec![
                register("open", "", false),
                register("open", "", true),
                register("invite", EVIL, false),
                register("invite", "", false),
                register("invite", "", true),
                register("closed", "", false),
            ],
        ),
        ("pages/forgot_password.html", &["forgot"], vec![json!({"email": ""}), json!({"email": EVIL})]),
        (
            "pages/account.html",
            &["profile", "email", "resend", "code", "password", "delete"],
            vec![with(&account, &user(true)), with(&account, &user(false))],
        ),
        (
            "pages/sessions.html",
            &["sessions"],
            vec![
                with(&user(true), &json!({"devices": [device(true)]})),
                with(&user(true), &json!({"devices": [device(true), device(false)]})),
            ],
        ),
        (
            "pages/security.html",
            &["notifications"],
            vec![
                with(&user(true), &json!({"sessions": 1, "events": [], "notifications": "on"})),
                with(&user(true), &json!({"sessions": 1, "events": [], "notifications": "off"})),
                with(&user(false), &json!({"sessions": 3, "events": [event], "notifications": ""})),
            ],
        ),
        (
            "pages/error.html",
            &[],
            [(json!([]), Value::Null), (json!([{"name": "email", "text": EVIL}]), 5.into())]
                .map(|(fields, after)| {
                    json!({"status": 404, "title": EVIL, "detail": EVIL, "fields": fields, "retry_after": after})
                })
                .to_vec(),
        ),
        ("pages/dev_mail.html", &[], vec![json!({"mails": []}), json!({"mails": [mail()]})]),
    ];
    all.extend(links());
    all.extend(admin::pages());
    all
}

/// The pages that mailed links lead to.
fn links() -> Pages {
    let confirm = |state| {
        let reader = json!({"signed_in": false, "proven": false});
        let link = json!({"kind": "account", "declinable": true});
        let link = with(&link, &json!({"state": state, "token": EVIL, "email": EVIL}));
        with(&link, &reader)
    };
    vec![
        (
            "pages/confirm_email.html",
            &["confirm", "reset", "decline", "again"],
            vec![
                confirm("usable"),
                with(&confirm("usable"), &json!({"declinable": false})),
                with(&confirm("usable"), &json!({"kind": "change"})),
                with(&confirm("usable"), &json!({"kind": "change", "proven": true})),
                with(&confirm("usable"), &json!({"proven": true, "signed_in": true})),
                confirm("done"),
                with(&confirm("done"), &json!({"signed_in": true})),
                confirm("expired"),
            ],
        ),
        (
            "pages/mail_login.html",
            &["mail"],
            vec![
                json!({"email": "", "remember": true, "next": ""}),
                json!({"email": EVIL, "remember": false, "next": EVIL}),
            ],
        ),
        ("pages/mail_login_code.html", &["code"], vec![json!({"next": ""}), json!({"next": EVIL})]),
        (
            "pages/mail_login_link.html",
            &["login"],
            ["usable", "code", "expired"]
                .map(|state| json!({"state": state, "token": EVIL, "email": EVIL, "code": EVIL}))
                .to_vec(),
        ),
        (
            "pages/restore_email.html",
            &["restore"],
            ["usable", "done", "expired"]
                .map(|state| json!({"state": state, "token": EVIL, "email": EVIL}))
                .to_vec(),
        ),
        (
            "pages/report_login.html",
            &["report"],
            ["usable", "done", "expired"]
                .map(|state| json!({"state": state, "token": EVIL, "email": EVIL}))
                .to_vec(),
        ),
        (
            "pages/reset_password.html",
            &["reset"],
            ["usable", "expired"]
                .map(|state| json!({"state": state, "token": EVIL, "email": EVIL}))
                .to_vec(),
        ),
        (
            "pages/setup.html",
            &["setup"],
            ["usable", "expired"]
                .map(|state| json!({"state": state, "token": EVIL, "email": EVIL}))
                .to_vec(),
        ),
    ]
}

#[test]
fn every_page_renders_in_both_languages_and_escapes_its_data() {
    let templates = ours();
    let mut left: BTreeSet<_> = all().into_keys().filter(|n| n.starts_with("pages/")).collect();
    for (name, forms, views) in pages() {
        assert!(left.remove(name), "{name} is not there");
        // Every field is used, so that an override may use all variables of a page.
        let named = templates.0.tera.get_template_variables(name).unwrap();
        let given = views.iter().flat_map(|view| view.as_object().unwrap().keys());
        let unused: Vec<_> = given.filter(|field| !named.contains(field.as_str())).collect();
        assert!(unused.is_empty(), "{name}: {unused:?}");
        let mut frames_of = vec![frames("")[0].clone()];
        frames_of.extend(forms.iter().map(|form| frames(form)[1].clone()));
        for (lang, (frame, view)) in Language::ALL.iter().flat_map(|lang| {
            frames_of.iter().flat_map(|f| views.iter().map(move |v| (f, v))).map(move |p| (lang, p))
        }) {
            let mut context = Context::from_serialize(&with(frame, view)).unwrap();
            context.insert("lang", lang.tag());
            let page = templates.0.tera.render(name, &context).unwrap();
            check_page(name, *lang, &page);
        }
    }
    assert!(left.is_empty(), "not tried: {left:?}");
}

fn check_page(name: &str, lang: Language, page: &str) {
    assert!(is_whole(page), "{name}: {page}");
    assert!(page.starts_with("<!doctype html>"), "{name}: {page}");
    assert!(page.contains(&format!("<html lang=\"{}\">", lang.tag())));
    assert!(!page.contains(EVIL), "{name}: {page}");
    // Contains nothing that the content security policy forbids.
    for part in ["<style", "style=", "onclick="] {
        assert!(!page.contains(part), "{name}: {part}");
    }
    let own = page.matches("<script src=\"/static/").count();
    assert!(own == 1 && page.matches("<script").count() == 1, "{name}");
    assert_eq!(page.matches("src=\"").count(), page.matches("src=\"/").count(), "{name}");
    let forms = page.matches("<form method=\"post\" action=\"/").count();
    let asking = page.matches("<form method=\"get\" action=\"/admin/").count();
    assert_eq!(page.matches("<form").count(), forms + asking, "{name}");
    assert_eq!(page.matches("name=\"csrf_token\"").count(), forms, "{name}");
    // Every id is unique, and every reference to an id resolves.
    let ids: Vec<_> = page.split(" id=\"").skip(1).map(|p| p.split_once('"').unwrap().0).collect();
    assert_eq!(ids.iter().collect::<BTreeSet<_>>().len(), ids.len(), "{name}: {ids:?}");
    for attribute in [" for=\"", " aria-describedby=\"", " aria-labelledby=\""] {
        for named in page.split(attribute).skip(1).map(|p| p.split_once('"').unwrap().0) {
            assert!(named.split(' ').all(|id| ids.contains(&id)), "{name}: {named}");
        }
    }
    assert!(page.matches("autofocus").count() <= 1, "{name}");
    assert_eq!(page.matches("<h1").count(), 1, "{name}");
}
