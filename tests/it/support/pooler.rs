//! A pooler in transaction mode, like pgbouncer: all clients share one backend, which each has for the length
//! of a transaction.
use super::database::Database;
use std::sync::Arc;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Mutex, OwnedMutexGuard},
};

/// A running pooler, stopped when dropped.
pub struct Pooler {
    pub url: String,
    server: tokio::task::JoinHandle<()>,
}

impl Drop for Pooler {
    fn drop(&mut self) {
        self.server.abort();
    }
}

/// The connection to PostgreSQL, and the greeting that the first client got.
type Backend = Arc<Mutex<Option<(TcpStream, Vec<u8>)>>>;

impl Pooler {
    pub async fn to(database: &Database) -> Self {
        let mut url = url::Url::parse(&database.url).unwrap();
        let server = url.port().unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        url.set_port(Some(listener.local_addr().unwrap().port())).unwrap();
        url.set_query(Some("sslmode=disable"));
        let backend = Backend::default();
        let server = tokio::spawn(async move {
            loop {
                let (client, _) = listener.accept().await.unwrap();
                tokio::spawn(serve(client, server, Arc::clone(&backend)));
            }
        });
        Self { url: url.into(), server }
    }
}

async fn serve(mut client: TcpStream, server: u16, backend: Backend) -> Option<()> {
    let startup = with_length(&mut client, Vec::new()).await?;
    {
        let mut backend = backend.lock().await;
        if backend.is_none() {
            let mut stream = TcpStream::connect(("127.0.0.1", server)).await.ok()?;
            stream.write_all(&startup).await.ok()?;
            let greeting = answer(&mut stream).await?;
            *backend = Some((stream, greeting));
        }
        client.write_all(&backend.as_ref()?.1).await.ok()?;
    }
    let mut held: Option<OwnedMutexGuard<_>> = None;
    loop {
        let question = message(&mut client).await.filter(|question| question[0] != b'X');
        let Some(question) = question else {
            // The transaction of a client that leaves is undone.
            if let Some(mut backend) = held {
                *backend = None;
            }
            return None;
        };
        let mut backend = match held.take() {
            Some(backend) => backend,
            None => Arc::clone(&backend).lock_owned().await,
        };
        let (stream, _) = backend.as_mut()?;
        stream.write_all(&question).await.ok()?;
        let mut is_idle = false;
        if b"QS".contains(&question[0]) {
            let answer = answer(stream).await?;
            // `ReadyForQuery` ends with the state of the session.
            is_idle = answer.last() == Some(&b'I');
            client.write_all(&answer).await.ok()?;
        }
        held = (!is_idle).then_some(backend);
    }
}

/// Reads all messages up to `ReadyForQuery`.
async fn answer(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let mut all = Vec::new();
    loop {
        let one = message(stream).await?;
        let is_last = one[0] == b'Z';
        all.extend(one);
        if is_last {
            return Some(all);
        }
    }
}

async fn message(stream: &mut TcpStream) -> Option<Vec<u8>> {
    let kind = stream.read_u8().await.ok()?;
    with_length(stream, vec![kind]).await
}

async fn with_length(stream: &mut TcpStream, mut message: Vec<u8>) -> Option<Vec<u8>> {
    let length = stream.read_u32().await.ok()?;
    message.extend(length.to_be_bytes());
    let mut body = vec![0; usize::try_from(length).ok()? - 4];
    stream.read_exact(&mut body).await.ok()?;
    message.extend(body);
    Some(message)
}
