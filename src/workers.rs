//! What goes on beside the requests: mails are sent, other processes are heard, the old is forgotten.
use crate::flows::{Auth, Result};
use rocket::Shutdown;
use std::time::Duration;
use tokio::time::{sleep, timeout};

/// A logout on another replica takes effect within twice this (the contract allows 1 s).
const POLL: Duration = Duration::from_millis(400);
/// Mails that another process put, or whose next attempt is due, wait at most this long.
const POST: Duration = Duration::from_secs(2);
const SWEEP: Duration = Duration::from_hours(1);
/// So often it is looked whether an import brought hashes of other kinds.
const IMPORTS: Duration = Duration::from_mins(1);
const AFTER_FAILURE: Duration = Duration::from_secs(1);

/// Starts the workers, which end with the server.
pub fn start(auth: &Auth, shutdown: &Shutdown) {
    spawn(shutdown, deliver(auth.clone()));
    spawn(shutdown, catch_up(auth.clone()));
    spawn(shutdown, listen(auth.clone()));
    spawn(shutdown, probe(auth.clone()));
    spawn(shutdown, sweep(auth.clone()));
    spawn(shutdown, hash_kinds(auth.clone()));
    spawn(shutdown, end_when_lost(auth.clone(), shutdown.clone()));
}

fn spawn(shutdown: &Shutdown, work: impl Future<Output = ()> + Send + 'static) {
    let shutdown = shutdown.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = shutdown => {}
            () = work => {}
        }
    });
}

async fn deliver(auth: Auth) {
    loop {
        note(auth.deliver_due().await.map(drop), "mails wait").await;
        let _ = timeout(POST, auth.mail_was_put()).await;
    }
}

async fn catch_up(auth: Auth) {
    loop {
        note(auth.catch_up().await, "logouts elsewhere are not heard of").await;
        sleep(POLL).await;
    }
}

async fn probe(auth: Auth) {
    loop {
        note(auth.probe().await, "nothing can be committed").await;
        sleep(POLL).await;
    }
}

async fn listen(auth: Auth) {
    loop {
        let heard = async {
            let Some(mut listener) = auth.listen().await? else { return Ok(false) };
            loop {
                let channel = listener.next().await?;
                auth.hear(channel).await?;
            }
        };
        match heard.await {
            // There is nothing to listen to: polling does it.
            Ok(false) => return,
            heard => note(heard.map(drop), "notifications are not heard").await,
        }
    }
}

/// Learns of imports that happened elsewhere.
async fn hash_kinds(auth: Auth) {
    note(auth.survey_hashes().await, "the kinds of stored hashes are not known").await;
    loop {
        sleep(IMPORTS).await;
        note(auth.learn_hash_kinds().await, "the kinds of stored hashes are not known").await;
    }
}

async fn sweep(auth: Auth) {
    loop {
        sleep(SWEEP).await;
        note(auth.sweep().await, "the old is not swept out").await;
    }
}

/// Ends the server when the database can take no more writes until a restart.
async fn end_when_lost(auth: Auth, shutdown: Shutdown) {
    auth.database_lost().await;
    tracing::error!("the log of the database could not be synced: the service ends");
    shutdown.notify();
}

async fn note(done: Result<()>, otherwise: &str) {
    if let Err(e) = done {
        tracing::warn!(error = %e, "{otherwise}");
        sleep(AFTER_FAILURE).await;
    }
}
