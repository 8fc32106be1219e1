//! What a mailed link is still good for.
use crate::{
    db::Conn,
    flows::{Auth, Error, Result, User, mail::Kind},
    secret,
    secret::Digest,
    store::{
        mail_tokens::{self, MailToken},
        users,
    },
};

/// The links that prove an address.
pub(crate) const CONFIRMING: [Kind; 2] = [Kind::ConfirmEmail, Kind::ChangeEmail];

/// The links that set a password. One that confirms an address does: who reads the mail may have an account
/// that somebody else made for the address.
pub(crate) const RESETTING: [Kind; 2] = [Kind::ResetPassword, Kind::ConfirmEmail];

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

    /// The link of a token, if it was mailed and is of one of `kinds`, with its state and its user.
    pub(crate) async fn look_at_link(
        &self,
        db: &mut Conn,
        token: &str,
        kinds: &[Kind],
    ) -> Result<Option<(MailToken, LinkState, User)>> {
        let Some(token) = secret::parse(token) else { return Ok(None) };
        let link = mail_tokens::by_hash(db, &secret::hash(token)).await?;
        let Some(link) = link.filter(|l| is_of(l, kinds)) else { return Ok(None) };
        let Some(user) = users::by_id(db, link.user_id).await? else { return Ok(None) };
        let confirmed = link.kind == Kind::ConfirmEmail
            && link.email == user.email
            && user.email_confirmed_at.is_some();
        let state = if link.used_at.is_some() || confirmed {
            LinkState::Done
        } else if self.is_usable(&link, &user) {
            LinkState::Usable
        } else {
            LinkState::Expired
        };
        Ok(Some((link, state, user)))
    }

    /// The link with this hash and its user, if it is of one of `kinds` and may still be used.
    pub(crate) async fn open_link(
        &self,
        db: &mut Conn,
        hash: &Digest,
        kinds: &[Kind],
    ) -> Result<(MailToken, User)> {
        let link = mail_tokens::by_hash(db, hash)
            .await?
            .filter(|l| is_of(l, kinds))
            .ok_or(Error::LinkNotValid)?;
        let user = users::by_id(db, link.user_id).await?.ok_or(Error::LinkNotValid)?;
        if !self.is_usable(&link, &user) {
            return Err(Error::LinkNotValid);
        }
        Ok((link, user))
    }

    /// Links die with the state of the account they were asked for: a changed password or address, and
    /// an account that was disabled. One that takes a change of address back outlives what whoever made
    /// the change does next.
    pub(crate) fn is_usable(&self, link: &MailToken, user: &User) -> bool {
        let fits = match link.kind.known() {
            Some(Kind::RestoreEmail) => link.email != user.email,
            Some(Kind::ConfirmEmail) if user.email_confirmed_at.is_some() => false,
            _ => link.credential_version == user.credential_version,
        };
        link.used_at.is_none() && link.expires_at > self.clock.now() && fits && user.is_active
    }
}

fn is_of(link: &MailToken, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| link.kind == *kind)
}
