//! Accepts connections, as long as there are places and file descriptors.
use super::{
    Shared, connection,
    listeners::{Accepted, LOCAL, Listener},
};
use std::{io, sync::Arc, time::Duration};
use tokio::time::sleep;

/// How long to wait after the first failure, and at most.
const PAUSE: Duration = Duration::from_millis(10);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Accepts connections until the service stops.
pub async fn accept(shared: Arc<Shared>, listener: Listener) {
    let mut pause = PAUSE;
    loop {
        let connection = async {
            // Before a connection is accepted: others wait in the queue of the system.
            let place = Arc::clone(&shared.places).acquire_owned().await;
            (place, listener.accept().await)
        };
        let Some((place, accepted)) = shared.stop.run_until_cancelled(connection).await else {
            return;
        };
        match accepted {
            Ok(accepted) => {
                if pause > PAUSE {
                    tracing::info!("connections are accepted again");
                    pause = PAUSE;
                }
                let (state, purpose) = (Arc::clone(&shared), listener.purpose);
                let cut = shared.cut.clone();
                shared.tasks.spawn(async move {
                    let serve = async {
                        match accepted {
                            Accepted::Tcp(stream, from) => {
                                connection::serve(state, stream, from, purpose).await;
                            }
                            #[cfg(unix)]
                            Accepted::Unix(stream) => {
                                connection::serve(state, stream, LOCAL, purpose).await;
                            }
                        }
                    };
                    cut.run_until_cancelled(serve).await;
                    drop(place);
                });
            }
            Err(e) if is_of_client(&e) => {}
            Err(e) => {
                drop(place);
                if pause == PAUSE {
                    tracing::warn!(error = %e, "no connection can be accepted");
                }
                shared.stop.run_until_cancelled(sleep(pause)).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }
}

/// Whether only the one connection failed, as when the client left before it was accepted.
fn is_of_client(e: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    [ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted].contains(&e.kind())
}
