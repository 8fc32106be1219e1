//! Mailed links that prove an address: the one a user registered with, or another one.
use super::{
    Auth, Caller, Error, Result, SignedIn, SignedUp, User, UserId,
    address::Address,
    post::{self, Kind},
    record::{Act, record},
    secret,
};
use crate::{
    store::{
        Conn, Digest,
        mail_tokens::{self, MailToken},
        outbox, users,
    },
    time::Timestamp,
};

/// What a mailed link is still good for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkState {
    Usable,
    /// It has done its work.
    Done,
    /// It is too old, was withdrawn, or never was.
    Expired,
}

impl Auth {
    /// Proves the address that a mailed token was sent to. `by` is who confirms, if signed in: of the
    /// sessions opened while the address was unproven, only that one outlives the confirmation, and no
    /// change of address that was asked for, since whoever registered need not be whose address it is.
    ///
    /// # Errors
    /// `LinkNotValid`.
    pub async fn confirm_email(
        &self,
        caller: &Caller,
        token: &str,
        by: Option<&SignedIn>,
    ) -> Result<User> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let kinds = [Kind::ConfirmEmail, Kind::ChangeEmail];
        let (link, user) = self.open_link(&mut db, &hash, &kinds).await?;
        users::hold(&mut db, user.id).await?;
        if !mail_tokens::spend(&mut db, &hash, now).await? {
            return Err(Error::LinkNotValid);
        }
        let act = if link.kind == Kind::ChangeEmail.name() {
            change(&mut db, &link, &user, now).await?;
            "email_changed"
        } else {
            users::confirm_email(&mut db, user.id, now).await?;
            "email_confirmed"
        };
        let mut revoked = Vec::new();
        if user.email_confirmed_at.is_none() {
            let keep = by.filter(|by| by.user.id == user.id).map(|by| by.session.id);
            revoked = self.end_sessions(&mut db, user.id, keep, now).await?;
            outbox::withdraw(&mut db, user.id, Kind::ChangeEmail.name()).await?;
            for kind in [Kind::ConfirmEmail, Kind::ChangeEmail] {
                mail_tokens::withdraw(&mut db, user.id, kind.name()).await?;
            }
        }
        let act = Act { kind: act, target: Some(user.id), ..Act::default() };
        record(&mut db, caller, act, now).await?;
        let user = users::by_id(&mut db, user.id).await?.ok_or(Error::LinkNotValid)?;
        if users::password_hash(&mut db, user.id).await?.is_none() {
            // Several had registered the address: its owner is who reads this.
            post::to_user(&mut db, Kind::ResetPassword, &user, now).await?;
        }
        self.commit(db, &revoked).await?;
        self.post.notify_one();
        Ok(user)
    }

    /// Mails the link again, unless the address is confirmed.
    pub async fn resend_confirmation(&self, caller: &Caller, by: &SignedIn) -> Result<()> {
        if by.user.email_confirmed_at.is_some() {
            return Ok(());
        }
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        post::to_user(&mut db, Kind::ConfirmEmail, &by.user, now).await?;
        record(&mut db, caller, Act::by("confirmation_resent", by), now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }

    /// Mails another link to an address that is not confirmed yet. It answers alike, in the same time,
    /// for any address.
    ///
    /// # Errors
    /// `Fields` if it is no address.
    pub async fn confirm_again(&self, caller: &Caller, email: &str) -> Result<()> {
        let email = Address::parse(email).map_err(|e| Error::field("email", e))?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let user = users::by_email(&mut db, &email.key).await?;
        let user = user.filter(|u| u.is_active && u.email_confirmed_at.is_none());
        if let Some(user) = &user {
            post::to_user(&mut db, Kind::ConfirmEmail, user, now).await?;
        }
        let target = user.map(|u| u.id);
        let act = Act { kind: "confirmation_resent", target, ..Act::default() };
        record(&mut db, caller, act, now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }

    /// What the browser that registers keeps, to be known by when the link is opened in it. One whose
    /// registration made no user gets one that is good for nothing.
    pub fn browser_mark(&self, done: &SignedUp) -> Result<String> {
        match done {
            SignedUp::Created(user) | SignedUp::Pending(Some(user)) => {
                Ok(self.mark(user.id, &user.email))
            }
            SignedUp::Pending(None) => Ok(secret::token()?.to_string()),
        }
    }

    fn mark(&self, user: UserId, email: &str) -> String {
        self.successor.mark(&format!("{} {email}", user.0)).to_string()
    }

    /// Whether `mark` is that of the browser which registered the address of a mailed token.
    pub async fn is_registrant(&self, token: &str, mark: &str) -> Result<bool> {
        let Some(token) = secret::parse(token) else { return Ok(false) };
        let mut db = self.db.read().await?;
        let link = mail_tokens::by_hash(&mut db, &secret::hash(token)).await?;
        let own = link
            .filter(|link| link.kind == Kind::ConfirmEmail.name())
            .map(|link| self.mark(link.user_id, &link.email));
        Ok(own.is_some_and(|own| secret::same(&own, mark)))
    }

    /// Looks at a mailed token that is to confirm an address, and changes nothing.
    pub async fn confirmation_state(&self, token: &str) -> Result<LinkState> {
        self.link_state(token, &[Kind::ConfirmEmail, Kind::ChangeEmail]).await
    }

    /// Whose password a mailed token resets, by address; `None` if it is good for nothing. It changes
    /// nothing.
    pub async fn reset_of(&self, token: &str) -> Result<Option<String>> {
        let Some(token) = secret::parse(token) else { return Ok(None) };
        let mut db = self.db.read().await?;
        match self.open_link(&mut db, &secret::hash(token), &[Kind::ResetPassword]).await {
            Ok((_, user)) => Ok(Some(user.email)),
            Err(Error::LinkNotValid) => Ok(None),
            Err(e) => Err(e),
        }
    }

    async fn link_state(&self, token: &str, kinds: &[Kind]) -> Result<LinkState> {
        let Some(token) = secret::parse(token) else { return Ok(LinkState::Expired) };
        let mut db = self.db.read().await?;
        let link = mail_tokens::by_hash(&mut db, &secret::hash(token)).await?;
        let Some(link) = link.filter(|l| kinds.iter().any(|k| k.name() == l.kind)) else {
            return Ok(LinkState::Expired);
        };
        if link.used_at.is_some() {
            return Ok(LinkState::Done);
        }
        let user = users::by_id(&mut db, link.user_id).await?;
        let usable = user.is_some_and(|u| self.is_usable(&link, &u));
        Ok(if usable { LinkState::Usable } else { LinkState::Expired })
    }

    /// The link with this hash and its user, if it is of one of `kinds` and may still be used.
    pub(super) async fn open_link(
        &self,
        db: &mut Conn,
        hash: &Digest,
        kinds: &[Kind],
    ) -> Result<(MailToken, User)> {
        let link = mail_tokens::by_hash(db, hash)
            .await?
            .filter(|l| kinds.iter().any(|k| k.name() == l.kind))
            .ok_or(Error::LinkNotValid)?;
        let user = users::by_id(db, link.user_id).await?.ok_or(Error::LinkNotValid)?;
        if !self.is_usable(&link, &user) {
            return Err(Error::LinkNotValid);
        }
        Ok((link, user))
    }

    /// Links die with the state of the account they were asked for: a changed password or address, and
    /// an account that was disabled.
    fn is_usable(&self, link: &MailToken, user: &User) -> bool {
        link.used_at.is_none()
            && link.expires_at > self.clock.now()
            && link.credentials == user.credentials
            && user.is_active
    }
}

/// Makes the address that `link` was sent to the user's own.
async fn change(db: &mut Conn, link: &MailToken, user: &User, now: Timestamp) -> Result<()> {
    let new = Address::parse(&link.email).map_err(|_| Error::LinkNotValid)?;
    let names = (new.email.as_str(), new.key.as_str());
    if users::set_email(db, user.id, link.credentials, names, now).await? {
        Ok(())
    } else {
        Err(Error::LinkNotValid)
    }
}
