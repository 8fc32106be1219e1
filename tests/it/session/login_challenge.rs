//! Logins of a user with a second factor in any order, at any surface and replica: no sequence of calls gives
//! tokens without a first proof, the password or a mail, and a fresh code, and with both it does.
use crate::support::{
    Authenticator, Database, MailServer, PASSWORD, Person, Service, config, rows,
};
use portcullis::{
    config::{Config, Secret},
    flows::{NewUser, Operator},
};
use proptest::prelude::*;
use serde_json::json;
use std::{collections::HashSet, time::Duration};

const PASSWORDS: [&str; 2] = [PASSWORD, "seven green herons"];
const REPLICAS: usize = 2;
const TICKETS: usize = 4;
const CODES: usize = 3;
/// So many mails that log in are sent to an account within an hour.
const MOST_MAILS: usize = 5;

#[derive(Clone, Copy, Debug)]
enum Code {
    Missing,
    Wrong,
    /// Of the authenticator app, so many steps ahead.
    App(i64),
    Recovery(usize),
}

#[derive(Clone, Copy, Debug)]
enum Step {
    /// A login at the native API or at a dialect, with this one of the passwords.
    Login { native: bool, password: usize, code: Code, at: usize },
    /// A login by mail at the native API, with the right or a wrong code from the mail.
    Mail { right: bool, at: usize },
    /// One of the newest tickets and a code.
    Finish { ticket: usize, code: Code, at: usize },
    /// A ticket of the API on the page.
    Page { ticket: usize, code: Code },
    /// The operator sets the other password.
    Change,
    /// Some seconds pass.
    Wait(u32),
}

fn codes() -> impl Strategy<Value = Code> {
    prop_oneof![
        1 => Just(Code::Missing),
        2 => Just(Code::Wrong),
        4 => (-1i64..=1).prop_map(Code::App),
        2 => (0..CODES).prop_map(Code::Recovery),
    ]
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let login = (any::<bool>(), 0..PASSWORDS.len(), codes(), 0..REPLICAS)
        .prop_map(|(native, password, code, at)| Step::Login { native, password, code, at });
    // Most logins of people begin like this.
    let begin = (0..REPLICAS).prop_map(|at| Step::Login {
        native: true,
        password: 0,
        code: Code::Missing,
        at,
    });
    let finish = (0..TICKETS, codes(), 0..REPLICAS).prop_map(|(ticket, code, at)| Step::Finish {
        ticket,
        code,
        at,
    });
    let step = prop_oneof![
        3 => login,
        3 => begin,
        2 => (any::<bool>(), 0..REPLICAS).prop_map(|(right, at)| Step::Mail { right, at }),
        6 => finish,
        1 => (0..TICKETS, codes()).prop_map(|(ticket, code)| Step::Page { ticket, code }),
        1 => Just(Step::Change),
        2 => (1u32..=150).prop_map(Step::Wait),
    ];
    prop::collection::vec(step, 1..30)
}

/// A ticket as the test knows it.
struct Ticket {
    text: String,
    /// When it was issued, in seconds.
    at: i64,
    tries: usize,
    /// How often the password had been changed.
    version: usize,
    spent: bool,
}

/// What the test knows about the account.
struct Model {
    app: Authenticator,
    /// The newest step whose code was accepted.
    last_step: i64,
    used: HashSet<usize>,
    changes: usize,
    tickets: Vec<Ticket>,
    logins: usize,
    mails: MailServer,
    /// How many mails that log in were requested.
    requested: usize,
}

impl Model {
    fn typed(&self, service: &Service, code: Code) -> Option<String> {
        match code {
            Code::Missing => None,
            Code::Wrong => Some(self.app.wrong_code(service)),
            Code::App(ahead) => Some(self.app.code_at(service, 30 * ahead)),
            Code::Recovery(n) => Some(self.app.recovery_codes[n].clone()),
        }
    }

    /// Whether a code that is looked at is right. If so, it is used up.
    fn accepts(&mut self, service: &Service, code: Code) -> bool {
        match code {
            Code::Missing | Code::Wrong => false,
            Code::App(ahead) => {
                let step = service.clock.now().unix() / 30 + ahead;
                let fresh = step > self.last_step;
                self.last_step = self.last_step.max(step);
                fresh
            }
            Code::Recovery(n) => self.used.insert(n),
        }
    }

    async fn log_in(&mut self, at: &Service, native: bool, password: usize, code: Code) {
        let ann = ann(at);
        let path = if native { "/auth/login" } else { "/api/login" };
        let body = json!({
            "email": ann.email(), "password": PASSWORDS[password], "code": self.typed(at, code),
        });
        let reply = ann.post(path, body).await;
        if password != self.changes % 2 {
            reply.refused(401, "invalid_credentials");
        } else if matches!(code, Code::Missing) {
            let ticket = &reply.refused(401, "second_factor_required")["ticket"];
            assert_eq!(ticket.is_string(), native);
            if let Some(text) = ticket.as_str() {
                self.begun(at, text);
            }
        } else if self.accepts(at, code) {
            reply.expect(200);
            self.logins += 1;
        } else {
            reply.refused(401, "invalid_credentials");
        }
    }

    fn begun(&mut self, at: &Service, ticket: &str) {
        let (text, at, version) = (ticket.to_owned(), at.clock.now().unix(), self.changes);
        self.tickets.push(Ticket { text, at, tries: 0, version, spent: false });
    }

    async fn log_in_by_mail(&mut self, at: &Service, right: bool) {
        if self.requested == MOST_MAILS {
            return;
        }
        let ann = ann(at);
        let asked = ann.post("/auth/login/mail", json!({ "email": ann.email() })).await;
        let ticket = asked.expect(202)["ticket"].clone();
        self.requested += 1;
        let code = self.mailed_code(at).await;
        let typed = if right { code.clone() } else { code.chars().rev().chain(['0']).collect() };
        let body = json!({ "ticket": ticket, "code": typed });
        let reply = ann.post("/auth/login/mail/confirm", body).await;
        if right {
            let ticket = &reply.refused(401, "second_factor_required")["ticket"];
            self.begun(at, ticket.as_str().unwrap());
        } else {
            reply.refused(400, "validation");
        }
    }

    /// The code in the newest mail that logs in. Any replica may send it.
    async fn mailed_code(&self, at: &Service) -> String {
        loop {
            at.auth().deliver_due().await.unwrap();
            let mails = self.mails.received();
            let logins: Vec<_> =
                mails.iter().filter(|(_, text)| text.contains("Subject: Log in to")).collect();
            if logins.len() == self.requested {
                let mut words = logins.last().unwrap().1.split_whitespace();
                let is_code = |w: &&str| w.len() == 6 && w.bytes().all(|b| b.is_ascii_digit());
                return words.find(is_code).unwrap().to_owned();
            }
        }
    }

    /// The number in `tickets` of one of the newest.
    fn newest(&self, ticket: usize) -> Option<usize> {
        self.tickets.len().checked_sub(ticket + 1)
    }

    async fn finish(&mut self, at: &Service, ticket: usize, code: Code) {
        let Some(n) = self.newest(ticket) else { return };
        let typed = self.typed(at, code).unwrap_or_default();
        let reply = ann(at).finish(&self.tickets[n].text, &typed).await;
        let ticket = &mut self.tickets[n];
        let alive = !ticket.spent
            && ticket.tries < 5
            && ticket.version == self.changes
            && at.clock.now().unix() < ticket.at + 300;
        if !alive {
            reply.refused(401, "ticket_not_valid");
            return;
        }
        ticket.tries += 1;
        if self.accepts(at, code) {
            reply.expect(200);
            self.tickets[n].spent = true;
            self.logins += 1;
        } else {
            reply.refused(401, "invalid_code");
        }
    }

    async fn on_the_page(&self, at: &Service, ticket: usize, code: Code) {
        let Some(n) = self.newest(ticket) else { return };
        let typed = self.typed(at, code).unwrap_or_default();
        let ann = ann(at);
        let ticket = ("__Host-portcullis-ticket".to_owned(), self.tickets[n].text.clone());
        ann.cookies.lock().unwrap().extend([ticket]);
        let reply = ann.ask("/register", "/login/code", &[("code", &typed)]).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/login")));
        assert!(!ann.has_session());
    }
}

/// A browser without a session.
fn ann(at: &Service) -> Person<'_> {
    Person { name: "ann".into(), ..at.stranger() }
}

async fn only_all_proofs_give_tokens(database: Database, steps: Vec<Step>) {
    let (mails, url) = MailServer::start().await;
    let mut config = Config { login_by_mail: true, ..config() };
    config.mail.url = Secret(url);
    let first = Service::start(&database, config, None).await;
    let op = Operator::cli();
    let new = NewUser {
        email: "ann@example.com",
        username: Some("ann"),
        password: PASSWORD,
        confirmed: true,
        ..NewUser::default()
    };
    let id = first.auth().admin(&op).add_user(new).await.unwrap().id;
    let person = ann(&first);
    person.login().await.expect(200);
    let app = person.sets_up_totp().await;
    drop(person);
    let mut model = Model {
        app,
        last_step: first.clock.now().unix() / 30 - 1,
        used: HashSet::new(),
        changes: 0,
        tickets: Vec::new(),
        logins: 1,
        mails,
        requested: 0,
    };
    let replicas = [first.replica().await, first];
    for step in steps {
        match step {
            Step::Login { native, password, code, at } => {
                model.log_in(&replicas[at], native, password, code).await;
            }
            Step::Mail { right, at } => model.log_in_by_mail(&replicas[at], right).await,
            Step::Finish { ticket, code, at } => model.finish(&replicas[at], ticket, code).await,
            Step::Page { ticket, code } => model.on_the_page(&replicas[0], ticket, code).await,
            Step::Change => {
                model.changes += 1;
                let new = PASSWORDS[model.changes % 2];
                replicas[0].auth().admin(&op).set_password(id, new).await.unwrap();
            }
            Step::Wait(seconds) => replicas[0].advance(Duration::from_secs(seconds.into())),
        }
        let logins = rows(&replicas[0], "SELECT kind FROM auth_audit WHERE kind = 'login'").await;
        assert_eq!(logins.len(), model.logins, "{step:?}");
    }
    for replica in replicas {
        replica.end().await;
    }
    database.end().await;
}

fn run(promise: impl Future<Output = ()>) {
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.worker_threads(2).enable_all().build().unwrap().block_on(promise);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(16))]

    #[test]
    fn on_sqlite(steps in steps()) {
        run(only_all_proofs_give_tokens(Database::sqlite(), steps));
    }

    #[cfg(postgres)]
    #[test]
    fn on_postgres(steps in steps()) {
        run(async {
            let database = Database::postgres().await;
            Box::pin(only_all_proofs_give_tokens(database, steps)).await;
        });
    }
}
