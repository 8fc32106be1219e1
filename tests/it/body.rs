use crate::support::{PASSWORD, Service, raw};
use rocket::http::Method;
use serde_json::json;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

const MULTIPART: &str = "multipart/form-data; boundary=----x";

/// A field of a `FormData`.
fn part(name: &str, value: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
}

fn multipart(parts: &[String]) -> String {
    let parts: Vec<_> = parts.iter().map(|part| format!("------x\r\n{part}\r\n")).collect();
    parts.concat() + "------x--\r\n"
}

on_both!(bad_input_is_a_clear_4xx_and_nothing_is_stored);
async fn bad_input_is_a_clear_4xx_and_nothing_is_stored(service: &Service) {
    let send = async |path: &str, kind: &str, body: String| {
        let headers = [("Content-Type", kind.to_owned())];
        raw(service, Method::Post, path, Some(body), &headers).await
    };
    let good = json!({ "email": "a@example.com", "password": PASSWORD }).to_string();
    for path in ["/auth/register", "/api/register", "/v1/creat_autor"] {
        for malformed in
            ["{", " ", "[]", "null", "\"x\"", "{\"email\": }", "{\"a\":1}x", "\u{feff}{}"]
        {
            send(path, JSON, malformed.into()).await.refused(400, "malformed");
        }
        let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
        send(path, JSON, deep).await.refused(400, "malformed");
        send(path, JSON, format!("{{\"email\": {}1{}}}", "[".repeat(100), "]".repeat(100)))
            .await
            .refused(400, "validation");
        for wrong in [
            json!(1),
            json!(true),
            json!(null),
            json!([]),
            json!({}),
            json!("a\0b@example.com"),
            json!(""),
        ] {
            let body = json!({ "email": wrong, "password": PASSWORD, "login": "a" });
            send(path, JSON, body.to_string()).await.refused(400, "validation");
        }
        let long = json!({ "email": "a@example.com", "login": "a", "password": "x".repeat(5000) });
        send(path, JSON, long.to_string()).await.refused(400, "validation");
        let huge =
            json!({ "email": "a@example.com", "login": "a", "password": "x".repeat(1 << 20) });
        send(path, JSON, huge.to_string()).await.refused(413, "body_too_large");
        for kind in [
            "text/plain",
            "application/xml",
            "multipart/mixed",
            "nonsense",
            "application/json-patch+json",
        ] {
            send(path, kind, good.clone()).await.refused(415, "unsupported_type");
        }
        raw(service, Method::Post, path, Some(good.clone()), &[])
            .await
            .refused(415, "unsupported_type");
        let zipped = [("Content-Type", JSON.to_owned()), ("Content-Encoding", "gzip".to_owned())];
        raw(service, Method::Post, path, Some(good.clone()), &zipped)
            .await
            .refused(415, "unsupported_type");
    }
    // A form, which any site can send, is no JSON.
    send("/auth/register", FORM, "email=a%40example.com".into())
        .await
        .refused(415, "unsupported_type");
    let multipart = multipart(&[part("email", "a@example.com"), part("password", PASSWORD)]);
    send("/auth/register", MULTIPART, multipart).await.refused(415, "unsupported_type");
    for malformed in ["email=%ff", "email=a&email=b", &"a=b&".repeat(100).replace("a=", "a0=")] {
        send("/api/register", FORM, malformed.into()).await.refused(400, "malformed");
    }
    assert_eq!(crate::store::rows(service, "SELECT email FROM auth_users").await.len(), 0);
}

on_both!(a_list_has_an_end);
async fn a_list_has_an_end(service: &Service) {
    let root = service.superuser("root").await;
    let change = async |roles: Vec<String>| {
        root.json(
            Method::Patch,
            &format!("/auth/admin/users/{}", root.id),
            json!({ "roles": roles }),
        )
        .await
    };
    change(vec!["EDITOR".to_owned(); 64]).await.expect(200);
    let told = change(vec!["EDITOR".to_owned(); 65]).await;
    assert!(told.refused(400, "validation")["errors"]["roles"].is_array());
}

on_both!(bytes_that_are_no_text_are_refused);
async fn bytes_that_are_no_text_are_refused(service: &Service) {
    let reply = service
        .client
        .post("/auth/register")
        .header(rocket::http::ContentType::JSON)
        .header(rocket::http::Header::new("Host", "localhost"))
        .body([b"{\"email\": \"".as_slice(), &[0xff, 0xfe], b"\"}"].concat())
        .dispatch()
        .await;
    assert_eq!(reply.status().code, 400);
}

on_both!(dialects_take_forms);
async fn dialects_take_forms(service: &Service) {
    let send = async |path: &str, body: &str| {
        raw(
            service,
            Method::Post,
            path,
            Some(body.to_owned()),
            &[("Content-Type", FORM.to_owned())],
        )
        .await
    };
    send(
        "/api/register",
        "email=ann%40example.com&password=correct+horse+battery&username=Ann+Smith",
    )
    .await
    .expect(201);
    let pair =
        send("/api/login", "email=ann%40example.com&password=correct%20horse%20battery").await;
    let refresh = pair.expect(200)["refresh_token"].as_str().unwrap();
    send("/api/refresh", &format!("refresh_token={refresh}")).await.expect(200);
}

on_both!(dialects_take_multipart_forms);
async fn dialects_take_multipart_forms(service: &Service) {
    let send = async |path: &str, parts: &[String]| {
        let headers = [("Content-Type", MULTIPART.to_owned())];
        raw(service, Method::Post, path, Some(multipart(parts)), &headers).await
    };
    let (email, password) = (part("email", "ann@example.com"), part("password", PASSWORD));
    send("/api/register", &[email.clone(), password.clone(), part("username", "Анна")])
        .await
        .expect(201);
    let plain = "Content-Disposition: form-data; name=email\r\nContent-Type: text/plain; charset=utf-8\r\n\
                     Content-Transfer-Encoding: binary\r\n\r\nann@example.com";
    for login in ["/api/login", "/token", "/api/token", "/u/api/login", "/api/tokens"] {
        send(login, &[email.clone(), password.clone()]).await.expect(200);
        send(login, &[plain.to_owned(), password.clone()]).await.expect(200);
    }
    let pair = send("/api/login", &[password.clone(), email.clone()]).await;
    let refresh = pair.expect(200)["refresh_token"].as_str().unwrap();
    send("/api/refresh", &[part("refresh_token", refresh)]).await.expect(200);
}

on_both!(a_multipart_form_holds_a_few_texts_and_no_file);
async fn a_multipart_form_holds_a_few_texts_and_no_file(service: &Service) {
    let send = async |kind: &str, body: String| {
        let headers = [("Content-Type", kind.to_owned())];
        raw(service, Method::Post, "/api/register", Some(body), &headers).await
    };
    let (email, password) = (part("email", "ann@example.com"), part("password", PASSWORD));
    let good = multipart(&[email.clone(), password.clone()]);
    let head = "Content-Disposition: form-data; name=\"a\"";
    let file = format!("{head}; filename=\"a.txt\"\r\n\r\nx");
    for bad in [
        file.clone(),
        file.replace("a.txt", ""),
        format!("{file}\r\nContent-Type: text/plain"),
        format!("{head}\r\nContent-Type: application/json\r\n\r\n1"),
        format!("{head}\r\nContent-Transfer-Encoding: base64\r\n\r\neA=="),
        "Content-Disposition: form-data\r\n\r\nx".into(),
        "\r\nx".into(),
        "nonsense".into(),
        email.clone(),
    ] {
        let body = multipart(&[email.clone(), password.clone(), bad.clone()]);
        send(MULTIPART, body).await.refused(400, "malformed");
    }
    let many: Vec<_> = (0..63).map(|n| part(&format!("f{n}"), "x")).collect();
    send(MULTIPART, multipart(&[&many[..], &[email.clone(), password.clone()]].concat()))
        .await
        .refused(400, "malformed");
    for cut in [good.len() - 4, good.len() - 30, 40, 3] {
        send(MULTIPART, good[..cut].to_owned()).await.refused(400, "malformed");
    }
    for kind in [
        "multipart/form-data",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=y",
    ] {
        send(kind, good.clone()).await.refused(400, "malformed");
    }
    let long = "-".repeat(71);
    let body = good.replace("----x", &long);
    send(&format!("multipart/form-data; boundary={long}"), body).await.refused(400, "malformed");
    let huge = multipart(&[email.clone(), password.clone(), part("a", &"x".repeat(70_000))]);
    send(MULTIPART, huge).await.refused(413, "body_too_large");
    let long = multipart(&[email, part("password", &"x".repeat(5000))]);
    send(MULTIPART, long).await.refused(400, "validation");
    assert_eq!(crate::store::rows(service, "SELECT email FROM auth_users").await.len(), 0);
    send(MULTIPART, good).await.expect(201);
}

on_both!(an_empty_body_is_an_empty_object_whatever_its_type);
async fn an_empty_body_is_an_empty_object_whatever_its_type(service: &Service) {
    let ann = service.user("ann").await;
    for kind in [JSON, FORM, MULTIPART, "text/plain", "nonsense", ""] {
        let headers = [("Content-Type", kind.to_owned())];
        let send = async |path: &str, body: Option<&str>| {
            raw(service, Method::Post, path, body.map(str::to_owned), &headers).await
        };
        for path in [
            "/auth/login",
            "/auth/register",
            "/api/login",
            "/api/register",
            "/token",
            "/u/api/login",
        ] {
            for body in [None, Some("")] {
                let reply = send(path, body).await;
                let errors = &reply.refused(400, "validation")["errors"];
                assert!(
                    errors["email"].is_array() && errors["password"].is_array(),
                    "{path} {kind}"
                );
            }
        }
        let pair =
            ann.post("/u/api/login", json!({ "email": ann.email(), "password": PASSWORD })).await;
        let refresh = format!("Bearer {}", pair.expect(200)["refresh_token"].as_str().unwrap());
        let headers = [("Content-Type", kind.to_owned()), ("Authorization", refresh)];
        raw(service, Method::Post, "/u/api/refresh/", None, &headers).await.expect(200);
    }
}

on_both!(everything_that_is_wrong_is_told_at_once);
async fn everything_that_is_wrong_is_told_at_once(service: &Service) {
    let ann = service.registered("ann").await;
    let wrong = async |path: &str, body: serde_json::Value| {
        let reply = ann.post(path, body).await;
        let errors = reply.body["errors"].as_object().unwrap_or_else(|| panic!("{reply:?}"));
        let mut fields: Vec<_> = errors.keys().cloned().collect();
        fields.sort();
        assert!(errors.values().all(|told| told.as_array().unwrap().len() == 1), "{reply:?}");
        (reply.status, reply.body["code"].as_str().unwrap().to_owned(), fields.join(" "))
    };
    let told = |status, code: &str, fields: &str| (status, code.to_owned(), fields.to_owned());
    for path in ["/auth/login", "/token", "/api/login", "/api/token", "/u/api/login"] {
        assert_eq!(
            wrong(path, json!({})).await,
            told(400, "validation", "email password"),
            "{path}"
        );
    }
    for path in ["/auth/register", "/api/register"] {
        let all = told(400, "validation", "email password username");
        assert_eq!(wrong(path, json!({ "password": "x", "username": "@" })).await, all, "{path}");
        assert_eq!(
            wrong(path, json!({ "email": 1, "password": "x", "username": 1 })).await,
            all,
            "{path}"
        );
    }
    let all = told(400, "validation", "email login password");
    assert_eq!(wrong("/v1/creat_autor", json!({ "password": "x", "login": "@" })).await, all);
    let taken =
        json!({ "email": ann.email(), "password": PASSWORD, "username": "Ann", "login": "Ann" });
    assert_eq!(
        wrong("/auth/register", taken.clone()).await,
        told(409, "email_taken", "email username")
    );
    assert_eq!(
        wrong("/api/register", taken.clone()).await,
        told(400, "email_taken", "email username")
    );
    assert_eq!(wrong("/v1/creat_autor", taken).await, told(400, "email_taken", "email login"));
    let taken = json!({ "email": ann.email(), "password": PASSWORD, "username": "other" });
    assert_eq!(wrong("/auth/register", taken).await, told(409, "email_taken", "email"));
}

on_both!(a_taken_username_does_not_tell_that_the_address_is_known, |c| c.email_confirmation =
    portcullis::config::EmailConfirmation::Required);
async fn a_taken_username_does_not_tell_that_the_address_is_known(service: &Service) {
    let ann = service.registered("ann").await;
    for email in [ann.email(), "unknown@example.com".into()] {
        let new = json!({ "email": email, "password": PASSWORD, "username": "ann" });
        let reply = ann.post("/auth/register", new).await;
        let errors = reply.refused(400, "validation")["errors"].as_object().unwrap();
        assert_eq!(errors.keys().collect::<Vec<_>>(), ["username"]);
    }
}

on_both!(a_page_of_an_error_names_the_fields);
async fn a_page_of_an_error_names_the_fields(service: &Service) {
    let headers = [("Content-Type", FORM), ("Accept", "text/html"), ("Accept-Language", "ru")];
    let reply =
        service.stranger().send(Method::Post, "/api/login", Some("email=a".into()), &headers).await;
    assert_eq!(
        (reply.status, reply.header("content-type")),
        (400, Some("text/html; charset=utf-8"))
    );
    assert!(
        reply.text.contains("<li><code>password</code>: Заполните это поле.</li>"),
        "{}",
        reply.text
    );
    assert!(!reply.text.contains("<code>email</code>"));
}

on_both!(a_known_path_with_another_method_says_which_it_takes);
async fn a_known_path_with_another_method_says_which_it_takes(service: &Service) {
    let ann = service.stranger();
    let reply = ann.get("/auth/login").await;
    reply.refused(405, "method_not_allowed");
    assert_eq!(reply.header("allow"), Some("POST"));
    let reply = ann.send(Method::Put, "/auth/me/", None, &[]).await;
    assert_eq!((reply.status, reply.header("allow")), (405, Some("DELETE, GET, HEAD, PATCH")));
    ann.get("/nothing").await.refused(404, "not_found");
    ann.get("/auth/nothing").await.refused(404, "not_found");
    ann.get("/auth/sessions/x/y").await.refused(404, "not_found");
}

on_both!(a_trailing_slash_never_matters);
async fn a_trailing_slash_never_matters(service: &Service) {
    let ann = service.user("ann").await;
    for path in [
        "/auth/me",
        "/auth/me/",
        "/u/api/test",
        "/u/api/test/",
        "/health/live/",
        "/auth/verify/",
        "/openapi.json",
    ] {
        ann.get(path).await.expect(200);
    }
}

on_both!(a_method_in_a_form_changes_nothing);
async fn a_method_in_a_form_changes_nothing(service: &Service) {
    let ann = service.user("ann").await;
    let headers = [("Content-Type", FORM)];
    let body = Some("_method=DELETE&password=correct+horse+battery".to_owned());
    let reply = ann.send(Method::Post, "/auth/me", body, &headers).await;
    assert!(reply.status >= 400, "{reply:?}");
    ann.get("/auth/me").await.expect(200);
}

on_both!(a_request_names_one_host);
async fn a_request_names_one_host(service: &Service) {
    for hosts in [&["ev il"][..], &["a", "b"], &["user@localhost"], &["a/b"]] {
        let headers: Vec<_> = hosts.iter().map(|h| ("Host", (*h).to_owned())).collect();
        raw(service, Method::Get, "/health/live", None, &headers).await.refused(400, "malformed");
    }
    for host in ["localhost", "auth.example.com:8443", "[::1]:8000"] {
        let headers = [("Host", host.to_owned())];
        raw(service, Method::Get, "/health/live", None, &headers).await.expect(200);
    }
}

on_both!(errors_are_told_to_people_as_a_page);
async fn errors_are_told_to_people_as_a_page(service: &Service) {
    let ann = service.stranger();
    let html =
        [("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), ("Accept-Language", "ru")];
    let reply = ann.send(Method::Get, "/nothing", None, &html).await;
    assert_eq!(reply.status, 404);
    assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
    assert!(
        reply.text.contains("lang=\"ru\"") && reply.text.contains("По этому адресу ничего нет")
    );
}
