//! Invitations: an admin mails a link, which lets its address register once, with roles.
//!
//! The link proves the address. It is no better than whoever sent it: if that user is gone, disabled or
//! has lost a role by the time it is used, it grants nothing.
use crate::{
    config::{Language, Registration},
    db::{Channel, Conn},
    field_error::FieldError,
    flows::{
        Auth, Caller, Error, Invitation, NewAccount, Registered, Result, SignedIn,
        audit::{Actor, AuditEvent, AuditKind, record},
        mail::{self, Kind},
    },
    identifiers::{self, Email, MOST_ROLES},
    secret,
    store::{
        invitations,
        outbox::{self, NewMail},
        roles,
        users::{self, Roles},
    },
    time::Timestamp,
};
use serde_json::{Value, json};
use std::time::Duration;
use uuid::Uuid;

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

impl Auth {
    /// Mails an invitation, in the place of any other to that address.
    ///
    /// # Errors
    /// `Forbidden` to all but admins, for a role that `by` does not have, and to an admin in the place of a
    /// superuser's invitation; `PasswordRequired` if there are roles; `RegistrationClosed`;
    /// `Fields`; `EmailTaken`; `RateLimited`.
    pub async fn invite(
        &self,
        caller: &Caller,
        by: &SignedIn,
        new: NewInvitation<'_>,
    ) -> Result<Invitation> {
        demand_admin(by)?;
        if self.runtime_settings().registration == Registration::Closed {
            return Err(Error::RegistrationClosed);
        }
        let (email, granted, language) = self.read_invitation(new)?;
        if !granted.0.iter().all(|role| by.user.has_role(role)) {
            return Err(Error::Forbidden);
        }
        if !granted.0.is_empty() {
            self.demand_proof_of(by)?;
        }
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        users::lock(&mut db, by.user.id).await?;
        if users::by_email(&mut db, &email.key).await?.is_some() {
            return Err(Error::EmailTaken);
        }
        for other in invitations::to_address(&mut db, &email.key).await? {
            if other.expires_at > now {
                demand_reach(&mut db, by, &other).await?;
            }
        }
        invitations::revoke_from(&mut db, &email.key).await?;
        let row = invitations::NewInvitation {
            email: &email.email,
            email_key: &email.key,
            roles: &granted,
            invited_by: by.user.id,
            created_at: now,
            expires_at: now.plus(LIFETIME),
        };
        let id = invitations::insert(&mut db, &row).await?;
        let invitation = invitations::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        put(&mut db, &invitation, language, now).await?;
        let detail = format!("{id} {}", granted.0.join(","));
        let act = AuditEvent {
            detail: detail.trim(),
            ..AuditEvent::of_admin(AuditKind::InvitationMailed, by)
        };
        record(&mut db, caller, act, now).await?;
        db.commit().await?;
        self.post.notify_one();
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
        let language = new.language.map_or(Some(self.config.language), Language::from_tag);
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
    pub async fn invitations(
        &self,
        by: &SignedIn,
        before: Option<i64>,
        limit: u32,
    ) -> Result<Vec<Invitation>> {
        demand_admin(by)?;
        let (before, limit) = (before.unwrap_or(i64::MAX), i64::from(limit));
        let mut db = self.db.read().await?;
        Ok(invitations::pending(&mut db, before, limit, self.clock.now()).await?)
    }

    /// # Errors
    /// `Forbidden` to all but admins, and to an admin if a superuser invited; `NotFound` if it was used, or
    /// never was.
    pub async fn revoke_invitation(&self, caller: &Caller, by: &SignedIn, id: i64) -> Result<()> {
        demand_admin(by)?;
        let mut db = self.db.write().await?;
        if let Some(invitation) = invitations::by_id(&mut db, id).await? {
            demand_reach(&mut db, by, &invitation).await?;
        }
        if !invitations::revoke(&mut db, id).await? {
            return Err(Error::NotFound);
        }
        let detail = id.to_string();
        let act = AuditEvent {
            detail: &detail,
            ..AuditEvent::of_admin(AuditKind::InvitationWithdrawn, by)
        };
        record(&mut db, caller, act, self.clock.now()).await?;
        Ok(db.commit().await?)
    }

    /// The address that a mailed invitation lets register; `None` if it does not any more. Changes
    /// nothing.
    pub async fn invited(&self, token: &str) -> Result<Option<String>> {
        let mut db = self.db.read().await?;
        match self.open_invitation(&mut db, token).await {
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
                && u.has_role("ADMIN")
                && invitation.roles.0.iter().all(|role| u.has_role(role))
        });
        if may { Ok(invitation) } else { Err(Error::LinkNotValid) }
    }

    /// Registers whom an invitation is for. Its address is told to be taken even where strangers are
    /// not told: the link came to its mailbox.
    pub(crate) async fn accept(
        &self,
        caller: &Caller,
        new: NewAccount<'_>,
        token: &str,
    ) -> Result<Registered> {
        let names = (new.email, new.password);
        let fields = self.read_fields(names, new.username, new.first_name).await?;
        let mut db = self.db.read().await?;
        if self.open_invitation(&mut db, token).await?.email_key != fields.email.key {
            return Err(Error::field("email", FieldError::NotInvited));
        }
        drop(db);
        let hash = self.hasher.hash(new.password).await?;

        let now = self.clock.now();
        let mut db = self.db.write().await?;
        // What it is worth may have changed while the password was hashed.
        let invitation = self.open_invitation(&mut db, token).await?;
        if !invitations::consume(&mut db, invitation.id, now).await? {
            return Err(Error::LinkNotValid);
        }
        let mut row = fields.row(&hash, caller.language.tag(), now);
        row.email_confirmed_at = Some(now);
        let Some(id) = users::insert(&mut db, &row).await? else {
            return Err(fields.taken(&mut db).await?);
        };
        let detail = format!("invitation {}", invitation.id);
        record(
            &mut db,
            caller,
            AuditEvent { detail: &detail, ..AuditEvent::own(AuditKind::Registered, id) },
            now,
        )
        .await?;
        for role in &invitation.roles.0 {
            roles::grant(&mut db, id, role, now).await?;
            let actor = Actor::User(invitation.invited_by);
            let target = Some(id);
            let act = AuditEvent {
                kind: AuditKind::RoleGranted,
                actor,
                target,
                session: None,
                detail: role,
            };
            record(&mut db, caller, act, now).await?;
        }
        let user = users::by_id(&mut db, id).await?.ok_or(Error::NotFound)?;
        db.commit().await?;
        Ok(Registered::Created(user))
    }

    /// Makes and stores the token of a mail with the arguments `args`; `None` if the invitation was
    /// withdrawn or used.
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

/// Puts the mail into the outbox. Unlike strangers, whoever invites is told that there were too many.
async fn put(
    db: &mut Conn,
    invitation: &Invitation,
    language: Language,
    now: Timestamp,
) -> Result<()> {
    let (kind, recipient) = (Kind::Invitation, invitation.email.as_str());
    if mail::has_enough(db, kind, recipient, now).await? {
        return Err(Error::RateLimited { retry_after: mail::PER });
    }
    let args = json!({ "name": "", "email": recipient, "invitation": invitation.id });
    let mail = NewMail {
        kind,
        user_id: None,
        recipient,
        language: language.tag(),
        args: &args.to_string(),
        credential_version: 0,
    };
    outbox::insert(db, &mail, now).await?;
    Ok(db.notify(Channel::Outbox).await?)
}

/// Demands that `by` may take `invitation` away: a superuser's is for superusers.
async fn demand_reach(db: &mut Conn, by: &SignedIn, invitation: &Invitation) -> Result<()> {
    let inviter = users::by_id(db, invitation.invited_by).await?;
    let above = inviter.is_some_and(|u| u.is_superuser) && !by.user.is_superuser;
    if above { Err(Error::Forbidden) } else { Ok(()) }
}

fn demand_admin(by: &SignedIn) -> Result<()> {
    by.demand_self()?;
    if by.user.has_role("ADMIN") { Ok(()) } else { Err(Error::Forbidden) }
}
