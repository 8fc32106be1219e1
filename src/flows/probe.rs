//! Probes whether the database is available again.
use super::{Auth, Result, auth::SUCCESSOR};
use crate::store::secrets;

impl Auth {
    /// During an outage, tries to commit a transaction, so that the end of the outage is noticed
    /// when it comes and not at the next request. Otherwise it does nothing.
    pub async fn probe(&self) -> Result<()> {
        if !self.db.outages().is_open() {
            return Ok(());
        }
        let mut db = self.db.write().await?;
        secrets::rewrite(&mut db, SUCCESSOR).await?;
        Ok(db.commit().await?)
    }
}
