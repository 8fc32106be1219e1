//! Registration by invitation, and the links in invitation mails.
use crate::{
    config::Registration,
    db::Conn,
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Invitation, NewAccount, Registered, Result,
        admin::ADMIN,
        audit::{Actor, AuditEvent, AuditKind},
        limits::Action,
    },
    secret,
    store::{invitations, roles, users},
    time::Timestamp,
};
use serde_json::Value;
use uuid::Uuid;

impl Auth {
    /// The address that a mailed invitation allows to register; `None` if the invitation is not
    /// valid. It changes nothing.
    pub async fn invited(&self, caller: &Caller, token: &str) -> Result<Option<String>> {
        self.limit(caller, Action::Link)?;
        match self.open_invitation(&mut self.db.read().await?, token).await {
            Ok(invitation) => Ok(Some(invitation.email)),
            Err(Error::LinkNotValid) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The invitation of a mailed token, if it may be used.
    async fn open_invitation(&self, db: &mut Conn, token: &str) -> Result<Invitation> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let now = self.clock.now();
        let invitation = invitations::by_token(db, &hash)
            .await?
            .filter(|i| i.used_at.is_none() && i.expires_at > now)
            .filter(|_| self.runtime_settings().registration != Registration::Closed)
            .ok_or(Error::LinkNotValid)?;
        let inviter = users::by_id(db, invitation.invited_by).await?;
        let may = inviter.is_some_and(|u| {
            u.is_active
                && u.has_role(ADMIN)
                && invitation.roles.0.iter().all(|role| u.has_role(role))
        });
        if may { Ok(invitation) } else { Err(Error::LinkNotValid) }
    }

    /// Registers the user that an invitation is for. If the address is taken, the caller learns it
    /// even where strangers do not, because the link came to its mailbox.
    pub(crate) async fn accept(
        &self,
        caller: &Caller,
        new: NewAccount<'_>,
        token: &str,
    ) -> Result<Registered> {
        self.limit(caller, Action::Link)?;
        let names = (new.email, new.password);
        let fields = self.read_fields(caller, names, new.username, new.first_name).await?;
        let invited = self.open_invitation(&mut self.db.read().await?, token).await?;
        Error::field("email", FieldError::NotInvited)
            .unless(invited.email_key == fields.email.key)?;
        let hash = caller.unless_left(self.hasher.hash(new.password)).await?;

        let mut work = self.begin(caller).await?;
        let now = work.now;
        // The invitation may have changed while the password was hashed.
        let invitation = self.open_invitation(&mut work.tx, token).await?;
        Error::LinkNotValid
            .unless(invitations::consume(&mut work.tx, invitation.id, now).await?)?;
        let mut row = fields.row(&hash, caller.language.tag(), now);
        row.email_confirmed_at = Some(now);
        let Some(users::User { id, .. }) = users::insert(&mut work.tx, &row).await? else {
            return Err(fields.taken(&mut work.tx).await?);
        };
        let detail = format!("invitation {}", invitation.id);
        work.audit(AuditEvent::own(AuditKind::Registered, id).detail(&detail)).await?;
        for role in &invitation.roles.0 {
            roles::grant(&mut work.tx, id, role, now).await?;
            let event = AuditEvent::about(AuditKind::RoleGranted, id).detail(role);
            work.audit(event.by(Actor::User(invitation.invited_by))).await?;
        }
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        work.commit().await?;
        Ok(Registered::Created(user))
    }

    /// Makes and stores the token of an invitation mail with the arguments `args`; `None` if the
    /// invitation was revoked or used.
    pub(crate) async fn invitation_token(
        &self,
        args: &Value,
        expires_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Uuid>> {
        let id = args["invitation"].as_i64().unwrap_or_default();
        let mut db = self.db.write().await?;
        if !invitations::extend(&mut db, id, expires_at, now).await? {
            return Ok(None);
        }
        let token = secret::token()?;
        invitations::add_token(&mut db, id, &secret::hash(token)).await?;
        db.commit().await?;
        Ok(Some(token))
    }
}
