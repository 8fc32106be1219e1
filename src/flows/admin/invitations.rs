//! Invitations: an operator mails a link, which lets the address register once, with roles.
//!
//! The link proves the address. An invitation is worth no more than its sender: if that user is deleted,
//! is disabled or has lost a role by the time it is used, it grants nothing.
use super::Admin;
use crate::{
    config::{Language, Registration},
    db::Tx,
    field_error::FieldError,
    flows::{
        Error, Invitation, Result,
        audit::{AuditEvent, AuditKind},
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

/// How long an invitation is valid after its mail was sent.
const LIFETIME: Duration = Duration::from_hours(24 * 7);

/// A new invitation, as typed.
#[derive(Clone, Copy, Debug)]
pub struct NewInvitation<'a> {
    /// The address that the invitation is mailed to. The invited user must register with it.
    pub email: &'a str,
    /// The roles that the invited user gets. The inviter must have them.
    pub roles: &'a [&'a str],
    /// Language of the mail; `None` for the service's default.
    pub language: Option<&'a str>,
}

impl Admin<'_> {
    /// Mails an invitation, which replaces any other to that address.
    ///
    /// # Errors
    /// [`Error::Forbidden`] at the command line, for a role that the operator does not have, and for an admin
    /// who would replace a superuser's invitation; [`Error::PasswordRequired`] if there are roles and the
    /// password was not given recently; [`Error::RegistrationClosed`]; [`Error::Fields`];
    /// [`Error::EmailTaken`]; [`Error::RateLimited`].
    pub async fn invite(&self, new: NewInvitation<'_>) -> Result<Invitation> {
        let by = self.op.signed_in().ok_or(Error::Forbidden)?;
        Error::RegistrationClosed
            .when(self.auth.runtime_settings().registration == Registration::Closed)?;
        let (email, granted, language) = self.read_invitation(new)?;
        if !granted.0.is_empty() {
            self.require_recent_login()?;
        }
        let mut work = self.begin().await?;
        let now = work.now;
        let operator = self.operator_now(&mut work.tx).await?.ok_or(Error::Forbidden)?;
        Error::Forbidden.unless(granted.0.iter().all(|role| operator.has_role(role)))?;
        Error::EmailTaken.when(users::by_email(&mut work.tx, &email.key).await?.is_some())?;
        for other in invitations::to_address(&mut work.tx, &email.key).await? {
            if other.expires_at > now {
                require_right_to_revoke(&mut work.tx, Some(&operator), &other).await?;
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
        let event = AuditEvent::new(AuditKind::InvitationMailed).in_session(by.session.id);
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

    /// The invitations that can still be used, newest first, at most `limit`; only those with an id below
    /// `before`, if it is given.
    ///
    /// # Errors
    /// If the database cannot be read.
    pub async fn invitations(&self, before: Option<i64>, limit: u32) -> Result<Vec<Invitation>> {
        let (before, limit) = (before.unwrap_or(i64::MAX), i64::from(limit));
        let mut db = self.auth.db.read().await?;
        Ok(invitations::pending(&mut db, before, limit, self.auth.clock.now()).await?)
    }

    /// Revokes an invitation.
    ///
    /// # Errors
    /// [`Error::Forbidden`] for an admin if a superuser sent it; [`Error::NotFound`] if it was used or does
    /// not exist.
    pub async fn revoke_invitation(&self, id: i64) -> Result<()> {
        let mut work = self.begin().await?;
        let operator = self.operator_now(&mut work.tx).await?;
        if let Some(invitation) = invitations::by_id(&mut work.tx, id).await? {
            require_right_to_revoke(&mut work.tx, operator.as_ref(), &invitation).await?;
        }
        Error::NotFound.unless(invitations::revoke(&mut work.tx, id).await?)?;
        let session = self.op.signed_in().map(|by| by.session.id);
        let event = AuditEvent { session, ..AuditEvent::new(AuditKind::InvitationWithdrawn) };
        work.audit(event.detail(&id.to_string())).await?;
        work.commit().await
    }
}

/// Checks that an operator may revoke `invitation`: only superusers and the command line may revoke one from a
/// superuser.
async fn require_right_to_revoke(
    tx: &mut Tx,
    operator: Option<&users::User>,
    invitation: &Invitation,
) -> Result<()> {
    let inviter = users::by_id(tx, invitation.invited_by).await?;
    let is_above = inviter.is_some_and(|u| u.is_superuser);
    Error::Forbidden.when(is_above && operator.is_some_and(|o| !o.is_superuser))
}

/// Enqueues the mail. Unlike for an anonymous caller, exceeding the limit is an error that the inviter sees.
async fn enqueue(work: &mut Work<'_>, invitation: &Invitation, language: Language) -> Result<()> {
    let (kind, recipient) = (Kind::Invitation, invitation.email.as_str());
    Error::RateLimited { retry_after: mail::PER }
        .when(work.is_mail_limit_reached(kind, recipient).await?)?;
    let args = json!({ "name": "", "email": recipient, "invitation": invitation.id });
    work.insert_mail(&NewMail {
        kind,
        user_id: None,
        recipient,
        language: language.tag(),
        args: &args.to_string(),
        credential_version: 0,
    })
    .await
}
