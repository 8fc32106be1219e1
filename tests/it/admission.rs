//! What is refused before a handler sees it, and what no header may cost.
use crate::support::{Database, config, figment, raw};
use rocket::{
    get,
    http::{Accept, Header, Method},
    local::asynchronous::Client,
    routes,
};

/// In bytes.
const HUGE: usize = 200_000;

on_both! {
    async fn a_long_accept_is_refused_unread(service) {
        let get = async |path: &str, accept: String| {
            raw(service, Method::Get, path, None, &[("Accept", accept)]).await
        };
        // In two lengths: without the rule the second one takes gigabytes.
        for bytes in [2_000, HUGE] {
            for path in ["/nothing", "/", "/login", "/auth/me", "/auth/admin/audit", "/docs/", "/static/portcullis.css"] {
                let reply = get(path, "text/html,".repeat(bytes / 10)).await;
                reply.refused(431, "header_too_large");
                assert!(reply.header("x-request-id").is_some(), "{path}");
            }
        }
        let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8";
        assert!(get("/nothing", browser.into()).await.text.contains("<html"));
        // Several lines count together.
        let headers: Vec<_> = (0..3).map(|_| ("Accept", "text/html,".repeat(50))).collect();
        raw(service, Method::Get, "/health/live", None, &headers).await.refused(431, "header_too_large");
    }

    async fn no_header_list_is_read_without_end(service, |c| {
        c.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
    }) {
        let ann = service.user("ann").await;
        let token = ann.access().unwrap();
        for (name, value) in [
            ("Accept-Language", "ru,".repeat(HUGE / 3)),
            ("Cookie", "portcullis-lang=ru;".repeat(HUGE / 19)),
            ("X-Forwarded-For", "127.0.0.1,".repeat(HUGE / 10)),
            ("Origin", "x".repeat(HUGE)),
            ("User-Agent", "x".repeat(HUGE)),
            ("Accept-Encoding", "gzip,".repeat(HUGE / 5)),
        ] {
            let headers = [(name, value), ("Authorization", format!("Bearer {token}"))];
            raw(service, Method::Get, "/auth/me", None, &headers).await.expect(200);
            raw(service, Method::Get, "/nothing", None, &headers).await.refused(404, "not_found");
        }
        for (name, value) in [("Authorization", "x ".repeat(HUGE / 2)), ("Authorization", "x".repeat(HUGE))] {
            raw(service, Method::Get, "/auth/me", None, &[(name, value)]).await.refused(401, "token_not_valid");
        }
        raw(service, Method::Get, "/auth/me", None, &[("Host", "x".repeat(HUGE))]).await.refused(400, "malformed");
        // Whoever asks in one of too many languages is asked in ours.
        let headers = [("Accept-Language", format!("ru{}", ",en;q=0.1".repeat(200)))];
        let reply = raw(service, Method::Get, "/nothing", None, &headers).await;
        assert_eq!(reply.header("content-language"), Some("en"));
        // Of too many cookies none is read.
        let padding = format!("a={}; __Host-portcullis={}", "x".repeat(40_000), ann.refresh_cookie().unwrap());
        raw(service, Method::Get, "/auth/me", None, &[("Cookie", padding)]).await.refused(401, "unauthenticated");
    }
}

#[get("/things")]
fn things(accept: Option<&Accept>) -> String {
    accept.map_or_else(String::new, |a| a.preferred().to_string())
}

#[get("/tables", format = "text/html")]
fn tables() -> &'static str {
    "a table"
}

async fn a_host_application(database: Database) {
    let rocket = rocket::custom(figment(&database.url))
        .attach(portcullis::stage().config(config()))
        .mount("/app", routes![things, tables]);
    let client = Client::untracked(rocket).await.unwrap();
    let get = async |path: &'static str, accept: String| {
        let reply = client.get(path).header(Header::new("Accept", accept)).dispatch().await;
        (reply.status().code, reply.into_string().await.unwrap())
    };
    assert_eq!(get("/app/things", "text/html".into()).await, (200, "text/html".into()));
    assert_eq!(get("/app/tables", "text/html".into()).await.0, 200);
    for bytes in [2_000, HUGE] {
        for path in ["/app/things", "/app/tables", "/app/nothing"] {
            let (status, told) = get(path, "text/html,".repeat(bytes / 10)).await;
            assert!(status == 431 && told.contains("header_too_large"), "{path} {status} {told}");
        }
    }
    drop(client.terminate().await);
    database.end().await;
}

mod a_long_accept_reaches_no_handler_of_a_host_application {
    on_each_engine! { super::a_host_application }
}
