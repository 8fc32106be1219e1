//! "This was not me": the link in the mail about a login from a new device. It works once, within three days,
//! also after the password was changed: whoever logged in may have done that next.
use crate::{
    flows::{Auth, Caller, Error, Result, audit::AuditKind, limits::Action, mail::Kind},
    secret,
    store::{mail_tokens, users},
};
use uuid::Uuid;

impl Auth {
    /// Ends every session of the account and removes the password, because whoever logged in may know it.
    /// Returns a token that sets another one.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::RateLimited`].
    pub async fn report_login(&self, caller: &Caller, token: &str) -> Result<Uuid> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let (_, user) = work.consume_link(&hash, Kind::NewDevice).await?;
        users::remove_password(&mut work.tx, user.id).await?;
        mail_tokens::revoke(&mut work.tx, user.id, Kind::NewDevice).await?;
        work.hand_back(user.id, AuditKind::LoginReported).await
    }
}
