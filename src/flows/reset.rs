//! A forgotten password: a mailed link, good once and for an hour, sets another.
use super::{
    Auth, Caller, Error, Result,
    address::Address,
    post::{self, Kind},
    record::{Act, record},
    secret,
};
use crate::store::{mail_tokens, users};

impl Auth {
    /// Mails a link that resets the password. It answers alike, in the same time, for any address.
    ///
    /// # Errors
    /// `Fields` if it is no address.
    pub async fn forgot_password(&self, caller: &Caller, email: &str) -> Result<()> {
        let email = Address::parse(email).map_err(|e| Error::field("email", e))?;
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let user = users::by_email(&mut db, &email.key).await?.filter(|u| u.is_active);
        if let Some(user) = &user {
            post::to_user(&mut db, Kind::ResetPassword, user, now).await?;
        }
        let target = user.map(|u| u.id);
        let act = Act { kind: "password_reset_asked", target, ..Act::default() };
        record(&mut db, caller, act, now).await?;
        db.commit().await?;
        self.post.notify_one();
        Ok(())
    }

    /// Sets a new password by a mailed token, which proves the address as well, and ends every session.
    ///
    /// # Errors
    /// `LinkNotValid`; `Fields` if the password is refused, which leaves the link usable.
    pub async fn reset_password(&self, caller: &Caller, token: &str, new: &str) -> Result<()> {
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let mut db = self.db.read().await?;
        let (link, user) = self.open_link(&mut db, &hash, &[Kind::ResetPassword]).await?;
        drop(db);
        self.check_password(&user, "new_password", new).await?;
        let password = self.hasher.hash(new).await?;

        let now = self.clock.now();
        let mut db = self.db.write().await?;
        users::hold(&mut db, user.id).await?;
        let spent = mail_tokens::spend(&mut db, &hash, now).await?
            && users::set_password(&mut db, user.id, link.credentials, &password).await?;
        if !spent {
            return Err(Error::LinkNotValid);
        }
        users::confirm_email(&mut db, user.id, now).await?;
        for kind in [Kind::ResetPassword, Kind::ChangeEmail] {
            mail_tokens::withdraw(&mut db, user.id, kind.name()).await?;
        }
        let revoked = self.end_sessions(&mut db, user.id, None, now).await?;
        post::to_user(&mut db, Kind::PasswordChanged, &user, now).await?;
        let act = Act { kind: "password_reset", target: Some(user.id), ..Act::default() };
        record(&mut db, caller, act, now).await?;
        self.commit(db, &revoked).await?;
        self.post.notify_one();
        Ok(())
    }
}
