//! A service with a database and a clock of its own, and people who use it.
use portcullis::{
    Auth,
    config::Config,
    flows::{Operator, UserChange, UserId},
    time::{Clock, Timestamp},
};
use rocket::{
    figment::Figment,
    http::{Header, Method},
    local::asynchronous::{Client, LocalRequest},
};
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Mutex, time::Duration};

pub const PASSWORD: &str = "correct horse battery";
pub const ORIGIN: &str = "http://localhost:8000";

/// The tests `sqlite` and `postgres`, which hand a database of their own to a function.
macro_rules! on_each_engine {
    ($run:path) => {
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn sqlite() {
            $run($crate::support::Database::sqlite()).await;
        }

        #[cfg(postgres)]
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn postgres() {
            $run($crate::support::Database::postgres().await).await;
        }
    };
}

/// Runs `async fn name(service: &Service)` on SQLite and on PostgreSQL; an optional closure changes
/// the configuration.
macro_rules! on_both {
    ($name:ident $(, $config:expr)?) => {
        mod $name {
            #[allow(unused_imports)]
            use super::*;

            async fn run(database: $crate::support::Database) {
                #[allow(unused_mut)]
                let mut config = $crate::support::config();
                $(
                    let change: fn(&mut portcullis::config::Config) = $config;
                    change(&mut config);
                )?
                let service = $crate::support::Service::start(&database, config, None).await;
                super::$name(&service).await;
                service.end().await;
                database.end().await;
            }

            on_each_engine! { run }
        }
    };
}

/// A database of one test.
pub struct Database {
    pub url: String,
    folder: Option<tempfile::TempDir>,
}

impl Database {
    pub fn sqlite() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/auth.db", folder.path().display());
        Self { url, folder: Some(folder) }
    }

    /// A database that somebody else looks after.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), folder: None }
    }

    /// The server that `scripts/test` started.
    #[cfg(postgres)]
    #[expect(clippy::disallowed_methods, reason = "how scripts/test tells where the server is")]
    pub async fn postgres() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let server = std::env::var("TEST_POSTGRES").expect("scripts/test sets it");
        let name = format!("t{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        admin(&server, format!("CREATE DATABASE {name}")).await;
        Self { url: format!("{server}/{name}"), folder: None }
    }

    pub async fn end(self) {
        if self.folder.is_none() {
            let (server, name) = self.url.rsplit_once('/').unwrap();
            admin(server, format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn admin(server: &str, sql: String) {
    use sqlx::Connection;
    let mut db = sqlx::PgConnection::connect(&format!("{server}/postgres")).await.unwrap();
    sqlx::query(sqlx::AssertSqlSafe(sql)).execute(&mut db).await.unwrap();
    db.close().await.unwrap();
}

/// Settings for tests: hashing is cheap.
pub fn config() -> Config {
    let mut config = Config::default();
    config.password.memory = 64;
    config.password.passes = 1;
    config
}

pub struct Service {
    pub client: Client,
    pub clock: Clock,
    config: Config,
    url: String,
}

impl Service {
    pub async fn start(database: &Database, config: Config, clock: Option<Clock>) -> Self {
        let clock = clock.unwrap_or_else(|| Clock::manual(Timestamp::from_unix(1_800_000_000)));
        let stage = portcullis::stage().config(config.clone()).clock(clock.clone());
        let url = database.url.clone();
        let rocket =
            rocket::custom(figment(&url)).attach(stage).register("/", portcullis::catchers());
        let client = Client::untracked(rocket).await.expect("the service starts");
        Self { client, clock, config, url }
    }

    /// Another server over the same database, with the same clock.
    pub async fn replica(&self) -> Self {
        Self::start(&Database::at(&self.url), self.config.clone(), Some(self.clock.clone())).await
    }

    /// The same with other settings.
    pub async fn replica_with(&self, change: fn(&mut Config)) -> Self {
        let mut config = self.config.clone();
        change(&mut config);
        Self::start(&Database::at(&self.url), config, Some(self.clock.clone())).await
    }

    pub fn auth(&self) -> &Auth {
        self.client.rocket().state().unwrap()
    }

    pub fn url(&self) -> &str {
        &self.url
    }

    pub fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }

    pub async fn end(self) {
        self.client.rocket().shutdown().notify();
        drop(self.client.terminate().await);
    }

    /// Somebody with a browser and no account.
    pub fn stranger(&self) -> Person<'_> {
        Person {
            service: self,
            name: "stranger".into(),
            id: 0,
            cookies: Mutex::default(),
            access: Mutex::default(),
        }
    }

    /// Somebody who has registered and confirmed.
    pub async fn registered(&self, name: &str) -> Person<'_> {
        let mut person = self.stranger();
        name.clone_into(&mut person.name);
        let reply = person.post("/auth/register", json!({
            "email": person.email(), "password": PASSWORD, "username": name, "first_name": name,
        })).await;
        assert!(matches!(reply.status, 201 | 202), "{reply:?}");
        let token = self.mailed_token(&person.email()).await;
        let user = person.post("/auth/email/confirm", json!({ "token": token })).await;
        person.id = user.expect(200)["id"].as_i64().unwrap();
        person
    }

    /// Somebody who is logged in.
    pub async fn user(&self, name: &str) -> Person<'_> {
        let person = self.registered(name).await;
        person.login().await.expect(200);
        person
    }

    /// Somebody who is logged in and has the role `ADMIN`.
    pub async fn admin(&self, name: &str) -> Person<'_> {
        let person = self.user(name).await;
        self.grant(&person, "ADMIN").await;
        person
    }

    /// A superuser who is logged in.
    pub async fn superuser(&self, name: &str) -> Person<'_> {
        let person = self.user(name).await;
        let change = UserChange { superuser: Some(true), ..UserChange::default() };
        self.change(UserId(person.id), &change).await;
        person
    }

    /// Grants a role from the command line.
    pub async fn grant(&self, person: &Person<'_>, role: &str) {
        let id = UserId(person.id);
        self.auth().grant(&Operator::cli(), id, role, false).await.unwrap();
    }

    pub async fn set_active(&self, id: UserId, active: bool) {
        self.change(id, &UserChange { active: Some(active), ..UserChange::default() }).await;
    }

    async fn change(&self, id: UserId, change: &UserChange<'_>) {
        self.auth().change_user(&Operator::cli(), id, change).await.unwrap();
    }

    /// The newest mail to an address, or null.
    pub async fn mail(&self, to: &str) -> Value {
        self.stranger().get(&format!("/dev/mail.json?to={to}")).await.body
    }

    /// The token of the link in the newest mail to an address.
    pub async fn mailed_token(&self, to: &str) -> String {
        let mail = self.mail(to).await;
        let link = mail["links"][0].as_str().unwrap_or_else(|| panic!("no link in {mail}"));
        link.split_once('=').unwrap().1.to_owned()
    }
}

pub fn figment(url: &str) -> Figment {
    Figment::from(rocket::Config {
        log_level: rocket::config::LogLevel::Off,
        ..rocket::Config::debug_default()
    })
    .merge(("databases.portcullis.url", url))
    .merge(("databases.portcullis.max_connections", 4))
}

/// Somebody with a browser of their own.
pub struct Person<'s> {
    pub service: &'s Service,
    pub name: String,
    pub id: i64,
    pub cookies: Mutex<BTreeMap<String, String>>,
    pub access: Mutex<Option<String>>,
}

impl Person<'_> {
    pub fn email(&self) -> String {
        format!("{}@example.com", self.name)
    }

    /// The same browser, pointed at another server.
    pub fn at<'o>(&self, service: &'o Service) -> Person<'o> {
        Person {
            service,
            name: self.name.clone(),
            id: self.id,
            cookies: Mutex::new(self.cookies.lock().unwrap().clone()),
            access: Mutex::new(self.access()),
        }
    }

    pub fn access(&self) -> Option<String> {
        self.access.lock().unwrap().clone()
    }

    pub fn forget_access(&self) -> &Self {
        *self.access.lock().unwrap() = None;
        self
    }

    pub fn refresh_cookie(&self) -> Option<String> {
        self.cookies.lock().unwrap().get("__Host-portcullis").cloned()
    }

    pub async fn login(&self) -> Reply {
        self.login_with(json!({ "email": self.email(), "password": PASSWORD })).await
    }

    pub async fn login_with(&self, body: Value) -> Reply {
        self.keep(self.post("/auth/login", body).await)
    }

    pub async fn refresh(&self) -> Reply {
        self.keep(self.send(Method::Post, "/auth/refresh", None, &[]).await)
    }

    /// Remembers the access token of a reply.
    pub fn keep(&self, reply: Reply) -> Reply {
        if let Some(token) = reply.body["token"].as_str() {
            *self.access.lock().unwrap() = Some(token.to_owned());
        }
        reply
    }

    pub async fn get(&self, path: &str) -> Reply {
        self.send(Method::Get, path, None, &[]).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.json(Method::Post, path, body).await
    }

    pub async fn json(&self, method: Method, path: &str, body: Value) -> Reply {
        let kind = [("Content-Type", "application/json")];
        self.send(method, path, Some(body.to_string()), &kind).await
    }

    /// What a browser on one of our pages sends: its cookies and where it is; and the access token.
    pub async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<String>,
        headers: &[(&'static str, &str)],
    ) -> Reply {
        let cookies: Vec<_> =
            self.cookies.lock().unwrap().iter().map(|(k, v)| format!("{k}={v}")).collect();
        let bearer = self.access().map(|token| format!("Bearer {token}"));
        let mut all: Vec<(&'static str, String)> =
            headers.iter().map(|(name, value)| (*name, (*value).to_owned())).collect();
        let has = |all: &[(&str, String)], name| all.iter().any(|(n, _)| *n == name);
        if !cookies.is_empty() && !has(&all, "Cookie") {
            all.push(("Cookie", cookies.join("; ")));
        }
        if method != Method::Get && !has(&all, "Origin") {
            all.push(("Origin", ORIGIN.to_owned()));
        }
        if let Some(bearer) = bearer
            && !has(&all, "Authorization")
        {
            all.push(("Authorization", bearer));
        }
        let reply = raw(self.service, method, path, body, &all).await;
        let mut jar = self.cookies.lock().unwrap();
        for cookie in reply.headers.iter().filter(|(n, _)| n == "set-cookie") {
            let cookie = rocket::http::Cookie::parse(cookie.1.clone()).unwrap();
            if cookie.max_age() == Some(time::Duration::ZERO) {
                jar.remove(cookie.name());
            } else {
                jar.insert(cookie.name().to_owned(), cookie.value().to_owned());
            }
        }
        drop(jar);
        reply
    }
}

/// A request with these headers and no others; one with an empty value is left out.
pub async fn raw(
    service: &Service,
    method: Method,
    path: &str,
    body: Option<String>,
    headers: &[(&'static str, String)],
) -> Reply {
    let mut req = service.client.req(method, path.to_owned());
    req.set_remote("127.0.0.1:40000".parse().unwrap());
    if !headers.iter().any(|(name, _)| *name == "Host") {
        req.add_header(Header::new("Host", "localhost:8000"));
    }
    for (name, value) in headers.iter().filter(|(_, value)| !value.is_empty()) {
        req.add_header(Header::new(*name, value.clone()));
    }
    if let Some(body) = body {
        req.set_body(body);
    }
    dispatch(req).await
}

/// The reply to a request as it is.
pub async fn dispatch(req: LocalRequest<'_>) -> Reply {
    let auth = req.inner().rocket().state::<Auth>().cloned();
    let reply = req.dispatch().await;
    // What goes on after the answer, so that tests find it done.
    if let Some(auth) = auth {
        auth.settled().await;
    }
    let status = reply.status().code;
    let headers = reply
        .headers()
        .iter()
        .map(|h| (h.name.as_str().to_ascii_lowercase(), h.value.into_owned()))
        .collect();
    let text = reply.into_string().await.unwrap_or_default();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status, headers, body, text }
}

#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    /// Null if it is no JSON.
    pub body: Value,
    pub text: String,
}

impl Reply {
    /// The body of a reply that has to have this status.
    #[track_caller]
    pub fn expect(&self, status: u16) -> &Value {
        assert_eq!(self.status, status, "{self:#?}");
        &self.body
    }

    /// A problem that has to have this status and code.
    #[track_caller]
    pub fn refused(&self, status: u16, code: &str) -> &Value {
        assert_eq!((self.status, self.body["code"].as_str()), (status, Some(code)), "{self:#?}");
        assert_eq!(self.header("content-type"), Some("application/problem+json"));
        &self.body
    }

    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.as_str())
    }
}
