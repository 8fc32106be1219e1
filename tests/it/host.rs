//! Portcullis in another Rocket application: its routes, forms and replies.
use crate::support::{Database, ORIGIN, PASSWORD, Service, config, figment};
use portcullis::{
    Auth, Operating, SignedIn, Superuser,
    flows::{UserChange, UserQuery},
};
use rocket::{
    State, get,
    http::{Accept, ContentType, Header, Method},
    local::asynchronous::Client,
    post, routes,
};
use serde_json::json;

/// In bytes.
const HUGE: usize = 200_000;

#[allow(dead_code, unreachable_pub)]
#[path = "../../examples/rocket-app.rs"]
mod app;

async fn ask(client: &Client, path: &str, token: &str) -> (u16, String) {
    let mut req = client.get(path.to_owned()).header(Header::new("Host", "localhost"));
    if !token.is_empty() {
        req.add_header(Header::new("Authorization", format!("Bearer {token}")));
    }
    let reply = req.dispatch().await;
    (reply.status().code, reply.into_string().await.unwrap_or_default())
}

#[get("/super")]
fn of_superusers(who: Superuser) -> String {
    who.0.email
}

#[get("/users")]
async fn of_operators(auth: &State<Auth>, by: Operating) -> String {
    auth.admin(&by.0).list_users(&UserQuery::default()).await.unwrap().count.to_string()
}

on_both_databases!(a_host_application_uses_our_guards);
async fn a_host_application_uses_our_guards(database: Database) {
    let stage = portcullis::stage().config(config());
    let rocket = rocket::custom(figment(&database.url))
        .attach(stage)
        .mount("/app", app::application())
        .mount("/app", rocket::routes![of_superusers, of_operators])
        .register("/app", portcullis::catchers());
    let client = Client::untracked(rocket).await.unwrap();
    let auth: Auth = client.rocket().state::<Auth>().unwrap().clone();
    let new = portcullis::flows::NewUser {
        email: "ann@example.com",
        password: PASSWORD,
        confirmed: true,
        ..portcullis::flows::NewUser::default()
    };
    let operator = portcullis::flows::Operator::cli();
    let ann = auth.admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap();
    let body = json!({ "email": "ann@example.com", "password": PASSWORD });
    let reply = client
        .post("/auth/login")
        .header(ContentType::JSON)
        .header(Header::new("Host", "localhost"))
        .body(body.to_string())
        .dispatch()
        .await;
    let body: serde_json::Value =
        serde_json::from_str(&reply.into_string().await.unwrap()).unwrap();
    let token = body["token"].as_str().unwrap();

    assert_eq!(ask(&client, "/app/hello", token).await, (200, "Hello, ann@example.com!".into()));
    assert_eq!(ask(&client, "/app/fast", token).await, (200, format!("User {}", ann.id.0)));
    for path in
        ["/app/hello", "/app/fast", "/app/articles/new", "/app/figures", "/app/super", "/app/users"]
    {
        let (status, text) = ask(&client, path, "").await;
        assert!(status == 401 && text.contains("unauthenticated"), "{text}");
        let (status, text) = ask(&client, path, "nonsense").await;
        assert!(status == 401 && text.contains("token_not_valid"), "{text}");
    }
    assert_eq!(ask(&client, "/app/articles/new", token).await.0, 403);
    auth.admin(&operator).grant(ann.id, "EDITOR", false).await.unwrap();
    assert_eq!(ask(&client, "/app/articles/new", token).await.0, 200);
    assert_eq!(ask(&client, "/app/figures", token).await.0, 403);
    auth.admin(&operator).grant(ann.id, "ADMIN", false).await.unwrap();
    assert_eq!(ask(&client, "/app/figures", token).await.0, 200);
    assert_eq!(ask(&client, "/app/users", token).await, (200, "1".into()));
    assert_eq!(ask(&client, "/app/super", token).await.0, 403);
    auth.admin(&operator).revoke(ann.id, "ADMIN", false).await.unwrap();
    auth.admin(&operator).revoke(ann.id, "EDITOR", false).await.unwrap();
    for path in ["/app/figures", "/app/users", "/app/articles/new"] {
        assert_eq!(ask(&client, path, token).await.0, 403);
    }
    let change = UserChange { superuser: Some(true), ..UserChange::default() };
    auth.admin(&operator).change_user(ann.id, &change).await.unwrap();
    for path in ["/app/figures", "/app/users", "/app/articles/new", "/app/super"] {
        assert_eq!(ask(&client, path, token).await.0, 200);
    }

    host_replies_are_unchanged(&client).await;
    drop(client.terminate().await);
    database.end().await;
}

#[post("/forms")]
fn form(who: SignedIn) -> String {
    who.0.user.email
}

on_both_databases!(a_form_of_a_host_application_needs_a_csrf_token);
/// Any site can send such a form, so it must prove where it comes from.
async fn a_form_of_a_host_application_needs_a_csrf_token(database: Database) {
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let cookie = format!("__Host-portcullis={}", ann.refresh_cookie().unwrap());
    let rocket = rocket::custom(figment(&database.url))
        .attach(portcullis::stage().config(config()).clock(service.clock.clone()))
        .mount("/app", rocket::routes![form])
        .register("/app", portcullis::catchers());
    let client = Client::untracked(rocket).await.unwrap();
    let post = async |headers: &[(&'static str, &'static str)]| {
        let mut req = client.post("/app/forms").header(Header::new("Host", "localhost:8000"));
        req.add_header(Header::new("Cookie", cookie.clone()));
        for (name, value) in headers {
            req.add_header(Header::new(*name, *value));
        }
        req.dispatch().await.status().code
    };
    assert_eq!(post(&[]).await, 200);
    assert_eq!(post(&[("Content-Type", "application/json")]).await, 200);
    for kind in [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "text/plain",
        "nonsense",
    ] {
        assert_eq!(post(&[("Content-Type", kind)]).await, 403, "{kind}");
        let origin = ("Origin", ORIGIN);
        assert_eq!(post(&[("Content-Type", kind), origin]).await, 200, "{kind}");
    }
    drop(client.terminate().await);
    service.end().await;
    database.end().await;
}

/// The application keeps its own replies, for missing pages too.
async fn host_replies_are_unchanged(client: &Client) {
    let refused =
        client.get("/app/hello").header(Header::new("Host", "localhost")).dispatch().await;
    assert!(refused.headers().get_one("x-request-id").is_some(), "our catcher tells it");
    let missing = client.get("/elsewhere").dispatch().await;
    assert_eq!(missing.status().code, 404);
    assert!(missing.headers().get_one("content-security-policy").is_none());
}

#[get("/things")]
fn things(accept: Option<&Accept>) -> String {
    accept.map_or_else(String::new, |a| a.preferred().to_string())
}

#[get("/tables", format = "text/html")]
fn tables() -> &'static str {
    "a table"
}

on_both_databases!(an_oversized_accept_header_reaches_no_handler_of_a_host);
async fn an_oversized_accept_header_reaches_no_handler_of_a_host(database: Database) {
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
            let (status, text) = get(path, "text/html,".repeat(bytes / 10)).await;
            assert!(status == 431 && text.contains("header_too_large"), "{path} {status} {text}");
        }
    }
    drop(client.terminate().await);
    database.end().await;
}

#[get("/things/<id>")]
fn thing(id: u32) -> Option<&'static str> {
    (id == 1).then_some("one")
}

#[post("/things/<_>/open")]
fn open() -> &'static str {
    "opened"
}

on_both_databases!(a_not_found_of_a_host_handler_is_reported_as_such);
async fn a_not_found_of_a_host_handler_is_reported_as_such(database: Database) {
    let rocket = rocket::custom(figment(&database.url))
        .attach(portcullis::stage().config(config()))
        .mount("/app", routes![thing, open])
        .register("/app", portcullis::catchers());
    let client = Client::untracked(rocket).await.unwrap();
    for (method, path, status, allow) in [
        (Method::Get, "/app/things/1", 200, None),
        (Method::Get, "/app/things/2", 404, None),
        (Method::Head, "/app/things/2", 404, None),
        (Method::Post, "/app/things/2", 405, Some("GET, HEAD")),
        (Method::Get, "/app/things/2/open", 405, Some("POST")),
        (Method::Get, "/app/nothing", 404, None),
    ] {
        let reply = client.req(method, path).header(Header::new("Host", "localhost")).dispatch();
        let reply = reply.await;
        let answered = (reply.status().code, reply.headers().get_one("allow"));
        assert_eq!(answered, (status, allow), "{method} {path}");
    }
    drop(client.terminate().await);
    database.end().await;
}

#[get("/panic")]
fn panics() -> &'static str {
    panic!("a secret part")
}

on_both_databases!(a_panic_is_a_500_that_reveals_nothing_and_the_service_continues);
async fn a_panic_is_a_500_that_reveals_nothing_and_the_service_continues(database: Database) {
    let rocket = rocket::custom(figment(&database.url))
        .attach(portcullis::stage().config(config()))
        .mount("/app", routes![panics, tables])
        .register("/app", portcullis::catchers());
    let client = Client::untracked(rocket).await.unwrap();
    for _ in 0..3 {
        let (status, text) = ask(&client, "/app/panic", "").await;
        assert!(status == 500 && text.contains("\"code\":\"internal\""), "{status} {text}");
        for part in ["secret", "panic", "src/", ".rs", "rocket"] {
            assert!(!text.contains(part), "{part} in {text}");
        }
    }
    assert_eq!(ask(&client, "/app/tables", "").await.0, 200);
    drop(client.terminate().await);
    database.end().await;
}
