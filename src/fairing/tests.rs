//! Guards give the same result in any order of a handler's arguments.
use super::stage;
use crate::{
    api,
    config::Config,
    flows::{Auth, Caller, Login, LoginRequest, NewUser, Operator, Tokens},
    view::View,
    web::{
        self, cookies,
        guards::{CookieToken, SignedIn, Visitor},
        reply::page::Page,
        request::{caller::Client, identity},
    },
};
use rocket::{
    Request, Route,
    figment::Figment,
    get,
    http::{ContentType, Header, Status},
    local::asynchronous::Client as Local,
    post,
    response::{self, Responder},
    routes,
};
use serde::Serialize;

const PASSWORD: &str = "correct horse battery";

/// A page that shows the language that guards detect.
#[derive(Serialize)]
struct Languages {
    status: u16,
    title: String,
    detail: String,
    fields: [(); 0],
    retry_after: Option<u64>,
}

impl View for Languages {
    const TEMPLATE: &'static str = "pages/error.html";
    const PATH: &'static str = "/";
}

fn page(visitor: Visitor, client: Client<'_>) -> Page<Languages> {
    let name = visitor.user.map(|user| user.email).unwrap_or_default();
    let title = format!("{name} reads {:?}, caller {:?}", visitor.language, client.language);
    Page::ok(Languages { status: 200, title, detail: String::new(), fields: [], retry_after: None })
}

#[get("/user-first")]
fn user_first(
    _by: web::Result<SignedIn>,
    visitor: Visitor,
    client: Client<'_>,
    _token: web::Result<CookieToken<'_>>,
) -> Page<Languages> {
    page(visitor, client)
}

#[get("/user-last")]
fn user_last(
    _token: web::Result<CookieToken<'_>>,
    client: Client<'_>,
    visitor: Visitor,
    _by: web::Result<SignedIn>,
) -> Page<Languages> {
    page(visitor, client)
}

/// Replies with the user that the log names.
struct Logged;

impl<'r> Responder<'r, 'static> for Logged {
    fn respond_to(self, req: &'r Request<'_>) -> response::Result<'static> {
        format!("{:?}", identity::user(req)).respond_to(req)
    }
}

#[post("/user-first")]
fn logged_first(_by: web::Result<SignedIn>, _token: web::Result<CookieToken<'_>>) -> Logged {
    Logged
}

#[post("/user-last")]
fn logged_last(_token: web::Result<CookieToken<'_>>, _by: web::Result<SignedIn>) -> Logged {
    Logged
}

/// For a request without a cookie and with an invalid token: each guard fails for a different reason.
#[get("/cookie-taken")]
fn cookie_taken(_token: web::Result<CookieToken<'_>>, _by: SignedIn) {}

#[get("/cookie-last")]
fn cookie_last(_by: SignedIn, _token: web::Result<CookieToken<'_>>) {}

fn host() -> Vec<Route> {
    routes![user_first, user_last, logged_first, logged_last, cookie_taken, cookie_last]
}

async fn log_in(auth: &Auth, email: &str) -> (Tokens, String) {
    let new = NewUser {
        email,
        password: PASSWORD,
        username: None,
        first_name: None,
        roles: &[],
        superuser: false,
        confirmed: true,
    };
    auth.admin(&Operator::cli()).add_user(new).await.unwrap();
    let login = Login::Email(email);
    let caller = Caller::default();
    let tokens =
        auth.log_in(&caller, &api::SURFACE, LoginRequest::new(login, PASSWORD)).await.unwrap();
    let token = tokens.refresh.as_ref().unwrap();
    let cookie = cookies::refresh_token::cookie(auth.config(), token, auth.clock().now());
    let cookie = cookie.split(';').next().unwrap().to_owned();
    (tokens, cookie)
}

#[rocket::async_test]
async fn guards_work_in_any_argument_order() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("order.db").display());
    let figment = Figment::from(rocket::Config::debug_default())
        .merge(("databases.portcullis.url", url))
        .merge(("log_level", "off"));
    let mut config = Config::default();
    config.cookie.secure = false;
    let app = rocket::custom(figment).attach(stage().config(config));
    let app =
        Local::untracked(app.mount("/order", host()).register("/order", web::catchers::all()))
            .await
            .unwrap();
    let auth = app.rocket().state::<Auth>().unwrap().clone();
    let (ann, ann_cookie) = log_in(&auth, "ann@example.com").await;
    let (_, bob_cookie) = log_in(&auth, "bob@example.com").await;
    let bearer = Header::new("Authorization", format!("Bearer {}", ann.access));
    let local = || Header::new("Host", "localhost");
    let saved = app
        .patch("/auth/me")
        .header(local())
        .header(bearer.clone())
        .header(ContentType::JSON)
        .body(r#"{"language": "ru"}"#)
        .dispatch()
        .await;
    assert_eq!(saved.status(), Status::Ok);
    drop(saved);

    // The language of the profile overrides that of the browser, and `?lang` overrides both.
    for (query, visitor, caller, kept) in
        [("", "Ru", "En", None), ("?lang=en", "En", "En", Some("portcullis-lang=en"))]
    {
        for path in ["/order/user-first", "/order/user-last"] {
            let reply = app
                .get(format!("{path}{query}"))
                .header(local())
                .header(Header::new("Cookie", ann_cookie.clone()))
                .header(Header::new("Accept-Language", "en"))
                .dispatch()
                .await;
            let tag = reply.headers().get_one("content-language").map(str::to_owned);
            let mut cookies: Vec<_> = reply.headers().get("set-cookie").collect();
            cookies.sort_unstable();
            let names: Vec<_> = cookies.iter().filter_map(|c| c.split(['=', ';']).next()).collect();
            let expected = ["portcullis-form", "portcullis-lang"];
            let expected = if kept.is_some() { &expected[..] } else { &expected[..1] };
            assert_eq!(names, expected, "{path}{query}");
            assert!(kept.is_none_or(|kept| cookies[1].starts_with(kept)), "{path}{query}");
            let html = reply.into_string().await.unwrap();
            let languages = format!("ann@example.com reads {visitor}, caller {caller}");
            assert!(html.contains(&languages), "{path}{query}: {html}");
            assert_eq!(tag, Some(visitor.to_lowercase()), "{path}{query}");
        }
    }

    // The token proves Ann. Another site may have sent Bob's cookie.
    for path in ["/order/user-first", "/order/user-last"] {
        let reply = app
            .post(path)
            .header(local())
            .header(bearer.clone())
            .header(Header::new("Cookie", bob_cookie.clone()))
            .header(Header::new("Sec-Fetch-Site", "cross-site"))
            .dispatch()
            .await;
        let logged = reply.into_string().await.unwrap();
        assert_eq!(logged, format!("{:?}", Some(ann.user.id)), "{path}");
    }

    for path in ["/order/cookie-taken", "/order/cookie-last"] {
        let wrong = Header::new("Authorization", "Bearer wrong");
        let reply = app.get(path).header(local()).header(wrong).dispatch().await;
        assert_eq!(reply.status(), Status::Unauthorized, "{path}");
        let problem = reply.into_string().await.unwrap();
        assert!(problem.contains("\"token_not_valid\""), "{path}: {problem}");
    }
    drop(app.terminate().await);
}
