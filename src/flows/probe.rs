//! While the database is away, it is asked whether it is back.
use super::{Auth, Result, auth::SUCCESSOR};
use crate::store::secrets;

impl Auth {
    /// While nothing can be committed, tries whether something can, so that the end of an outage is seen
    /// when it comes and not with the next request.
    pub async fn probe(&self) -> Result<()> {
        if !self.db.outages().is_open() {
            return Ok(());
        }
        let mut db = self.db.write().await?;
        secrets::rewrite(&mut db, SUCCESSOR).await?;
        Ok(db.commit().await?)
    }
}
