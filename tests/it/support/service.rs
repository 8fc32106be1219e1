//! A service with its own database and clock.
use super::{
    database::{Database, rows_at},
    person::{PASSWORD, Person},
};
use portcullis::{
    Auth,
    config::Config,
    flows::{NewUser, Operator, UserChange, UserId},
    time::{Clock, Timestamp},
};
use rocket::{figment::Figment, local::asynchronous::Client};
use serde_json::{Value, json};
use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

/// `on_both!(name)` runs `async fn name(service: &Service)` on SQLite and on PostgreSQL. With
/// `|config| ..`, the closure changes the configuration first.
macro_rules! on_both {
    ($name:ident) => {
        on_both!($name, |_| ());
    };
    ($name:ident, $change:expr) => {
        on_both_databases!($name, |database| {
            let mut config = $crate::support::config();
            let change: fn(&mut portcullis::config::Config) = $change;
            change(&mut config);
            let service = $crate::support::Service::start(&database, config, None).await;
            $name(&service).await;
            service.end().await;
            database.end().await;
        });
    };
}

impl Database {
    /// A database that another `Database` owns and drops.
    pub fn at(url: &str) -> Self {
        Self { url: url.to_owned(), folder: None }
    }
}

/// Settings for tests, with fast password hashing and without limits.
pub fn config() -> Config {
    let mut config = Config::default();
    config.limits.enabled = false;
    config.password.memory = 64;
    config.password.passes = 1;
    config
}

/// Rocket's settings for a service on the database at `url`.
pub fn figment(url: &str) -> Figment {
    Figment::from(rocket::Config {
        log_level: rocket::config::LogLevel::Off,
        ..rocket::Config::debug_default()
    })
    .merge(("databases.portcullis.url", url))
    .merge(("databases.portcullis.max_connections", 4))
}

/// A running service, without a network port.
pub struct Service {
    pub client: Client,
    pub clock: Clock,
    config: Config,
    url: String,
}

impl Service {
    /// Starts a service. Without a `clock`, it gets a manual one that begins at 2027-01-15, 08:00 UTC.
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

    /// Another server over the same database, with other settings.
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

    /// A person with a browser and no account.
    pub fn stranger(&self) -> Person<'_> {
        Person {
            service: self,
            name: "stranger".into(),
            id: 0,
            cookies: Mutex::default(),
            access: Mutex::default(),
        }
    }

    /// A person who has registered and confirmed their email.
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

    /// A person who is logged in.
    pub async fn user(&self, name: &str) -> Person<'_> {
        let person = self.registered(name).await;
        person.login().await.expect(200);
        person
    }

    /// A person who is logged in and has the role `ADMIN`.
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

    /// Grants a role as the command line does.
    pub async fn grant(&self, person: &Person<'_>, role: &str) {
        let id = UserId(person.id);
        self.auth().admin(&Operator::cli()).grant(id, role, false).await.unwrap();
    }

    pub async fn set_active(&self, id: UserId, active: bool) {
        self.change(id, &UserChange { active: Some(active), ..UserChange::default() }).await;
    }

    async fn change(&self, id: UserId, change: &UserChange<'_>) {
        self.auth().admin(&Operator::cli()).change_user(id, change).await.unwrap();
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

    /// The code in the newest mail to an address.
    pub async fn mailed_code(&self, to: &str) -> String {
        let mail = self.mail(to).await;
        let is_code = |word: &&str| word.len() == 6 && word.bytes().all(|b| b.is_ascii_digit());
        let text = mail["text"].as_str().unwrap();
        text.split_whitespace().find(is_code).unwrap_or_else(|| panic!("no code in {mail}")).into()
    }
}

/// The kinds of all audit events, oldest first.
pub async fn acts(service: &Service) -> Vec<String> {
    rows(service, "SELECT kind FROM auth_audit ORDER BY id").await
}

/// The first column of a query, which is text.
pub async fn rows(service: &Service, sql: &str) -> Vec<String> {
    rows_at(service.url(), sql).await
}

/// Makes a user a superuser, or demotes them, directly in the database.
pub async fn set_superuser(service: &Service, id: i64, superuser: bool) {
    let to = if superuser { "TRUE" } else { "FALSE" };
    let sql = format!("UPDATE auth_users SET is_superuser = {to} WHERE id = {id} RETURNING email");
    rows(service, &sql).await;
}

/// A superuser who is logged in.
pub async fn root(service: &Service) -> Person<'_> {
    let new = NewUser {
        email: "root@example.com",
        password: PASSWORD,
        username: Some("root"),
        superuser: true,
        confirmed: true,
        ..NewUser::default()
    };
    let id =
        service.auth().admin(&portcullis::flows::Operator::cli()).add_user(new).await.unwrap().id.0;
    let root = Person { name: "root".into(), id, ..service.stranger() };
    root.login().await.expect(200);
    root
}

/// Waits until `met` returns true; fails after half a minute.
pub async fn eventually(what: &str, mut met: impl AsyncFnMut() -> bool) {
    let since = Instant::now();
    while !met().await {
        assert!(since.elapsed() < Duration::from_secs(30), "{what}");
        tokio::task::yield_now().await;
    }
}
