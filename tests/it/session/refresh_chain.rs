//! A chain of refresh tokens under clients, tabs and replicas in any order: at most one token is unused
//! at any time, no request within the grace period is refused, and reuse after it ends the session.
use crate::support::{Database, Service, config, cookie, present, rows};
use portcullis::time::Timestamp;
use proptest::prelude::*;
use rocket::futures::future::join_all;
use std::{collections::HashMap, time::Duration};

const SECOND: Duration = Duration::from_secs(1);
const GRACE: Duration = Duration::from_secs(10);
const TABS: usize = 6;
const REPLICAS: usize = 2;

#[derive(Clone, Debug)]
enum Step {
    /// A tab refreshes at a replica with its token and receives the answer.
    Refresh(usize, usize),
    /// A tab refreshes, the server commits, and the answer is lost.
    Lost(usize, usize),
    /// These tabs refresh at the same time, alternating between the replicas.
    Race(Vec<usize>),
    /// These tabs get the newest token, as tabs that share a cookie do.
    Share(Vec<usize>),
    /// Some seconds pass.
    Wait(u64),
    /// Another process replaces a replica.
    Restart(usize),
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let tabs = || prop::collection::vec(0..TABS, 2..=TABS);
    let step = prop_oneof![
        4 => (0..TABS, 0..REPLICAS).prop_map(|(tab, at)| Step::Refresh(tab, at)),
        2 => (0..TABS, 0..REPLICAS).prop_map(|(tab, at)| Step::Lost(tab, at)),
        3 => tabs().prop_map(Step::Race),
        3 => tabs().prop_map(Step::Share),
        2 => (1u64..=6).prop_map(Step::Wait),
        1 => (0..REPLICAS).prop_map(Step::Restart),
    ];
    prop::collection::vec(step, 1..25)
}

/// What the test knows about the chain.
struct Chain {
    newest: String,
    /// When each token that is not the newest was used.
    used: HashMap<String, Timestamp>,
    over: bool,
}

impl Chain {
    fn is_late(&self, token: &str, now: Timestamp) -> bool {
        self.used.get(token).is_some_and(|at| at.plus(GRACE) < now)
    }

    /// Presents `token`, and checks that the answer is the newest token, or a refusal if the token is late.
    async fn refresh(&mut self, at: &Service, token: &str) -> Option<String> {
        let reply = present(&at.stranger(), token).await;
        if self.over || self.is_late(token, at.clock.now()) {
            reply.refused(401, "token_not_valid");
            self.over = true;
            return None;
        }
        let next = cookie(&reply);
        if *token == self.newest {
            assert!(!self.used.contains_key(&next), "a token came again");
            self.used.insert(token.to_owned(), at.clock.now());
            self.newest.clone_from(&next);
        }
        assert_eq!(next, self.newest, "another branch");
        Some(next)
    }
}

async fn a_chain_has_one_end(database: Database, steps: Vec<Step>) {
    let first = Service::start(&database, config(), None).await;
    // Her mail is sent before another server exists that could send it.
    let newest = first.user("ann").await.refresh_cookie().unwrap();
    let mut replicas = vec![first.replica().await, first];
    let mut held = vec![newest.clone(); TABS];
    let mut chain = Chain { newest, used: HashMap::new(), over: false };
    for step in steps {
        match step {
            Step::Refresh(tab, at) => {
                if let Some(next) = chain.refresh(&replicas[at], &held[tab]).await {
                    held[tab] = next;
                }
            }
            Step::Lost(tab, at) => {
                chain.refresh(&replicas[at], &held[tab]).await;
            }
            Step::Race(mut tabs) => {
                tabs.sort_unstable();
                tabs.dedup();
                let now = replicas[0].clock.now();
                // A late token ends the session, and which of the others come before it is not determined.
                tabs.retain(|tab| !chain.is_late(&held[*tab], now));
                if chain.over || tabs.is_empty() {
                    continue;
                }
                let ask = async |tab: usize| {
                    present(&replicas[tab % REPLICAS].stranger(), &held[tab]).await
                };
                let replies = join_all(tabs.iter().map(|tab| ask(*tab))).await;
                for (tab, reply) in tabs.iter().zip(replies) {
                    let next = cookie(&reply);
                    for token in [std::mem::replace(&mut held[*tab], next.clone()), next] {
                        chain.used.entry(token).or_insert(now);
                    }
                }
                // Each of their tokens leads to the newest one.
                let newest = cookie(&present(&replicas[0].stranger(), &held[tabs[0]]).await);
                chain.used.remove(&newest);
                chain.newest = newest;
            }
            Step::Share(tabs) => tabs.iter().for_each(|tab| held[*tab].clone_from(&chain.newest)),
            Step::Wait(seconds) => {
                replicas[0].advance(u32::try_from(seconds).unwrap() * SECOND);
            }
            Step::Restart(at) => {
                let next = replicas[at].replica().await;
                std::mem::replace(&mut replicas[at], next).end().await;
            }
        }
        let sql =
            "SELECT 'unused' FROM auth_refresh_tokens t JOIN auth_sessions s ON s.id = t.session_id
                   WHERE t.used_at IS NULL AND s.ended_at IS NULL";
        let unused = rows(&replicas[0], sql).await.len();
        assert_eq!(unused, usize::from(!chain.over));
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
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn on_sqlite(steps in steps()) {
        run(a_chain_has_one_end(Database::sqlite(), steps));
    }

    #[cfg(postgres)]
    #[test]
    fn on_postgres(steps in steps()) {
        run(async {
            let database = Database::postgres().await;
            a_chain_has_one_end(database, steps).await;
        });
    }
}
