//! Replays transcripts against a service:
//!
//! ```text
//! # a comment
//! POST /api/login {"email": "ann@example.com", "password": "<password>"}
//! Authorization: <access>
//! --- 200 {"access_token": "<jwt:access>", "refresh_token": "<uuid:refresh>"}
//! Cache-Control: no-store
//! ```
//!
//! `<kind:name>` stands for any value of a kind (`jwt`, `uuid`, `int`, `text`) and keeps it as
//! `<name>`; `<any>` stands for anything. A body of a reply is compared whole, unless it holds
//! `"...": true`. `form: a=b` in the place of JSON sends a form. A reply may be a status alone.
//! Requests carry no cookies but those that a line `Cookie:` names; `<cookie>` is what the newest
//! `Set-Cookie` of ours held, and a reply without a line `Set-Cookie: <cookie>` must set none.
//! `@advance SECONDS` moves the clock, `@confirm EMAIL` uses the mailed link with the password, `@superuser EMAIL` and
//! `@grant EMAIL ROLE` are an operator's.
use crate::support::{Service, raw};
use portcullis::flows::{By, NewUser};
use rocket::http::Method;
use serde_json::Value;
use std::{collections::HashMap, fs, str::FromStr, time::Duration};

type Names = HashMap<String, String>;

pub async fn replay(service: &Service, path: &str) {
    let script = fs::read_to_string(path).unwrap();
    let mut names = Names::from([("password".into(), crate::support::PASSWORD.into())]);
    let mut lines = script
        .lines()
        .enumerate()
        .filter(|(_, l)| !l.trim().is_empty() && !l.starts_with('#'))
        .peekable();
    while let Some((number, line)) = lines.next() {
        let place = format!("{path}:{}", number + 1);
        if let Some(order) = line.strip_prefix('@') {
            operate(service, order).await;
            continue;
        }
        let mut until = |end: fn(&str) -> bool| {
            let mut taken = Vec::new();
            while let Some((_, line)) = lines.next_if(|(_, l)| !end(l)) {
                taken.push(line);
            }
            taken
        };
        let headers = until(|l| l.starts_with("---"));
        let (_, expected) = lines.next().unwrap_or_else(|| panic!("{place}: no reply"));
        let is_request = |l: &str| {
            l.starts_with('@') || Method::from_str(l.split(' ').next().unwrap_or_default()).is_ok()
        };
        let mut told = Vec::new();
        while let Some((_, line)) = lines.next_if(|(_, l)| !is_request(l)) {
            told.push(line);
        }
        exchange(service, &place, (line, &headers), (expected, &told), &mut names).await;
    }
}

async fn operate(service: &Service, order: &str) {
    let words: Vec<_> = order.split(' ').collect();
    let auth = service.auth();
    match words.as_slice() {
        ["advance", seconds] => service.advance(Duration::from_secs(seconds.parse().unwrap())),
        ["confirm", email] => {
            let token = service.mailed_token(email).await;
            let body = serde_json::json!({ "token": token, "password": crate::support::PASSWORD });
            service.stranger().post("/auth/email/confirm", body).await.expect(200);
        }
        ["superuser", email] => {
            let new = NewUser {
                email,
                password: crate::support::PASSWORD,
                username: None,
                first_name: None,
                roles: &[],
                superuser: true,
                confirmed: true,
            };
            auth.add_user(new).await.unwrap();
        }
        ["grant", email, role] => {
            let user = auth.find_user(By::Name(email)).await.unwrap();
            auth.grant(&portcullis::flows::Operator::cli(), user.id, role, false).await.unwrap();
        }
        _ => panic!("@{order}"),
    }
}

async fn exchange(
    service: &Service,
    place: &str,
    (request, headers): (&str, &[&str]),
    (expected, told): (&str, &[&str]),
    names: &mut Names,
) {
    let mut parts = request.splitn(3, ' ');
    let method = Method::from_str(parts.next().unwrap()).unwrap();
    let path = fill(parts.next().unwrap(), names);
    let body = parts.next().map(|body| fill(body, names));
    let mut sent: Vec<(&'static str, String)> = Vec::new();
    let body = body.map(|body| {
        let (kind, body) = body.strip_prefix("form: ").map_or_else(
            || ("application/json", body.clone()),
            |form| ("application/x-www-form-urlencoded", form.to_owned()),
        );
        sent.push(("Content-Type", kind.into()));
        body
    });
    for line in headers {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{place}: {line}"));
        let name = ["Authorization", "Cookie", "Origin", "Sec-Fetch-Site"]
            .into_iter()
            .find(|n| *n == name);
        sent.push((name.unwrap_or_else(|| panic!("{place}: {line}")), fill(value, names)));
    }
    let reply = raw(service, method, &path, body, &sent).await;
    let (status, pattern) = {
        let rest = expected.trim_start_matches("---").trim();
        rest.split_once(' ').unwrap_or((rest, ""))
    };
    assert_eq!(reply.status.to_string(), status, "{place}: {reply:#?}");
    if !pattern.is_empty() {
        let pattern: Value =
            serde_json::from_str(pattern).unwrap_or_else(|e| panic!("{place}: {e}"));
        if let Err(why) = fits(&pattern, &reply.body, names) {
            panic!("{place}: {why}: {reply:#?}");
        }
    }
    let mut cookie = None;
    for line in told {
        let (name, value) = line.split_once(": ").unwrap_or_else(|| panic!("{place}: {line}"));
        let found = reply
            .header(&name.to_ascii_lowercase())
            .unwrap_or_else(|| panic!("{place}: no {name}"));
        if name == "Set-Cookie" {
            cookie = found.split(['=', ';']).nth(1).map(str::to_owned);
        } else {
            let pattern = Value::String(value.to_owned());
            assert!(
                fits(&pattern, &Value::String(found.to_owned()), names).is_ok(),
                "{place}: {found}"
            );
        }
    }
    // That of a browser which registered is none of them.
    let set = reply.headers.iter().any(|(name, value)| {
        name == "set-cookie" && !value.starts_with("__Host-portcullis-registrant=")
    });
    assert_eq!(cookie.is_some(), set, "{place}: {reply:#?}");
    if let Some(cookie) = cookie {
        names.insert("cookie".into(), cookie);
    }
}

fn fill(text: &str, names: &Names) -> String {
    names
        .iter()
        .fold(text.to_owned(), |text, (name, value)| text.replace(&format!("<{name}>"), value))
}

fn fits(pattern: &Value, value: &Value, names: &mut Names) -> Result<(), String> {
    match (pattern, value) {
        (Value::Object(pattern), Value::Object(value)) => {
            let open = pattern.contains_key("...");
            for (key, part) in pattern.iter().filter(|(key, _)| *key != "...") {
                fits(part, value.get(key).ok_or(format!("no {key}"))?, names)?;
            }
            let extra = value.keys().find(|key| !pattern.contains_key(*key));
            extra.filter(|_| !open).map_or(Ok(()), |key| Err(format!("unexpected {key}")))
        }
        (Value::Array(pattern), Value::Array(value)) if pattern.len() == value.len() => {
            pattern.iter().zip(value).try_for_each(|(part, value)| fits(part, value, names))
        }
        (Value::String(text), _) if text == "<any>" => Ok(()),
        (Value::String(text), value)
            if text.starts_with('<') && text.ends_with('>') && text.contains(':') =>
        {
            let (kind, name) = text[1..text.len() - 1].split_once(':').unwrap();
            let plain = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            let right = match kind {
                "jwt" => plain.split('.').count() == 3 && plain.starts_with("eyJ"),
                "uuid" => uuid::Uuid::try_parse(&plain).is_ok() && plain.len() == 36,
                "int" => value.is_i64(),
                "text" => value.is_string(),
                _ => panic!("<{kind}:>"),
            };
            names.insert(name.to_owned(), plain);
            if right { Ok(()) } else { Err(format!("{value} is no {kind}")) }
        }
        (Value::String(text), Value::String(value)) if fill(text, names) == *value => Ok(()),
        (pattern, value) if pattern == value => Ok(()),
        (pattern, value) => Err(format!("{value} instead of {pattern}")),
    }
}

#[test]
fn a_reply_that_differs_is_noticed() {
    use serde_json::json;
    let mut names = Names::from([("known".into(), "x".into())]);
    let id = "0197aa00-0000-4000-8000-000000000000";
    for (pattern, value) in [
        (json!({ "a": 1, "...": true }), json!({ "a": 1, "b": 2 })),
        (json!({ "a": "<uuid:id>" }), json!({ "a": id })),
        (json!({ "a": "<known>", "b": "<id>" }), json!({ "a": "x", "b": id })),
        (json!(["<int:n>", "<text:t>", "<any>"]), json!([7, "", null])),
    ] {
        assert_eq!(fits(&pattern, &value, &mut names), Ok(()), "{pattern} {value}");
    }
    assert_eq!((names["id"].as_str(), names["n"].as_str()), (id, "7"));
    for (pattern, value) in [
        (json!({ "a": 1 }), json!({ "a": 1, "b": 2 })),
        (json!({ "a": 1, "b": 2 }), json!({ "a": 1 })),
        (json!({ "a": 1, "...": true }), json!({ "b": 2 })),
        (json!({ "a": null }), json!({})),
        (json!({ "a": "1" }), json!({ "a": 1 })),
        (json!("<known>"), json!("y")),
        (json!("<unknown>"), json!("y")),
        (json!("<uuid:x>"), json!(id.replace('-', ""))),
        (json!("<jwt:x>"), json!("a.b.c")),
        (json!("<int:x>"), json!("1")),
        (json!("<text:x>"), json!(1)),
        (json!([1]), json!([1, 2])),
        (json!([1, "<int:x>"]), json!([1, "2"])),
    ] {
        assert!(fits(&pattern, &value, &mut names).is_err(), "{pattern} {value}");
    }
}
