//! The strength of a password while it is typed. Anyone may ask, without logging in, so it must cost little:
//! one password is judged at a time, outside the threads that logins wait for, and other callers get no
//! answer meanwhile.
use super::{Policy, Strength};
use crate::password::{Error, Result};
use std::sync::Arc;
use tokio::task::spawn_blocking;

/// The longest password that gets an answer, in characters. Longer ones may be set.
const MAX_RATED_LENGTH: usize = 64;

impl Policy {
    /// How hard a password is to guess; `None` while another one is judged, and for a very long one.
    ///
    /// # Errors
    /// [`Error::Internal`] if the task panicked.
    pub async fn feedback(
        self: &Arc<Self>,
        password: String,
        own: Vec<String>,
    ) -> Result<Option<Strength>> {
        if password.chars().nth(MAX_RATED_LENGTH).is_some() {
            return Ok(None);
        }
        let Ok(place) = Arc::clone(&self.feedback_gate).try_lock_owned() else {
            return Ok(None);
        };
        let policy = Arc::clone(self);
        let task = spawn_blocking(move || {
            let strength = policy.strength(&password, &own);
            // Released only now, whether the caller still waits or not.
            drop(place);
            strength
        });
        task.await.map(Some).map_err(Error::internal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    #[tokio::test]
    async fn one_password_is_rated_at_a_time() {
        let policy = Arc::new(Policy::new(&Config::default()).unwrap());
        let ask = || policy.feedback("three unlikely words, comma".to_owned(), Vec::new());
        assert_eq!(ask().await.unwrap(), Some(Strength::Strong));
        let place = Arc::clone(&policy.feedback_gate).try_lock_owned().unwrap();
        assert_eq!(ask().await.unwrap(), None);
        drop(place);
        assert_eq!(ask().await.unwrap(), Some(Strength::Strong));
        let of = |length: usize| policy.feedback("xq7 ".repeat(length / 4), Vec::new());
        assert!(of(64).await.unwrap().is_some());
        assert_eq!(of(68).await.unwrap(), None);
    }
}
