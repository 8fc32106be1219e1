//! "This was not me": the link in the mails about a login from a new device and about changes of second factors.
//! It works once, within three days, also after the password was changed: whoever logged in may have done that
//! next.
use super::{links::REPORTING, restore_email::reset_link};
use crate::{
    flows::{
        Auth, Caller, Error, LinkState, Result,
        audit::{AuditEvent, AuditKind},
        limits::Action,
    },
    secret,
    store::{mail_tokens, users},
};
use uuid::Uuid;

impl Auth {
    /// The state of a link that says "this was not me", and the address of the account. It changes nothing.
    pub async fn reported_login(
        &self,
        caller: &Caller,
        token: &str,
    ) -> Result<(LinkState, String)> {
        self.limit(caller, Action::Link)?;
        let found = self.inspect_link(&mut self.db.read().await?, token, &REPORTING).await?;
        Ok(found
            .map_or((LinkState::Expired, String::new()), |(link, state, _)| (state, link.email)))
    }

    /// Ends every session of the account, and removes the password, because whoever it was may know it, and the
    /// second factors that were set up since then. Returns a token that sets another password.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::RateLimited`].
    pub async fn report_login(&self, caller: &Caller, token: &str) -> Result<Uuid> {
        self.limit(caller, Action::Link)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut work = self.begin(caller).await?;
        let now = work.now;
        let (_, user) = self.open_link(&mut work.tx, &hash, &REPORTING).await?;
        users::lock(&mut work.tx, user.id).await?;
        // It may have been used before the user was locked.
        let (link, _) = self.open_link(&mut work.tx, &hash, &REPORTING).await?;
        Error::LinkNotValid.unless(mail_tokens::consume(&mut work.tx, &hash, now).await?)?;
        users::remove_password(&mut work.tx, user.id).await?;
        for kind in REPORTING {
            mail_tokens::revoke(&mut work.tx, user.id, kind).await?;
        }
        work.end_sessions(user.id, None).await?;
        let event = AuditEvent::about(AuditKind::LoginReported, user.id);
        work.audit(event.detail(link.kind.as_str())).await?;
        let user = users::by_id(&mut work.tx, user.id).await?.ok_or(Error::LinkNotValid)?;
        work.remove_factors_since(&user, link.created_at).await?;
        let reset = reset_link(&mut work.tx, &user, now).await?;
        work.commit().await?;
        Ok(reset)
    }
}
