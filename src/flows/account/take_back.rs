//! Taking an account back from somebody else, by a mailed link that works once. They may know the password, so
//! it is removed, every session ends, and the next step sets another password.
use crate::{
    flows::{
        Error, Result, User, UserId,
        audit::{AuditEvent, AuditKind},
        mail::{Kind, message::RESET},
        work::Work,
    },
    secret::{self, Digest},
    store::{
        mail_tokens::{self, MailToken},
        users,
    },
};
use uuid::Uuid;

impl Work<'_> {
    /// Locks the user of a link of this kind, and consumes the link.
    pub(super) async fn consume_link(
        &mut self,
        hash: &Digest,
        kind: Kind,
    ) -> Result<(MailToken, User)> {
        let (_, user) = self.auth.open_link(&mut self.tx, hash, &[kind]).await?;
        users::lock(&mut self.tx, user.id).await?;
        // Link and user may have changed until the user was locked.
        let found = self.auth.open_link(&mut self.tx, hash, &[kind]).await?;
        Error::LinkNotValid.unless(mail_tokens::consume(&mut self.tx, hash, self.now).await?)?;
        Ok(found)
    }

    /// Ends every session of a user whose password was removed, forgets their devices, and commits. Returns a
    /// token that sets another password.
    pub(super) async fn hand_back(mut self, user: UserId, event: AuditKind) -> Result<Uuid> {
        users::forget_devices(&mut self.tx, user).await?;
        self.end_sessions(user, None).await?;
        self.audit(AuditEvent::about(event, user)).await?;
        let user = users::by_id(&mut self.tx, user).await?.ok_or(Error::LinkNotValid)?;
        let token = secret::token()?;
        let row = MailToken {
            hash: secret::hash(token),
            kind: Kind::ResetPassword.into(),
            user_id: user.id,
            email: user.email,
            credential_version: user.credential_version,
            created_at: self.now,
            expires_at: self.now.plus(RESET),
            used_at: None,
            code_hash: None,
            ticket: None,
        };
        mail_tokens::insert(&mut self.tx, &row).await?;
        self.commit().await?;
        Ok(token)
    }
}
