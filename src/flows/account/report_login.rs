//! "This was not me": the link in the mails about a login from a new device and about changes of second factors.
//! It works once, within three days, also after the password was changed: whoever logged in may have done that
//! next.
use super::links::REPORTING;
use crate::{
    flows::{Auth, Caller, Error, Result, audit::AuditKind, limits::Action},
    secret,
    store::{mail_tokens, users},
};
use uuid::Uuid;

impl Auth {
    /// Ends every session of the account and removes the password, because whoever it was may know it, and the
    /// second factors that were set up since then. Returns a token that sets another password.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::RateLimited`].
    pub async fn report_login(&self, caller: &Caller, token: &str) -> Result<Uuid> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let (link, user) = work.consume_link(&hash, &REPORTING).await?;
        users::remove_password(&mut work.tx, user.id).await?;
        for kind in REPORTING {
            mail_tokens::revoke(&mut work.tx, user.id, kind).await?;
        }
        work.hand_back(&link, AuditKind::LoginReported).await
    }
}
