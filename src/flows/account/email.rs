//! A change of the email address, which a link mailed to the new address completes.
use crate::{
    flows::{
        Auth, Caller, Error, Result, SignedIn,
        audit::{AuditEvent, AuditKind},
        limits::Action,
        mail::Kind,
    },
    identifiers::Email,
    store::{mail_tokens, outbox, users},
};
use serde_json::json;

impl Auth {
    /// Mails a link to the new address, which completes the change, and a notice to the old one. If
    /// the new address belongs to another user, only its mailbox learns that.
    ///
    /// # Errors
    /// [`Error::Fields`] if the password is wrong, or `email` is not an address.
    pub async fn change_email(
        &self,
        caller: &Caller,
        by: &SignedIn,
        email: &str,
        password: &str,
    ) -> Result<()> {
        self.limit(caller, Action::Mail)?;
        let user = &by.user;
        let new = Email::parse(email).map_err(|e| Error::field("email", e))?;
        self.reauthenticate(caller, by, "password", password).await?;
        let mut work = self.begin_by(caller, by).await?;
        users::lock(&mut work.tx, user.id).await?;
        // Mails are cancelled before links: a mail that is being sent may store its link until
        // then.
        outbox::cancel(&mut work.tx, user.id, Kind::ChangeEmail).await?;
        mail_tokens::revoke(&mut work.tx, user.id, Kind::ChangeEmail).await?;
        match users::by_email(&mut work.tx, &new.key).await? {
            Some(owner) if owner.id != user.id && !owner.is_unclaimed() => {
                work.mail(Kind::AccountExists, &owner).await?;
            }
            _ => {
                work.mail_to(Kind::ChangeEmail, user, &new.email, &json!({})).await?;
            }
        }
        let args = json!({ "new_email": new.email });
        work.mail_to(Kind::EmailChanged, user, &user.email, &args).await?;
        work.audit(AuditEvent::new(AuditKind::EmailChangeAsked)).await?;
        work.commit().await
    }
}
