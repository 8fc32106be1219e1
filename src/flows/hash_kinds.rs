//! Which kinds of password hashes are stored. A wrong password takes as long as the slowest of
//! them, for every name, known or not.
use super::{Auth, Result, UserId};
use crate::{
    password::{self, Kind},
    store::hash_kinds,
};
use std::collections::BTreeSet;

const BATCH: i64 = 1_000;

impl Auth {
    /// Reads which kinds of hashes are noted in the database. Another process may have imported new
    /// ones.
    pub async fn learn_hash_kinds(&self) -> Result<()> {
        let noted = hash_kinds::all(&mut self.db.read().await?).await?;
        self.hasher.expect(noted.iter().filter_map(|kind| kind.parse().ok()));
        Ok(())
    }

    /// Reads all hashes to find out which kinds are stored, unless only our own kind is noted. No
    /// note means that nobody has looked yet, and the last hash of another kind may have gone since
    /// it was noted.
    pub async fn survey_hashes(&self) -> Result<()> {
        let ours = password::our_kind(&self.config.password).to_string();
        let noted = hash_kinds::all(&mut self.db.read().await?).await?;
        if noted == [ours.as_str()] {
            return self.learn_hash_kinds().await;
        }
        let start = self.clock.now();
        let mut found = BTreeSet::from([ours]);
        let mut after = UserId(i64::MIN);
        loop {
            let rows = hash_kinds::hashes(&mut self.db.read().await?, after, BATCH).await?;
            let Some((last, _)) = rows.last() else { break };
            after = *last;
            let stored = rows.iter().filter_map(|(_, hash)| hash.as_deref());
            found.extend(
                stored.filter_map(|hash| self.hash_kind(hash)).map(|kind| kind.to_string()),
            );
        }
        let mut db = self.db.write().await?;
        for kind in &found {
            hash_kinds::note(&mut db, kind, start).await?;
        }
        for kind in noted.iter().filter(|kind| !found.contains(*kind)) {
            // Keeps a kind that an import has noted since `start`.
            hash_kinds::forget(&mut db, kind, start).await?;
        }
        db.commit().await?;
        self.learn_hash_kinds().await
    }

    pub(crate) fn hash_kind(&self, stored: &str) -> Option<Kind> {
        password::kind(stored, &self.config.password)
    }
}
