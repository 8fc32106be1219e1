//! Replays transcripts against a service:
//!
//! ```text
//! # client: requests 2.31 (Python)
//! #   User-Agent: python-requests/2.31.0
//! #   Accept: */*
//!
//! # a comment
//! POST /api/login {"email": "ann@example.com", "password": "<password>"}
//! Authorization: <access>
//! --- 200 {"access_token": "<jwt:access>", "refresh_token": "<uuid:refresh>"}
//! Cache-Control: no-store
//! ```
//!
//! `# client: NAME` begins the headers that a client sends with each request, until the next such block. Its
//! `Content-Type` is that of JSON bodies, its `Boundary` that of multipart bodies, and its `Origin` is sent
//! only with unsafe methods, as browsers do. A header below a request replaces the client's; an empty one
//! (`Origin:`) leaves it out.
//!
//! `<kind:name>` matches any value of a kind (`jwt`, `uuid`, `int`, `text`) and keeps it as `<name>`;
//! `<any>` matches anything. The body of a reply is compared as a whole, unless it contains `"...": true`.
//! Instead of JSON, `form: a=b` sends a form and `multipart: {"a": "b"}` a `FormData`. A reply may be only a
//! status.
//! Requests send no cookies except those of a line `Cookie:`; `<cookie>` is the value of our newest
//! `Set-Cookie`, and a reply without a line `Set-Cookie: <cookie>` must set none.
//! `@advance SECONDS` moves the clock, `@confirm EMAIL` uses the mailed link with the password,
//! `@superuser EMAIL` and `@grant EMAIL ROLE` act as an operator.
use super::{person::PASSWORD, request::dispatch, service::Service};
use portcullis::flows::{Login, NewUser};
use rocket::http::{Header, Method};
use serde_json::{Map, Value};
use std::{collections::HashMap, fmt::Write, fs, str::FromStr, time::Duration};

type Names = HashMap<String, String>;

/// What a client sends with each request.
#[derive(Clone, Default)]
struct Headers(Vec<(String, String)>);

impl Headers {
    fn get(&self, name: &str) -> Option<&str> {
        let own = self.0.iter().find(|(n, _)| n.eq_ignore_ascii_case(name));
        own.map(|(_, value)| value.as_str())
    }

    fn set(&mut self, name: &str, value: impl Into<String>) {
        self.0.retain(|(n, _)| !n.eq_ignore_ascii_case(name));
        self.0.push((name.to_owned(), value.into()));
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let at = self.0.iter().position(|(n, _)| n.eq_ignore_ascii_case(name))?;
        Some(self.0.remove(at).1)
    }
}

/// The lines of a script that are steps, each with its number and the headers of its client.
fn lines(script: &str) -> Vec<(usize, Headers, &str)> {
    let (mut lines, mut client, mut in_block) = (Vec::new(), Headers::default(), false);
    for (number, line) in script.lines().enumerate() {
        let header = line.strip_prefix("#   ").and_then(|l| l.split_once(": "));
        if let Some((name, value)) = header.filter(|_| in_block) {
            client.set(name, value);
        } else {
            in_block = line.starts_with("# client: ");
            if in_block {
                client = Headers::default();
            }
        }
        if !line.trim().is_empty() && !line.starts_with('#') {
            lines.push((number + 1, client.clone(), line));
        }
    }
    lines
}

/// Replays the transcript in the file `path` against a service.
pub async fn replay(service: &Service, path: &str) {
    let script = fs::read_to_string(path).unwrap();
    let mut names = Names::from([("password".into(), PASSWORD.into())]);
    let mut lines = lines(&script).into_iter().peekable();
    while let Some((number, client, line)) = lines.next() {
        let place = format!("{path}:{number}");
        if let Some(order) = line.strip_prefix('@') {
            operate(service, order).await;
            continue;
        }
        assert!(client.get("User-Agent").is_some(), "{place}: of which client?");
        let mut until = |end: fn(&str) -> bool| {
            let mut taken = Vec::new();
            while let Some((_, _, line)) = lines.next_if(|(_, _, l)| !end(l)) {
                taken.push(line);
            }
            taken
        };
        let headers = until(|l| l.starts_with("---"));
        let (_, _, expected) = lines.next().unwrap_or_else(|| panic!("{place}: no reply"));
        let is_request = |l: &str| {
            l.starts_with('@') || Method::from_str(l.split(' ').next().unwrap_or_default()).is_ok()
        };
        let mut told = Vec::new();
        while let Some((_, _, line)) = lines.next_if(|(_, _, l)| !is_request(l)) {
            told.push(line);
        }
        exchange(service, &place, client, (line, &headers), (expected, &told), &mut names).await;
    }
}

async fn operate(service: &Service, order: &str) {
    let words: Vec<_> = order.split(' ').collect();
    let auth = service.auth();
    match words.as_slice() {
        ["advance", seconds] => service.advance(Duration::from_secs(seconds.parse().unwrap())),
        ["confirm", email] => {
            let token = service.mailed_token(email).await;
            let body = serde_json::json!({ "token": token, "password": PASSWORD });
            service.stranger().post("/auth/email/confirm", body).await.expect(200);
        }
        ["superuser", email] => {
            let new = NewUser {
                email,
                password: PASSWORD,
                superuser: true,
                confirmed: true,
                ..NewUser::default()
            };
            auth.admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
        }
        ["grant", email, role] => {
            let user = auth
                .admin(&portcullis::flows::Operator::cli())
                .find_user(Login::Email(email))
                .await
                .unwrap();
            auth.admin(&portcullis::flows::Operator::cli())
                .grant(user.id, role, false)
                .await
                .unwrap();
        }
        _ => panic!("@{order}"),
    }
}

/// The body of a request and its content type.
fn encode(body: &str, headers: &mut Headers) -> (String, String) {
    let boundary = headers.take("Boundary");
    let json = headers.take("Content-Type");
    if let Some(form) = body.strip_prefix("form: ") {
        return (form.to_owned(), "application/x-www-form-urlencoded".into());
    }
    let Some(fields) = body.strip_prefix("multipart: ") else {
        return (body.to_owned(), json.unwrap_or_else(|| "application/json".into()));
    };
    let boundary = boundary.expect("the client has a Boundary");
    let fields: Map<String, Value> = serde_json::from_str(fields).unwrap();
    let mut text = String::new();
    for (name, value) in fields {
        let value = value.as_str().unwrap();
        let head = format!("Content-Disposition: form-data; name=\"{name}\"");
        write!(text, "--{boundary}\r\n{head}\r\n\r\n{value}\r\n").unwrap();
    }
    write!(text, "--{boundary}--\r\n").unwrap();
    (text, format!("multipart/form-data; boundary={boundary}"))
}

async fn exchange(
    service: &Service,
    place: &str,
    mut sent: Headers,
    (request, headers): (&str, &[&str]),
    (expected, told): (&str, &[&str]),
    names: &mut Names,
) {
    let mut parts = request.splitn(3, ' ');
    let method = Method::from_str(parts.next().unwrap()).unwrap();
    let path = fill(parts.next().unwrap(), names);
    let body = parts.next().map(|body| fill(body, names));
    let safe = matches!(method, Method::Get | Method::Head);
    if safe {
        sent.take("Origin");
    }
    let (body, kind) = body.map(|body| encode(&body, &mut sent)).unzip();
    for name in ["Boundary", "Content-Type"] {
        sent.take(name);
    }
    sent.set("Host", "localhost:8000");
    if !safe {
        sent.set("Content-Length", body.as_ref().map_or(0, String::len).to_string());
    }
    if let Some(kind) = kind {
        sent.set("Content-Type", kind);
    }
    for line in headers {
        let (name, value) = line.split_once(':').unwrap_or_else(|| panic!("{place}: {line}"));
        sent.set(name, fill(value.trim(), names));
    }
    let mut request = service.client.req(method, path);
    request.set_remote("127.0.0.1:40000".parse().unwrap());
    for (name, value) in sent.0.into_iter().filter(|(_, value)| !value.is_empty()) {
        request.add_header(Header::new(name, value));
    }
    request.set_body(body.unwrap_or_default());
    let reply = dispatch(request).await;
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
    // The cookie that marks a browser that registered does not count.
    let is_set = reply.headers.iter().any(|(name, value)| {
        name == "set-cookie" && !value.starts_with("__Host-portcullis-registrant=")
    });
    assert_eq!(cookie.is_some(), is_set, "{place}: {reply:#?}");
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
fn a_client_sends_its_headers_until_the_next_one() {
    let script = "# a comment\n# client: A\n#   User-Agent: a\n#   X: 1: 2\n#   x: 3\n\n# no header:\n#   Y: 1\n\
                  GET /\n--- 200\n# client: B\n#   User-Agent: b\nGET /b";
    let told: Vec<_> = lines(script).into_iter().map(|(n, h, l)| (n, h.0, l)).collect();
    let sent = |all: &[(&str, &str)]| -> Vec<(String, String)> {
        all.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect()
    };
    let a = sent(&[("User-Agent", "a"), ("x", "3")]);
    let b = sent(&[("User-Agent", "b")]);
    assert_eq!(told, [(9, a.clone(), "GET /"), (10, a, "--- 200"), (13, b, "GET /b")]);
    let mut client =
        Headers(sent(&[("Boundary", "x"), ("Content-Type", "application/json;charset=utf-8")]));
    let (json, kind) = encode("{}", &mut client.clone());
    assert_eq!((&*json, &*kind), ("{}", "application/json;charset=utf-8"));
    let (multipart, kind) = encode("multipart: {\"a\": \"b c\"}", &mut client);
    assert_eq!(kind, "multipart/form-data; boundary=x");
    assert_eq!(
        multipart,
        "--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb c\r\n--x--\r\n"
    );
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
