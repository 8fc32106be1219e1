//! Stops the service when a signal arrives.
use crate::flows::Auth;
use rocket::Shutdown;
use std::{io, process, sync::Arc, time::Duration};
use tokio::{sync::Notify, time::sleep};

/// What a signal asks for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum StopKind {
    /// SIGTERM: from a process manager. A load balancer may need time to notice the shutdown.
    Drain,
    /// SIGINT: from a person at a terminal, who waits for the end.
    Stop,
}

/// Receives the signals. On Unix, they no longer end the process by themselves once this exists.
pub struct Signals {
    #[cfg(unix)]
    terminate: tokio::signal::unix::Signal,
    #[cfg(unix)]
    interrupt: tokio::signal::unix::Signal,
    #[cfg(unix)]
    hangup: tokio::signal::unix::Signal,
    /// Notified by SIGHUP.
    reload: Arc<Notify>,
}

impl Signals {
    /// Starts to receive the signals. SIGHUP notifies `reload`.
    pub fn new(reload: Arc<Notify>) -> io::Result<Self> {
        #[cfg(unix)]
        {
            use tokio::signal::unix::{SignalKind, signal};
            let terminate = signal(SignalKind::terminate())?;
            let (interrupt, hangup) = (SignalKind::interrupt(), SignalKind::hangup());
            Ok(Self { terminate, interrupt: signal(interrupt)?, hangup: signal(hangup)?, reload })
        }
        #[cfg(not(unix))]
        Ok(Self { reload })
    }

    #[cfg(unix)]
    async fn next(&mut self) -> StopKind {
        loop {
            tokio::select! {
                Some(()) = self.terminate.recv() => return StopKind::Drain,
                Some(()) = self.interrupt.recv() => return StopKind::Stop,
                Some(()) = self.hangup.recv() => self.reload.notify_one(),
                else => std::future::pending().await,
            }
        }
    }

    #[cfg(not(unix))]
    async fn next(&mut self) -> StopKind {
        match tokio::signal::ctrl_c().await {
            Ok(()) => StopKind::Stop,
            Err(_) => std::future::pending().await,
        }
    }

    /// Waits for a signal, then stops the server. After SIGTERM, `/health/ready` reports failure for
    /// `shutdown.drain` before the server stops accepting connections. A second signal ends the process.
    pub async fn obey(mut self, auth: Option<Auth>, shutdown: Shutdown) {
        let drain = match (self.next().await, &auth) {
            (StopKind::Drain, Some(auth)) => auth.config().shutdown.drain,
            _ => Duration::ZERO,
        };
        if let Some(auth) = auth {
            auth.drain();
        }
        tracing::info!(drain_seconds = drain.as_secs_f64(), "the service stops");
        tokio::select! {
            () = sleep(drain) => {}
            _ = self.next() => end(),
        }
        shutdown.notify();
        self.next().await;
        end();
    }
}

/// Ends the process without waiting for work in progress.
fn end() -> ! {
    tracing::warn!("a second signal arrived: requests in progress are cut off");
    process::exit(1)
}
