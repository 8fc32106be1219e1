use crate::support::{PASSWORD, raw};
use rocket::http::Method;
use serde_json::json;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";

on_both! {
    async fn bad_input_is_a_clear_4xx_and_nothing_is_stored(service) {
        let send = async |path: &str, kind: &str, body: String| {
            let headers = [("Content-Type", kind.to_owned())];
            raw(service, Method::Post, path, Some(body), &headers).await
        };
        let good = json!({ "email": "a@example.com", "password": PASSWORD }).to_string();
        for path in ["/auth/register", "/api/register", "/v1/creat_autor"] {
            for malformed in ["", "{", "[]", "null", "\"x\"", "{\"email\": }", "{\"a\":1}x", "\u{feff}{}"] {
                send(path, JSON, malformed.into()).await.refused(400, "malformed");
            }
            let deep = format!("{}{}", "[".repeat(5000), "]".repeat(5000));
            send(path, JSON, deep).await.refused(400, "malformed");
            send(path, JSON, format!("{{\"email\": {}1{}}}", "[".repeat(100), "]".repeat(100))).await.refused(400, "validation");
            for wrong in [json!(1), json!(true), json!(null), json!([]), json!({}), json!("a\0b@example.com"), json!("")] {
                let body = json!({ "email": wrong, "password": PASSWORD, "login": "a" });
                send(path, JSON, body.to_string()).await.refused(400, "validation");
            }
            let long = json!({ "email": "a@example.com", "login": "a", "password": "x".repeat(5000) });
            send(path, JSON, long.to_string()).await.refused(400, "validation");
            let huge = json!({ "email": "a@example.com", "login": "a", "password": "x".repeat(1 << 20) });
            send(path, JSON, huge.to_string()).await.refused(413, "body_too_large");
            for kind in ["text/plain", "application/xml", "multipart/form-data", "nonsense", "application/json-patch+json"] {
                send(path, kind, good.clone()).await.refused(415, "unsupported_type");
            }
            raw(service, Method::Post, path, Some(good.clone()), &[]).await.refused(415, "unsupported_type");
            let zipped = [("Content-Type", JSON.to_owned()), ("Content-Encoding", "gzip".to_owned())];
            raw(service, Method::Post, path, Some(good.clone()), &zipped).await.refused(415, "unsupported_type");
        }
        // A form, which any site can send, is no JSON.
        send("/auth/register", FORM, "email=a%40example.com".into()).await.refused(415, "unsupported_type");
        for malformed in ["email=%ff", "email=a&email=b", &"a=b&".repeat(100).replace("a=", "a0=")] {
            send("/api/register", FORM, malformed.into()).await.refused(400, "malformed");
        }
        assert_eq!(crate::store::rows(service, "SELECT email FROM auth_users").await.len(), 0);
    }

    async fn a_list_has_an_end(service) {
        let root = service.superuser("root").await;
        let change = async |roles: Vec<String>| {
            root.json(Method::Patch, &format!("/auth/admin/users/{}", root.id), json!({ "roles": roles })).await
        };
        change(vec!["EDITOR".to_owned(); 64]).await.expect(200);
        let told = change(vec!["EDITOR".to_owned(); 65]).await;
        assert!(told.refused(400, "validation")["errors"]["roles"].is_array());
    }

    async fn bytes_that_are_no_text_are_refused(service) {
        let reply = service.client.post("/auth/register").header(rocket::http::ContentType::JSON)
            .header(rocket::http::Header::new("Host", "localhost"))
            .body([b"{\"email\": \"".as_slice(), &[0xff, 0xfe], b"\"}"].concat()).dispatch().await;
        assert_eq!(reply.status().code, 400);
    }

    async fn dialects_take_forms(service) {
        let send = async |path: &str, body: &str| {
            raw(service, Method::Post, path, Some(body.to_owned()), &[("Content-Type", FORM.to_owned())]).await
        };
        send("/api/register", "email=ann%40example.com&password=correct+horse+battery&username=Ann+Smith").await.expect(201);
        let pair = send("/api/login", "email=ann%40example.com&password=correct%20horse%20battery").await;
        let refresh = pair.expect(200)["refresh_token"].as_str().unwrap();
        send("/api/refresh", &format!("refresh_token={refresh}")).await.expect(200);
    }

    async fn a_known_path_with_another_method_says_which_it_takes(service) {
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

    async fn a_trailing_slash_never_matters(service) {
        let ann = service.user("ann").await;
        for path in ["/auth/me", "/auth/me/", "/u/api/test", "/u/api/test/", "/health/live/", "/auth/verify/", "/openapi.json"] {
            ann.get(path).await.expect(200);
        }
    }

    async fn a_method_in_a_form_changes_nothing(service) {
        let ann = service.user("ann").await;
        let headers = [("Content-Type", FORM)];
        let body = Some("_method=DELETE&password=correct+horse+battery".to_owned());
        let reply = ann.send(Method::Post, "/auth/me", body, &headers).await;
        assert!(reply.status >= 400, "{reply:?}");
        ann.get("/auth/me").await.expect(200);
    }

    async fn a_request_names_one_host(service) {
        for hosts in [&["ev il"][..], &["a", "b"], &["user@localhost"], &["a/b"]] {
            let headers: Vec<_> = hosts.iter().map(|h| ("Host", (*h).to_owned())).collect();
            raw(service, Method::Get, "/health/live", None, &headers).await.refused(400, "malformed");
        }
        for host in ["localhost", "auth.example.com:8443", "[::1]:8000"] {
            let headers = [("Host", host.to_owned())];
            raw(service, Method::Get, "/health/live", None, &headers).await.expect(200);
        }
    }

    async fn errors_are_told_to_people_as_a_page(service) {
        let ann = service.stranger();
        let html = [("Accept", "text/html,application/xhtml+xml;q=0.9,*/*;q=0.8"), ("Accept-Language", "ru")];
        let reply = ann.send(Method::Get, "/nothing", None, &html).await;
        assert_eq!(reply.status, 404);
        assert_eq!(reply.header("content-type"), Some("text/html; charset=utf-8"));
        assert!(reply.text.contains("lang=\"ru\"") && reply.text.contains("По этому адресу ничего нет"));
    }
}
