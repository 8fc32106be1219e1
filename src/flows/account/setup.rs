//! The first superuser. On an empty database the service prints a link, which works once and for an
//! hour, to choose an address and a password. There is no default password.
//!
//! Several processes may start at once, and each prints a link of its own. All links work until one
//! is used, or until a superuser is created in another way.
use crate::{
    db::Tx,
    flows::{
        Auth, Caller, Error, LinkState, Result, User,
        audit::{Actor, AuditEvent, AuditKind},
        limits::Action,
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
    /// A link that creates the first superuser; `None` if there is already a user. Print it only to
    /// the terminal: it gives control over the service.
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
        work.audit(AuditEvent::new(AuditKind::SetupOffered)).await?;
        work.commit().await?;
        Ok(Some(self.config.link(&format!("/setup?token={token}"))))
    }

    /// The state of a setup link. It changes nothing.
    pub async fn setup_state(&self, caller: &Caller, token: &str) -> Result<LinkState> {
        self.limit(caller, Action::Link)?;
        let Some(token) = secret::parse(token) else { return Ok(LinkState::Expired) };
        let mut db = self.db.read().await?;
        let found = setup_tokens::by_hash(&mut db, &secret::hash(token)).await?;
        let good = found.is_some_and(|t| t.expires_at > self.clock.now())
            && !users::any_superuser(&mut db).await?;
        Ok(if good { LinkState::Usable } else { LinkState::Expired })
    }

    /// Creates the first superuser. The address counts as confirmed: a caller who has the link
    /// controls the machine, and mails may not work yet.
    ///
    /// # Errors
    /// [`Error::LinkNotValid`]; [`Error::Fields`], [`Error::EmailTaken`]: the link still works
    /// after these.
    pub async fn set_up(
        &self,
        caller: &Caller,
        token: &str,
        email: &str,
        password: &str,
    ) -> Result<User> {
        Error::LinkNotValid.when(self.setup_state(caller, token).await? != LinkState::Usable)?;
        let hash = secret::hash(secret::parse(token).ok_or(Error::LinkNotValid)?);
        let fields = self.read_fields(caller, (email, password), None, None).await?;
        let password = caller.unless_left(self.hasher.hash(password)).await?;

        let mut work = self.begin(caller).await?;
        self.consume_setup(&mut work.tx, &hash).await?;
        let mut row = fields.row(&password, caller.language.tag(), work.now);
        row.email_confirmed_at = Some(work.now);
        row.is_superuser = true;
        let Some(user) = users::insert(&mut work.tx, &row).await? else {
            return Err(fields.taken(&mut work.tx).await?);
        };
        work.audit(AuditEvent::own(AuditKind::SetupCompleted, user.id)).await?;
        work.commit().await?;
        Ok(user)
    }

    async fn consume_setup(&self, db: &mut Tx, hash: &Digest) -> Result<()> {
        let now = self.clock.now();
        let links = setup_tokens::take_all(db).await?;
        let good = links.iter().any(|t| t.hash == *hash && t.expires_at > now);
        Error::LinkNotValid.unless(good && !users::any_superuser(db).await?)
    }
}
