//! Tasks that continue after the response, so that the response time does not reveal what there was
//! to do, for example whether an address is known.
use super::Result;
use std::time::Duration;
use tokio::{sync::watch, time::sleep};

/// How many tasks may run at once.
const MAX_TASKS: usize = 256;
/// How long a task waits before it starts, so that it does not compete with its own response for a
/// processor or a connection.
const DELAY: Duration = Duration::from_millis(25);

/// The background tasks of this process. Clones share them.
#[derive(Clone, Default)]
pub struct BackgroundTasks(watch::Sender<usize>);

/// A running task. It counts until it ends, even if it fails or panics.
struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl BackgroundTasks {
    /// Starts `work`. Returns `false`, and does not start it, if too many tasks are running. If it
    /// fails, its error is logged with `failure_message`.
    #[must_use]
    pub fn start(
        &self,
        failure_message: &'static str,
        work: impl Future<Output = Result<()>> + Send + 'static,
    ) -> bool {
        let has_room = self.0.send_if_modified(|count| {
            let has_room = *count < MAX_TASKS;
            *count += usize::from(has_room);
            has_room
        });
        if has_room {
            let under_way = UnderWay(self.0.clone());
            tokio::spawn(async move {
                let _under_way = under_way;
                sleep(DELAY).await;
                if let Err(e) = work.await {
                    tracing::warn!(error = %e, "{failure_message}");
                }
            });
        }
        has_room
    }

    /// Waits until no task is running.
    pub async fn settled(&self) {
        // `wait_for` fails only if all senders are dropped, and `self.0` is one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::Error;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn background_tasks_are_limited_and_awaited() {
        let later = BackgroundTasks::default();
        let mut ends = Vec::new();
        for _ in 0..MAX_TASKS {
            let (end, ended) = oneshot::channel::<()>();
            ends.push(end);
            assert!(later.start("", async move { ended.await.map_err(Error::internal) }));
        }
        assert!(!later.start("", async { Ok(()) }));
        // Half of the tasks succeed, the others fail.
        ends.drain(..MAX_TASKS / 2).for_each(|end| end.send(()).unwrap());
        ends.clear();
        later.settled().await;
        assert!(later.start("", async { panic!("it ends all the same") }));
        later.settled().await;
    }
}
