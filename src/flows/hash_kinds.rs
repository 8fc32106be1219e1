//! Which kinds of password hashes are stored: a wrong password costs as much as they do, for every name.
use super::{Auth, Result, UserId};
use crate::{
    password::{self, Kind},
    store::hash_kinds,
};
use std::collections::BTreeSet;

const BATCH: i64 = 1_000;

impl Auth {
    /// Learns which kinds are stored, after an import by another process, too.
    pub async fn learn_hash_kinds(&self) -> Result<()> {
        let noted = hash_kinds::all(&mut self.db.read().await?).await?;
        self.hasher.expect(noted.iter().filter_map(|kind| kind.parse().ok()));
        Ok(())
    }

    /// Finds out which kinds are stored, if that is not known for certain: where it was never looked at, and as
    /// long as there are others than ours, the last of which may have gone.
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
            // Unless an import has noted it since.
            hash_kinds::forget(&mut db, kind, start).await?;
        }
        db.commit().await?;
        self.learn_hash_kinds().await
    }

    pub(crate) fn hash_kind(&self, stored: &str) -> Option<Kind> {
        password::kind(stored, &self.config.password)
    }
}
