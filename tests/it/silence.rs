//! A PostgreSQL that falls silent without hanging up, as after a failover or behind a firewall that
//! forgot: nobody waits longer than the deadline, and what was waited for is not used again.
use crate::support::Database;
use portcullis::{db::Db, store::secrets};
use rocket::futures::future::join_all;
use std::{
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

const SOON: Duration = Duration::from_secs(3);

/// A way to the database whose answers can be held back.
pub struct Wire {
    /// The connections numbered below this hear nothing.
    deaf: watch::Sender<usize>,
    /// Everybody is deaf once one of them has said these words, in this order; empty: never.
    until: Arc<Mutex<&'static [&'static str]>>,
    pub url: String,
}

impl Wire {
    pub async fn to(database: &Database) -> Self {
        let mut url = url::Url::parse(&database.url).unwrap();
        let server = ("127.0.0.1", url.port().unwrap());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        let (deaf, _) = watch::channel(0);
        let wire = Self { deaf, until: Arc::default(), url: url.into() };
        let (deaf, until) = (wire.deaf.clone(), Arc::clone(&wire.until));
        tokio::spawn(async move {
            for number in 0.. {
                let (near, _) = listener.accept().await.unwrap();
                let far = TcpStream::connect(server).await.unwrap();
                let (asked, told) = near.into_split();
                let (answers, questions) = far.into_split();
                tokio::spawn(ask(asked, questions, deaf.clone(), Arc::clone(&until)));
                tokio::spawn(tell(answers, told, deaf.subscribe(), number));
            }
        });
        wire
    }

    /// Lets answers through until one connection has said all these words, in this order.
    pub fn fall_silent_after(&self, words: &'static [&'static str]) {
        *self.until.lock().unwrap() = words;
    }

    /// Lets all answers through, those held back too; whether there were any.
    pub fn speak_again(&self) -> bool {
        self.deaf.send_replace(0) == usize::MAX
    }
}

async fn ask(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    deaf: watch::Sender<usize>,
    until: Arc<Mutex<&'static [&'static str]>>,
) {
    let mut bytes = vec![0; 8192];
    let mut said = 0;
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        said = heard(&mut until.lock().unwrap(), said, &bytes[..n]);
        if said == usize::MAX {
            deaf.send_replace(usize::MAX);
        }
        if to.write_all(&bytes[..n]).await.is_err() {
            break;
        }
    }
}

/// How many of the words have come now; `usize::MAX`, once, when all have.
fn heard(until: &mut &'static [&'static str], said: usize, bytes: &[u8]) -> usize {
    let comes = |word: &str| bytes.windows(word.len()).any(|part| part == word.as_bytes());
    let mut said = if said > until.len() { 0 } else { said };
    while until.get(said).is_some_and(|word| comes(word)) {
        said += 1;
    }
    if until.is_empty() || said < until.len() {
        return said;
    }
    *until = &[];
    usize::MAX
}

async fn tell(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut deaf: watch::Receiver<usize>,
    number: usize,
) {
    let mut bytes = vec![0; 8192];
    while let Ok(n @ 1..) = from.read(&mut bytes).await {
        if deaf.wait_for(|deaf| number >= *deaf).await.is_err()
            || to.write_all(&bytes[..n]).await.is_err()
        {
            break;
        }
    }
}

/// That the work fails, and in time.
async fn fails_soon<T>(work: impl Future<Output = Result<T, portcullis::db::Error>>) {
    let since = Instant::now();
    assert!(work.await.is_err(), "it worked");
    assert!(since.elapsed() < SOON, "it took {:?}", since.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn connections_that_fell_silent_are_replaced() {
    let database = Database::postgres().await;
    let wire = Wire::to(&database).await;
    let db = Db::open(&wire.url, 6).await.unwrap();
    db.migrate().await.unwrap();
    // In a transaction, out of one, about to be given back from either.
    let (mut one, mut two) = (db.write().await.unwrap(), db.write().await.unwrap());
    let (mut three, mut four) = (db.read().await.unwrap(), db.read().await.unwrap());
    let (five, six) = (db.write().await.unwrap(), db.read().await.unwrap());
    wire.deaf.send_replace(usize::MAX);
    drop((five, six));
    join_all([
        fails_soon(secrets::get_or_insert(&mut one, "a", b"x")),
        fails_soon(secrets::get_or_insert(&mut two, "b", b"x")),
        fails_soon(secrets::get_or_insert(&mut three, "c", b"x")),
        fails_soon(secrets::get_or_insert(&mut four, "d", b"x")),
    ])
    .await;
    drop((one, two, three, four));
    // Those six hear nothing ever again; new ones would.
    wire.deaf.send_replace(6);
    let since = Instant::now();
    let all = loop {
        match rocket::futures::future::try_join_all((0..6).map(|_| db.write())).await {
            Ok(all) => break all,
            Err(e) => assert!(since.elapsed() < 3 * SOON, "{e}"),
        }
    };
    join_all(all.into_iter().map(|tx| async { tx.commit().await.unwrap() })).await;
    database.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_transaction_that_began_too_late_is_not_gone_on_with() {
    let database = Database::postgres().await;
    let wire = Wire::to(&database).await;
    let db = Db::open(&wire.url, 1).await.unwrap();
    db.migrate().await.unwrap();
    // The server begins what the client gives up.
    wire.fall_silent_after(&["BEGIN"]);
    fails_soon(Box::pin(db.write())).await;
    assert!(wire.speak_again(), "it did not come to a transaction");
    let since = Instant::now();
    let mut conn = loop {
        match db.read().await {
            Ok(conn) => break conn,
            Err(e) => assert!(since.elapsed() < 3 * SOON, "{e}"),
        }
    };
    secrets::get_or_insert(&mut conn, "a", b"first").await.unwrap();
    let direct = Db::open(&database.url, 1).await.unwrap();
    let seen = secrets::get_or_insert(&mut direct.read().await.unwrap(), "a", b"second").await;
    assert_eq!(seen.expect("nobody holds it"), b"first");
    database.end().await;
}
