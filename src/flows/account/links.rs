//! Mailed links: their states, and when they still work.
use crate::{
    db::Conn,
    flows::{Auth, Caller, Error, Result, User, limits::Action, mail::Kind},
    secret,
    secret::Digest,
    store::{
        mail_tokens::{self, MailToken},
        users,
    },
};

/// The links that confirm an address.
pub(crate) const CONFIRMING: [Kind; 2] = [Kind::ConfirmEmail, Kind::ChangeEmail];

/// The links that set a password. A link that confirms an address also does: a stranger may have
/// registered an account with the address of the mail's reader.
pub(crate) const RESETTING: [Kind; 2] = [Kind::ResetPassword, Kind::ConfirmEmail];

/// The link that logs in.
pub(crate) const LOGIN: [Kind; 1] = [Kind::Login];

/// The state of a mailed link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum LinkState {
    /// It can still be used.
    Usable,
    /// It was used, or the address that it confirms is already confirmed.
    Done,
    /// It is too old, was revoked, or never existed.
    Expired,
}

impl Auth {
    /// The address of the user whose password a mailed token resets; `None` if the link is not
    /// valid. It changes nothing.
    pub async fn reset_of(&self, caller: &Caller, token: &str) -> Result<Option<String>> {
        self.limit(caller, Action::Link)?;
        let Some(token) = secret::parse(token) else { return Ok(None) };
        let mut db = self.db.read().await?;
        match self.open_link(&mut db, &secret::hash(token), &[Kind::ResetPassword]).await {
            Ok((_, user)) => Ok(Some(user.email)),
            Err(Error::LinkNotValid) => Ok(None),
            Err(e) => Err(e),
        }
    }

    /// The state of a mailed link of this kind, and the address that it was sent to, which is empty for an
    /// unknown link. It changes nothing.
    pub async fn link_state(
        &self,
        caller: &Caller,
        token: &str,
        kind: Kind,
    ) -> Result<(LinkState, String)> {
        self.limit(caller, Action::Link)?;
        let found = self.inspect_link(&mut self.db.read().await?, token, &[kind]).await?;
        Ok(found
            .map_or((LinkState::Expired, String::new()), |(link, state, _)| (state, link.email)))
    }

    /// The link of a token with its state and its user, if it exists and is of one of `kinds`.
    pub(crate) async fn inspect_link(
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
        Error::LinkNotValid.unless(self.is_usable(&link, &user))?;
        Ok((link, user))
    }

    /// Whether a link still works. A change of the password or the address invalidates the links
    /// that were requested before, and so does disabling the account. A link that restores an
    /// address or reports a login survives what the author of the change or the login does next.
    pub(crate) fn is_usable(&self, link: &MailToken, user: &User) -> bool {
        let fits = match link.kind.known() {
            Some(Kind::RestoreEmail) => link.email != user.email,
            Some(Kind::NewDevice) => link.email == user.email,
            Some(Kind::ConfirmEmail) if user.email_confirmed_at.is_some() => false,
            Some(Kind::Login) if user.email_confirmed_at.is_none() => false,
            _ => link.credential_version == user.credential_version,
        };
        link.used_at.is_none() && link.expires_at > self.clock.now() && fits && user.is_active
    }
}

fn is_of(link: &MailToken, kinds: &[Kind]) -> bool {
    kinds.iter().any(|kind| link.kind == *kind)
}
