//! What is between HTTP and the flows, where it is easily got wrong.
use crate::support::{Database, PASSWORD, Service, config, figment, raw};
use rocket::{
    get,
    http::{Header, Method},
    local::asynchronous::Client,
    post, routes,
};
use serde_json::json;

const FORM: &str = "application/x-www-form-urlencoded";

on_both!(a_body_means_one_thing_to_every_reader);
async fn a_body_means_one_thing_to_every_reader(service: &Service) {
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

on_both!(a_cookie_that_comes_twice_or_by_another_name_is_nobody);
async fn a_cookie_that_comes_twice_or_by_another_name_is_nobody(service: &Service) {
    let ann = service.user("ann").await;
    let token = ann.refresh_cookie().unwrap();
    let me = async |cookies: &[String]| {
        let all: Vec<_> = cookies.iter().map(|c| ("Cookie", c.clone())).collect();
        raw(service, Method::Get, "/auth/me", None, &all).await
    };
    let good = format!("__Host-portcullis={token}");
    me(&[format!("a=b; {good}; c=d")]).await.expect(200);
    for none in [
        vec![format!("{good}; {good}")],
        vec![good.clone(), "__Host-portcullis=x".to_owned()],
        vec![format!("__host-portcullis={token}")],
        vec![format!("portcullis={token}")],
        vec!["__Host-portcullis=".to_owned()],
    ] {
        me(&none).await.refused(401, "unauthenticated");
    }
    // White space of Unicode's is no white space of HTTP's: such a name is a name of its own, which
    // another subdomain may set, and neither counts nor takes away the one that is ours.
    for space in ["\u{2000}", "\u{a0}", "\u{85}", "\u{b}", "\u{c}"] {
        for planted in
            [format!("{space}__Host-portcullis=x"), format!("__Host-portcullis{space}=x")]
        {
            me(std::slice::from_ref(&planted)).await.refused(401, "unauthenticated");
            me(&[format!("{planted}; {good}")]).await.expect(200);
            me(&[good.clone(), planted]).await.expect(200);
        }
    }
    me(&[format!("a=b;\t{good}\t ; c=d")]).await.expect(200);
    for junk in [format!("\"{token}\""), "a".repeat(20_000)] {
        me(&[format!("__Host-portcullis={junk}")]).await.refused(401, "token_not_valid");
    }
}

on_both!(a_method_in_a_form_of_another_site_reaches_no_handler);
async fn a_method_in_a_form_of_another_site_reaches_no_handler(service: &Service) {
    let ann = service.user("ann").await;
    let cookie = format!("__Host-portcullis={}", ann.refresh_cookie().unwrap());
    let headers = [("Content-Type", FORM.to_owned()), ("Cookie", cookie)];
    for method in ["DELETE", "PATCH", "delete"] {
        let body = Some(format!("_method={method}&password=correct+horse+battery"));
        raw(service, Method::Post, "/auth/me", body, &headers).await.refused(403, "csrf_failed");
    }
}

on_both!(a_challenge_names_its_realm);
async fn a_challenge_names_its_realm(service: &Service) {
    let me = async |headers: &[(&'static str, String)]| {
        raw(service, Method::Get, "/auth/me", None, headers).await
    };
    let reply = me(&[]).await;
    assert_eq!(reply.header("www-authenticate"), Some("Bearer realm=\"portcullis\""));
    let reply = me(&[("Authorization", "Bearer x".into())]).await;
    let challenge = "Bearer realm=\"portcullis\", error=\"invalid_token\"";
    assert_eq!(reply.header("www-authenticate"), Some(challenge));
}

on_both!(whoever_would_rather_have_html_gets_a_page);
async fn whoever_would_rather_have_html_gets_a_page(service: &Service) {
    for (accept, html) in [
        ("text/html", true),
        ("text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", true),
        ("text/*, */*;q=0.5", true),
        ("application/json;q=0.1, text/html;q=0.2", true),
        ("", false),
        ("*/*", false),
        ("application/json, text/plain, */*", false),
        ("*/*, text/html;q=0.1", false),
        ("text/html;q=0", false),
        ("text/html;q=0.5, application/json", false),
        ("nonsense", false),
    ] {
        let headers = [("Accept", accept.to_owned())];
        let reply = raw(service, Method::Get, "/nothing", None, &headers).await;
        let kind = reply.header("content-type").unwrap();
        assert_eq!((reply.status, kind.starts_with("text/html")), (404, html), "{accept}");
    }
}

on_both!(an_address_with_a_token_in_it_is_told_to_nobody);
async fn an_address_with_a_token_in_it_is_told_to_nobody(service: &Service) {
    let policy = async |path: &str| {
        let reply = service.stranger().get(path).await;
        reply.header("referrer-policy").map(str::to_owned)
    };
    for path in [
        "/confirm-email?token=x",
        "/reset-password?a=b&token=x",
        "/reset-password/?token=x",
        "/nothing?token=x",
    ] {
        assert_eq!(policy(path).await.as_deref(), Some("no-referrer"), "{path}");
    }
    assert_eq!(policy("/").await.as_deref(), Some("same-origin"));
}

on_both!(a_form_of_such_a_page_is_still_known_by_its_token);
async fn a_form_of_such_a_page_is_still_known_by_its_token(service: &Service) {
    let ann = service.registered("ann").await;
    ann.post("/auth/password/forgot", json!({ "email": ann.email() })).await.expect(202);
    let token = service.mailed_token(&ann.email()).await;
    ann.get("/login").await;
    let csrf = ann.cookies.lock().unwrap()["__Host-portcullis-form"].clone();
    let send = async |csrf: &str, from: &[(&'static str, &str)]| {
        let body = format!("token={token}&csrf_token={csrf}&new_password=a+new+password");
        let headers: Vec<_> = [("Content-Type", FORM)].iter().chain(from).copied().collect();
        ann.send(Method::Post, "/reset-password", Some(body), &headers).await
    };
    for foreign in [
        vec![("Origin", "https://evil.example.com")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "cross-site")],
        vec![("Origin", "null"), ("Origin", "null")],
        vec![("Origin", "null"), ("Sec-Fetch-Site", "same-site")],
    ] {
        assert_eq!(send(&csrf, &foreign).await.status, 403, "{foreign:?}");
    }
    assert_eq!(send("x", &[("Origin", "null")]).await.status, 403);
    // What a browser sends from a page that has no referrer, over plain HTTP.
    assert_eq!(send(&csrf, &[("Origin", "null")]).await.status, 303);
}

#[get("/things/<id>")]
fn thing(id: u32) -> Option<&'static str> {
    (id == 1).then_some("one")
}

#[post("/things/<_>/open")]
fn open() -> &'static str {
    "opened"
}

async fn found_or_not(database: Database) {
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
        let told = (reply.status().code, reply.headers().get_one("allow"));
        assert_eq!(told, (status, allow), "{method} {path}");
    }
    drop(client.terminate().await);
    database.end().await;
}

mod what_a_handler_does_not_find_is_not_found {
    on_each_engine! { super::found_or_not }
}
