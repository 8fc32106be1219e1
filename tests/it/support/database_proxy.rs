//! A proxy in front of PostgreSQL that holds back answers without hanging up, as after a failover or behind a
//! firewall that dropped the connection.
use super::database::Database;
use std::sync::{Arc, Mutex};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::watch,
};

/// A proxy that can hold back the answers of the database.
pub struct DatabaseProxy {
    /// Connections with a lower number than this get no answers.
    deaf: watch::Sender<usize>,
    /// Once one connection has sent these words in this order, no connection gets answers. Empty: never.
    until: Arc<Mutex<&'static [&'static str]>>,
    pub url: String,
}

impl DatabaseProxy {
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

    /// Lets answers through until one connection has sent all these words, in this order.
    pub fn fall_silent_after(&self, words: &'static [&'static str]) {
        *self.until.lock().unwrap() = words;
    }

    /// Holds back the answers on all connections.
    pub fn fall_silent(&self) {
        self.deaf.send_replace(usize::MAX);
    }

    /// Lets answers through on all connections except the first `silent` ones.
    pub fn answer_new_connections(&self, silent: usize) {
        self.deaf.send_replace(silent);
    }

    /// Lets all answers through, held back ones too. Returns whether all were held back.
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

/// How many of the words one connection has sent so far; `usize::MAX`, once, when it has sent all.
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
