//! Accepts connections, as long as there are places and file descriptors.
use super::{
    Shared, connection,
    listeners::{Accepted, LOCAL, Listener},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::sleep;

/// How long to wait after the first failure, and at most.
const MIN_BACKOFF: Duration = Duration::from_millis(10);
const MAX_BACKOFF: Duration = Duration::from_secs(1);

/// Accepts connections until the service stops.
pub async fn accept(shared: Arc<Shared>, listener: Listener) {
    let mut backoff = MIN_BACKOFF;
    loop {
        let connection = async {
            // Before a connection is accepted: others wait in the queue of the system.
            let permit = Arc::clone(&shared.connection_permits).acquire_owned().await.ok()?;
            Some((permit, listener.accept().await))
        };
        let Some(Some((permit, accepted))) = shared.stop.run_until_cancelled(connection).await
        else {
            return;
        };
        match accepted {
            Ok(accepted) => {
                if backoff > MIN_BACKOFF {
                    tracing::info!("connections are accepted again");
                    backoff = MIN_BACKOFF;
                }
                let (state, purpose) = (Arc::clone(&shared), listener.purpose);
                let abort = shared.abort.clone();
                shared.tasks.spawn(async move {
                    let serve = async {
                        match accepted {
                            Accepted::Tcp(stream, from) => {
                                connection::serve(state, stream, from, purpose, permit).await;
                            }
                            #[cfg(unix)]
                            Accepted::Unix(stream) => {
                                connection::serve(state, stream, LOCAL, purpose, permit).await;
                            }
                        }
                    };
                    abort.run_until_cancelled(serve).await;
                });
            }
            Err(e) if is_of_client(&e) => {}
            Err(e) => {
                drop(permit);
                if backoff == MIN_BACKOFF {
                    tracing::warn!(error = %e, "no connection can be accepted");
                }
                shared.stop.run_until_cancelled(sleep(backoff)).await;
                backoff = (backoff * 2).min(MAX_BACKOFF);
            }
        }
    }
}

/// Whether only the one connection failed, as when the client left before it was accepted.
fn is_of_client(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&e.kind())
}
