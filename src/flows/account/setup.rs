//! The first superuser: on an empty database whoever serves prints a link, good once and for an hour,
//! with which address and password are chosen. There is no default password.
//!
//! Several servers may start at once and each prints a link of its own: all work until the first one is
//! used, or a superuser is made in another way.
use crate::{
    db::Tx,
    flows::{
        Auth, Caller, Error, LinkState, Result, User,
        audit::{Actor, AuditEvent},
    },
    secret::{self, Digest},
    store::{
        setup_tokens::{self, SetupToken},
        users,
    },
};
use std::time::Duration;

const LIFETIME: Duration = Duration::from_hours(1);

impl Auth {
    /// A link with which the first superuser is made; `None` if there is any user already. It is for the
    /// terminal alone: whoever has it has the service.
    pub async fn offer_setup(&self) -> Result<Option<String>> {
        if users::any(&mut self.db.read().await?).await? {
            return Ok(None);
        }
        let now = self.clock.now();
        let token = secret::token()?;
        let row = SetupToken { hash: secret::hash(token), expires_at: now.plus(LIFETIME) };
        let caller = Caller::default();
        let mut work = self.begin_as(&caller, Actor::Cli).await?;
        setup_tokens::insert(&mut work.tx, &row).await?;
        work.audit(AuditEvent::new("setup_offered")).await?;
        work.commit().await?;
        Ok(Some(self.config.link(&format!("/setup?token={token}"))))
    }

    /// Looks at the token of a setup link, and changes nothing.
    pub async fn setup_state(&self, token: &str) -> Result<LinkState> {
        let Some(token) = secret::parse(token) else { return Ok(LinkState::Expired) };
        let mut db = self.db.read().await?;
        let found = setup_tokens::by_hash(&mut db, &secret::hash(token)).await?;
        let good = found.is_some_and(|t| t.expires_at > self.clock.now())
            && !users::any_superuser(&mut db).await?;
        Ok(if good { LinkState::Usable } else { LinkState::Expired })
    }

    /// Makes the first superuser. The address counts as confirmed: whoever has the link has the machine,
    /// and mails may not work yet.
    ///
    /// # Errors
    /// `LinkNotValid`; `Fields`, `EmailTaken`, which leave the link usable.
    pub async fn set_up(
        &self,
        caller: &Caller,
        token: &str,
        email: &str,
        password: &str,
    ) -> Result<User> {
        if self.setup_state(token).await? != LinkState::Usable {
            return Err(Error::LinkNotValid);
        }
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let fields = self.read_fields((email, password), None, None).await?;
        let password = self.hasher.hash(password).await?;

        let mut work = self.begin(caller).await?;
        self.consume_setup(&mut work.tx, &hash).await?;
        let mut row = fields.row(&password, caller.language.tag(), work.now);
        row.email_confirmed_at = Some(work.now);
        row.is_superuser = true;
        let Some(id) = users::insert(&mut work.tx, &row).await? else {
            return Err(fields.taken(&mut work.tx).await?);
        };
        let user = users::by_id(&mut work.tx, id).await?.ok_or(Error::NotFound)?;
        work.audit(AuditEvent::own("set_up", id)).await?;
        work.commit().await?;
        Ok(user)
    }

    async fn consume_setup(&self, db: &mut Tx, hash: &Digest) -> Result<()> {
        let now = self.clock.now();
        let links = setup_tokens::take_all(db).await?;
        let good = links.iter().any(|t| t.hash == *hash && t.expires_at > now);
        if good && !users::any_superuser(db).await? { Ok(()) } else { Err(Error::LinkNotValid) }
    }
}
