//! Login by password.
use super::{
    Auth, Caller, Error, Result, Tokens, User, UserId,
    address::{Address, Username},
    password::Verdict,
    policy::Policy,
    record::{Act, Actor, record},
};
use crate::store::{Conn, users};

/// Whom somebody says to be.
#[derive(Clone, Copy, Debug)]
pub enum Login<'a> {
    Email(&'a str),
    Username(&'a str),
    /// An address if it holds an `@`, else a username.
    Either(&'a str),
    Id(UserId),
}

impl Login<'_> {
    /// The user so named; what could be nobody's name is like an unknown one.
    async fn find(self, db: &mut Conn) -> Result<Option<User>> {
        Ok(match self {
            Self::Either(name) if name.contains('@') => by_email(db, name).await?,
            Self::Email(email) => by_email(db, email).await?,
            Self::Either(name) | Self::Username(name) => match Username::parse(name) {
                Ok(name) => users::by_username(db, &name.key).await?,
                Err(_) => None,
            },
            Self::Id(id) => users::by_id(db, id).await?,
        })
    }
}

async fn by_email(db: &mut Conn, email: &str) -> Result<Option<User>> {
    Ok(match Address::parse(email) {
        Ok(email) => users::by_email(db, &email.key).await?,
        Err(_) => None,
    })
}

impl Auth {
    /// Opens a session for whoever knows the password. Everything that is wrong with name or password
    /// looks the same from outside and takes the same time.
    ///
    /// # Errors
    /// `BadCredentials`; after the right password `AccountDisabled`, `EmailNotConfirmed`,
    /// `SuperuserRefused`; `Busy`, `Unavailable`.
    pub async fn sign_in(
        &self,
        caller: &Caller,
        policy: &Policy,
        login: Login<'_>,
        password: &str,
        remember: bool,
    ) -> Result<Tokens> {
        let (user, stored) = self.credentials(login).await?;
        let verdict = self.hasher.verify(password, stored.as_deref()).await?;
        let (Some(user), Verdict::Right | Verdict::Outdated) = (&user, verdict) else {
            return self.refuse(caller, user.map(|u| u.id), Error::BadCredentials).await;
        };
        if let Err(e) = self.admit(policy, user) {
            return self.refuse(caller, Some(user.id), e).await;
        }
        let better = match verdict {
            Verdict::Outdated => Some(self.hasher.hash(password).await?),
            _ => None,
        };
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        if !users::note_login(&mut db, user.id, user.credentials, now).await? {
            drop(db);
            return self.refuse(caller, Some(user.id), Error::BadCredentials).await;
        }
        if let (Some(old), Some(new)) = (&stored, &better) {
            users::rehash(&mut db, user.id, old, new).await?;
        }
        let session = self.new_session(caller, policy, user.id, remember, now)?;
        let (session, issued, revoked) = self.store_session(&mut db, session, now).await?;
        record(&mut db, caller, Act::own("login", user.id).in_session(session.id), now).await?;
        self.commit(db, &revoked).await?;
        self.tokens(policy, user.clone(), &session, Some(issued), now)
    }

    async fn credentials(&self, login: Login<'_>) -> Result<(Option<User>, Option<String>)> {
        let mut db = self.db.read().await?;
        let user = login.find(&mut db).await?;
        // Asked for in any case: an unknown name takes as long.
        let id = user.as_ref().map_or(UserId(0), |u| u.id);
        let stored = users::password_hash(&mut db, id).await?;
        Ok((user, stored))
    }

    /// Writes a failed login down, and fails.
    async fn refuse<T>(&self, caller: &Caller, target: Option<UserId>, why: Error) -> Result<T> {
        let now = self.clock.now();
        let mut db = self.db.write().await?;
        let detail = why.to_string();
        let act = Act {
            kind: "login_failed",
            actor: Actor::Anonymous,
            target,
            session: None,
            detail: &detail,
        };
        record(&mut db, caller, act, now).await?;
        db.commit().await?;
        Err(why)
    }
}
