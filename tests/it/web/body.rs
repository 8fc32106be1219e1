//! Request bodies: JSON and forms.
use super::{FORM, MULTIPART, multipart, part};
use crate::support::{PASSWORD, Service, raw, rows};
use rocket::http::Method;
use serde_json::json;

const JSON: &str = "application/json";

on_both!(invalid_input_is_refused_and_nothing_is_stored);
async fn invalid_input_is_refused_and_nothing_is_stored(service: &Service) {
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
        let fields = (0..65).map(|n| format!("\"a{n}\": 1")).collect::<Vec<_>>().join(",");
        send(path, JSON, format!("{{{fields}}}")).await.refused(400, "malformed");
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
    // A form, which any site can send, is not accepted as JSON.
    send("/auth/register", FORM, "email=a%40example.com".into())
        .await
        .refused(415, "unsupported_type");
    let multipart = multipart(&[part("email", "a@example.com"), part("password", PASSWORD)]);
    send("/auth/register", MULTIPART, multipart).await.refused(415, "unsupported_type");
    for malformed in ["email=%ff", "email=a&email=b", &"a=b&".repeat(100).replace("a=", "a0=")] {
        send("/api/register", FORM, malformed.into()).await.refused(400, "malformed");
    }
    assert_eq!(rows(service, "SELECT email FROM auth_users").await.len(), 0);
}

on_both!(a_list_is_limited_in_length);
async fn a_list_is_limited_in_length(service: &Service) {
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
    let refusal = change(vec!["EDITOR".to_owned(); 65]).await;
    assert!(refusal.refused(400, "validation")["errors"]["roles"].is_array());
    // The same list as one text.
    for roles in ["EDITOR,".repeat(65), "A\0".to_owned(), "x".repeat(5000)] {
        let invitation = json!({ "email": "ann@example.com", "roles": roles });
        let refusal = root.json(Method::Post, "/auth/admin/invitations", invitation).await;
        assert!(refusal.refused(400, "validation")["errors"]["roles"].is_array());
    }
}

on_both!(a_body_that_is_not_utf_8_is_refused);
async fn a_body_that_is_not_utf_8_is_refused(service: &Service) {
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

on_both!(dialects_accept_forms);
async fn dialects_accept_forms(service: &Service) {
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

on_both!(an_empty_body_is_an_empty_object_whatever_its_content_type);
async fn an_empty_body_is_an_empty_object_whatever_its_content_type(service: &Service) {
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

on_both!(every_invalid_field_is_reported_at_once);
async fn every_invalid_field_is_reported_at_once(service: &Service) {
    let ann = service.registered("ann").await;
    let wrong = async |path: &str, body: serde_json::Value| {
        let reply = ann.post(path, body).await;
        let errors = reply.body["errors"].as_object().unwrap_or_else(|| panic!("{reply:?}"));
        let mut fields: Vec<_> = errors.keys().cloned().collect();
        fields.sort();
        assert!(errors.values().all(|refusal| refusal.as_array().unwrap().len() == 1), "{reply:?}");
        (reply.status, reply.body["code"].as_str().unwrap().to_owned(), fields.join(" "))
    };
    let refusal = |status, code: &str, fields: &str| (status, code.to_owned(), fields.to_owned());
    for path in ["/auth/login", "/token", "/api/login", "/api/token", "/u/api/login"] {
        assert_eq!(
            wrong(path, json!({})).await,
            refusal(400, "validation", "email password"),
            "{path}"
        );
    }
    for path in ["/auth/register", "/api/register"] {
        let all = refusal(400, "validation", "email password username");
        assert_eq!(wrong(path, json!({ "password": "x", "username": "@" })).await, all, "{path}");
        assert_eq!(
            wrong(path, json!({ "email": 1, "password": "x", "username": 1 })).await,
            all,
            "{path}"
        );
    }
    let all = refusal(400, "validation", "email login password");
    assert_eq!(wrong("/v1/creat_autor", json!({ "password": "x", "login": "@" })).await, all);
    let taken =
        json!({ "email": ann.email(), "password": PASSWORD, "username": "Ann", "login": "Ann" });
    assert_eq!(
        wrong("/auth/register", taken.clone()).await,
        refusal(409, "email_taken", "email username")
    );
    assert_eq!(
        wrong("/api/register", taken.clone()).await,
        refusal(400, "email_taken", "email username")
    );
    assert_eq!(wrong("/v1/creat_autor", taken).await, refusal(400, "email_taken", "email login"));
    let taken = json!({ "email": ann.email(), "password": PASSWORD, "username": "other" });
    assert_eq!(wrong("/auth/register", taken).await, refusal(409, "email_taken", "email"));
}

on_both!(the_form_field_method_is_ignored);
async fn the_form_field_method_is_ignored(service: &Service) {
    let ann = service.user("ann").await;
    let headers = [("Content-Type", FORM)];
    let body = Some("_method=DELETE&password=correct+horse+battery".to_owned());
    let reply = ann.send(Method::Post, "/auth/me", body, &headers).await;
    assert!(reply.status >= 400, "{reply:?}");
    ann.get("/auth/me").await.expect(200);
}

on_both!(an_ambiguous_body_is_refused);
async fn an_ambiguous_body_is_refused(service: &Service) {
    service.registered("ann").await;
    let body =
        json!({ "email": "ann@example.com", "password": PASSWORD, "x": { "y": 1 } }).to_string();
    let send = async |body: &str, more: &[(&'static str, &str)]| {
        let mut all = vec![("Content-Type", "application/json".to_owned())];
        all.extend(more.iter().map(|(n, v)| (*n, (*v).to_owned())));
        raw(service, Method::Post, "/auth/login", Some(body.to_owned()), &all).await
    };
    send(&body, &[("Content-Encoding", "Identity")]).await.expect(200);
    let twice = format!("{{\"email\":\"eve@example.com\",{}", &body[1..]);
    send(&twice, &[]).await.refused(400, "malformed");
    send(&body, &[("Content-Type", "text/plain")]).await.refused(415, "unsupported_type");
    let codings = [("Content-Encoding", "identity"), ("Content-Encoding", "gzip")];
    send(&body, &codings).await.refused(415, "unsupported_type");
}
