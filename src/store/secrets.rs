//! Table `auth_secrets`: random secrets of the service, by purpose.
use super::{Conn, Result};

/// The secret for `purpose`, which becomes `fresh` if there is none yet.
pub async fn get_or_insert(db: &mut Conn, purpose: &str, fresh: &[u8]) -> Result<Vec<u8>> {
    db.execute(
        "INSERT INTO auth_secrets (purpose, secret) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        (purpose, fresh),
    )
    .await?;
    let (secret,): (Vec<u8>,) =
        db.fetch_one("SELECT secret FROM auth_secrets WHERE purpose = $1", [purpose]).await?;
    Ok(secret)
}

/// Writes the row of `purpose` as it is: a commit that shows whether anything can be committed.
pub async fn rewrite(db: &mut Conn, purpose: &str) -> Result<()> {
    db.execute("UPDATE auth_secrets SET secret = secret WHERE purpose = $1", [purpose]).await?;
    Ok(())
}
