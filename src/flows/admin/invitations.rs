//! Invitations: an admin mails a link, which lets its address register once, with roles.
//!
//! The link proves the address. It is no better than whoever sent it: if that user is gone, disabled or
//! has lost a role by the time it is used, it grants nothing.
use super::Admin;
use crate::{
    config::{Language, Registration},
    db::Tx,
    field_error::FieldError,
    flows::{
        Error, Invitation, Result,
        audit::AuditEvent,
        mail::{self, Kind},
        work::Work,
    },
    identifiers::{self, Email, MOST_ROLES},
    store::{
        invitations,
        outbox::NewMail,
        users::{self, Roles},
    },
};
use serde_json::json;
use std::time::Duration;

/// An invitation expires this long after its mail was sent.
const LIFETIME: Duration = Duration::from_hours(24 * 7);

/// What an invitation is made of, as typed.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'a> {
    pub email: &'a str,
    /// What whoever accepts it will have; the inviter has to have them.
    pub roles: &'a [&'a str],
    /// Of the mail; `None`: the service's own.
    pub language: Option<&'a str>,
}

impl Admin<'_> {
    /// Mails an invitation, in the place of any other to that address.
    ///
    /// # Errors
    /// `Forbidden` to all but admins, for a role that `by` does not have, and to an admin in the place of a
    /// superuser's invitation; `PasswordRequired` if there are roles; `RegistrationClosed`;
    /// `Fields`; `EmailTaken`; `RateLimited`.
    pub async fn invite(&self, new: NewInvitation<'_>) -> Result<Invitation> {
        let by = self.op.signed_in().ok_or(Error::Forbidden)?;
        if self.auth.runtime_settings().registration == Registration::Closed {
            return Err(Error::RegistrationClosed);
        }
        let (email, granted, language) = self.read_invitation(new)?;
        if !granted.0.iter().all(|role| by.user.has_role(role)) {
            return Err(Error::Forbidden);
        }
        if !granted.0.is_empty() {
            self.require_recent_login()?;
        }
        let mut work = self.begin().await?;
        let now = work.now;
        users::lock(&mut work.tx, by.user.id).await?;
        if users::by_email(&mut work.tx, &email.key).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        for other in invitations::to_address(&mut work.tx, &email.key).await? {
            if other.expires_at > now {
                self.demand_reach(&mut work.tx, &other).await?;
            }
        }
        invitations::revoke_from(&mut work.tx, &email.key).await?;
        let row = invitations::NewInvitation {
            email: &email.email,
            email_key: &email.key,
            roles: &granted,
            invited_by: by.user.id,
            created_at: now,
            expires_at: now.plus(LIFETIME),
        };
        let id = invitations::insert(&mut work.tx, &row).await?;
        let invitation = invitations::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        enqueue(&mut work, &invitation, language).await?;
        let detail = format!("{id} {}", granted.0.join(","));
        let event = AuditEvent::new("invitation_mailed").in_session(by.session.id);
        work.audit(event.detail(detail.trim())).await?;
        work.commit().await?;
        Ok(invitation)
    }

    fn read_invitation(&self, new: NewInvitation<'_>) -> Result<(Email, Roles, Language)> {
        let mut wrong = Vec::new();
        let email = Email::parse(new.email).map_err(|e| wrong.push(("email", e))).ok();
        let mut granted = Vec::new();
        for role in new.roles {
            match identifiers::role(role) {
                Ok(role) if !granted.contains(&role) => granted.push(role),
                Ok(_) => {}
                Err(e) => wrong.push(("roles", e)),
            }
        }
        if granted.len() > MOST_ROLES {
            wrong.push(("roles", FieldError::TooManyRoles(MOST_ROLES)));
        }
        let language = new.language.map_or(Some(self.auth.config.language), Language::from_tag);
        if language.is_none() {
            wrong.push(("language", FieldError::NotLanguage));
        }
        match (email, language) {
            (Some(email), Some(language)) if wrong.is_empty() => {
                Ok((email, Roles(granted), language))
            }
            _ => Err(Error::Fields(wrong)),
        }
    }

    /// The invitations that may still be used, the newest first, `limit` at most; of those below the
    /// id `before`, if there is one.
    ///
    /// # Errors
    /// `Forbidden` to all but admins.
    pub async fn invitations(&self, before: Option<i64>, limit: u32) -> Result<Vec<Invitation>> {
        let (before, limit) = (before.unwrap_or(i64::MAX), i64::from(limit));
        let mut db = self.auth.db.read().await?;
        Ok(invitations::pending(&mut db, before, limit, self.auth.clock.now()).await?)
    }

    /// # Errors
    /// `Forbidden` to all but admins, and to an admin if a superuser invited; `NotFound` if it was used, or
    /// never was.
    pub async fn revoke_invitation(&self, id: i64) -> Result<()> {
        let mut work = self.begin().await?;
        if let Some(invitation) = invitations::by_id(&mut work.tx, id).await? {
            self.demand_reach(&mut work.tx, &invitation).await?;
        }
        if !invitations::revoke(&mut work.tx, id).await? {
            return Err(Error::NotFound);
        }
        let session = self.op.signed_in().map(|by| by.session.id);
        let event = AuditEvent { session, ..AuditEvent::new("invitation_withdrawn") };
        work.audit(event.detail(&id.to_string())).await?;
        work.commit().await
    }

    /// Demands that the operator may take `invitation` away: a superuser's is for superusers.
    async fn demand_reach(&self, tx: &mut Tx, invitation: &Invitation) -> Result<()> {
        let inviter = users::by_id(tx, invitation.invited_by).await?;
        let above = inviter.is_some_and(|u| u.is_superuser) && !self.op.is_superuser();
        if above { Err(Error::Forbidden) } else { Ok(()) }
    }
}

/// Puts the mail into the outbox. Unlike strangers, whoever invites is told that there were too many.
async fn enqueue(work: &mut Work<'_>, invitation: &Invitation, language: Language) -> Result<()> {
    let (kind, recipient) = (Kind::Invitation, invitation.email.as_str());
    if work.is_mail_limit_reached(kind, recipient).await? {
        return Err(Error::RateLimited { retry_after: mail::PER });
    }
    let args = json!({ "name": "", "email": recipient, "invitation": invitation.id });
    work.insert_mail(&NewMail {
        kind: kind.name(),
        user_id: None,
        recipient,
        language: language.tag(),
        args: &args.to_string(),
        credentials: 0,
    })
    .await
}
