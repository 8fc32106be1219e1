//! Portcullis in somebody else's application.
use crate::support::{Database, Service, config};
use portcullis::{
    Auth, Operating, SignedIn, Superuser,
    flows::{UserChange, UserQuery},
};
use rocket::{
    State, get,
    http::{ContentType, Header},
    local::asynchronous::Client,
    post,
};
use serde_json::json;

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
    auth.list_users(&by.0, &UserQuery::default()).await.unwrap().count.to_string()
}

async fn drive(database: Database) {
    let stage = portcullis::stage().config(config());
    let rocket = rocket::custom(crate::support::figment(&database.url))
        .attach(stage)
        .mount("/app", app::application())
        .mount("/app", rocket::routes![of_superusers, of_operators])
        .register("/app", portcullis::catchers());
    let client = Client::untracked(rocket).await.unwrap();
    let auth: Auth = client.rocket().state::<Auth>().unwrap().clone();
    let new = portcullis::flows::NewUser {
        email: "ann@example.com",
        password: crate::support::PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: false,
        confirmed: true,
    };
    let operator = portcullis::flows::Operator::cli();
    let ann = auth.add_user(new).await.unwrap();
    let body = json!({ "email": "ann@example.com", "password": crate::support::PASSWORD });
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
        let (status, told) = ask(&client, path, "").await;
        assert!(status == 401 && told.contains("unauthenticated"), "{told}");
        let (status, told) = ask(&client, path, "nonsense").await;
        assert!(status == 401 && told.contains("token_not_valid"), "{told}");
    }
    assert_eq!(ask(&client, "/app/articles/new", token).await.0, 403);
    auth.grant(&operator, ann.id, "EDITOR", false).await.unwrap();
    assert_eq!(ask(&client, "/app/articles/new", token).await.0, 200);
    assert_eq!(ask(&client, "/app/figures", token).await.0, 403);
    auth.grant(&operator, ann.id, "ADMIN", false).await.unwrap();
    assert_eq!(ask(&client, "/app/figures", token).await.0, 200);
    assert_eq!(ask(&client, "/app/users", token).await, (200, "1".into()));
    assert_eq!(ask(&client, "/app/super", token).await.0, 403);
    auth.revoke(&operator, ann.id, "ADMIN", false).await.unwrap();
    auth.revoke(&operator, ann.id, "EDITOR", false).await.unwrap();
    for path in ["/app/figures", "/app/users", "/app/articles/new"] {
        assert_eq!(ask(&client, path, token).await.0, 403);
    }
    let change = UserChange { superuser: Some(true), ..UserChange::default() };
    auth.change_user(&operator, ann.id, &change).await.unwrap();
    for path in ["/app/figures", "/app/users", "/app/articles/new", "/app/super"] {
        assert_eq!(ask(&client, path, token).await.0, 200);
    }

    own_replies(&client).await;
    drop(client.terminate().await);
    database.end().await;
}

#[post("/forms")]
fn form(who: SignedIn) -> String {
    who.0.user.email
}

/// A form that any page may send needs a proof of where it comes from, for nothing else is known of it.
async fn forms(database: Database) {
    let service = Service::start(&database, config(), None).await;
    let ann = service.user("ann").await;
    let cookie = format!("__Host-portcullis={}", ann.refresh_cookie().unwrap());
    let rocket = rocket::custom(crate::support::figment(&database.url))
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
        let origin = ("Origin", crate::support::ORIGIN);
        assert_eq!(post(&[("Content-Type", kind), origin]).await, 200, "{kind}");
    }
    drop(client.terminate().await);
    service.end().await;
    database.end().await;
}

mod a_form_of_somebody_elses_application_needs_a_proof {
    on_each_engine! { super::forms }
}

mod an_application_of_somebody_else_has_our_guards {
    on_each_engine! { super::drive }
}

/// The application's own replies are its own, a missing page too.
async fn own_replies(client: &Client) {
    let refused =
        client.get("/app/hello").header(Header::new("Host", "localhost")).dispatch().await;
    assert!(refused.headers().get_one("x-request-id").is_some(), "our catcher tells it");
    let missing = client.get("/elsewhere").dispatch().await;
    assert_eq!(missing.status().code, 404);
    assert!(missing.headers().get_one("content-security-policy").is_none());
}
