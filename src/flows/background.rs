//! Work that goes on after the answer was given, so that the time of an answer does not tell what there
//! was to do: whether an address is known, say.
use super::Result;
use tokio::sync::watch;

/// So much may be under way at once.
const MOST: usize = 256;

/// What this process still has to do; its clones share it.
#[derive(Clone)]
pub struct BackgroundTasks(watch::Sender<usize>);

impl Default for BackgroundTasks {
    fn default() -> Self {
        Self(watch::Sender::new(0))
    }
}

/// One piece of work, counted until it ends in whatever way.
struct UnderWay(watch::Sender<usize>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.send_modify(|count| *count -= 1);
    }
}

impl BackgroundTasks {
    /// Starts `work`; `false` if too much is under way already. What goes wrong is logged with `otherwise`.
    #[must_use]
    pub fn start(
        &self,
        otherwise: &'static str,
        work: impl Future<Output = Result<()>> + Send + 'static,
    ) -> bool {
        let has_room = self.0.send_if_modified(|count| {
            let has_room = *count < MOST;
            *count += usize::from(has_room);
            has_room
        });
        if has_room {
            let under_way = UnderWay(self.0.clone());
            tokio::spawn(async move {
                let _under_way = under_way;
                if let Err(e) = work.await {
                    tracing::warn!(error = %e, "{otherwise}");
                }
            });
        }
        has_room
    }

    /// Waits until nothing is under way.
    pub async fn settled(&self) {
        // It fails only without a sender, and here is one.
        let _ = self.0.subscribe().wait_for(|count| *count == 0).await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flows::Error;
    use tokio::sync::oneshot;

    #[tokio::test]
    async fn what_is_under_way_is_bounded_and_waited_for() {
        let later = BackgroundTasks::default();
        let mut ends = Vec::new();
        for _ in 0..MOST {
            let (end, ended) = oneshot::channel::<()>();
            ends.push(end);
            assert!(later.start("", async move { ended.await.map_err(Error::internal) }));
        }
        assert!(!later.start("", async { Ok(()) }));
        // Some end well, the others badly.
        ends.drain(..MOST / 2).for_each(|end| end.send(()).unwrap());
        ends.clear();
        later.settled().await;
        assert!(later.start("", async { panic!("it ends all the same") }));
        later.settled().await;
    }
}
