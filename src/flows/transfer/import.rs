//! Imports users of another service with their ids, roles and password hashes.
//!
//! Each batch is one transaction with an audit event. A row is imported as a whole or not at all, a server
//! that runs at the same time does not wait long, and an interrupted import can be started again.
use super::{
    dump_file::Source,
    fields::{Fields, Refusal},
    imported_user::ImportedUser,
};
use crate::{
    db::{Conn, Tx},
    field_error::FieldError,
    flows::{
        Error, Result, UserId,
        admin::Admin,
        audit::{AuditEvent, AuditKind},
    },
    password::{Kinds, SlowestHash},
    store::{hash_kinds, roles, users},
    time::Timestamp,
};
use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    time::{Duration, Instant},
};

const BATCH: usize = 500;
/// A transaction commits after this long, even if its batch is not done. Otherwise an import into a distant
/// database could take too long and fail.
const SPAN: Duration = Duration::from_secs(1);

/// How to import.
#[derive(Clone, Copy, Default)]
pub struct Import {
    /// Only reports what would happen.
    pub dry_run: bool,
    /// Marks every address as confirmed.
    pub confirmed: bool,
}

/// The result of one row.
#[derive(Debug)]
pub struct Outcome {
    /// The number of the line or element in the file, starting at 1.
    pub row: u64,
    /// The id of the imported user, or the id that the row asks for.
    pub id: Option<UserId>,
    /// The granted roles, or why the row was not imported.
    pub added: Result<Vec<String>, Refusal>,
}

/// The ids, addresses and usernames that a dry run has assigned so far.
#[derive(Default)]
struct Taken(HashSet<(&'static str, String)>);

type Row = (u64, Option<UserId>, Result<ImportedUser, Refusal>);

impl Admin<'_> {
    /// Imports users, and calls `tell` with the result of each as soon as it is final. A dry run returns the
    /// most expensive kind of password hash.
    ///
    /// # Errors
    /// [`Error::Forbidden`] and [`Error::PasswordRequired`] unless the operator is a superuser whose password
    /// was given recently; [`Error::Unavailable`], [`Error::Internal`]: results already reported are final.
    pub async fn import(
        &self,
        source: &Source,
        how: Import,
        mut tell: impl FnMut(Outcome) + Send,
    ) -> Result<Option<SlowestHash>> {
        self.require_recent_superuser()?;
        let now = self.auth.clock.now();
        // Otherwise a user who had logged out of the other service could use their token here.
        let tokens: Vec<_> =
            source.survey.blacklisted_tokens().filter(|(_, end)| *end > now).collect();
        for tokens in tokens.chunks(BATCH / 10).filter(|_| !how.dry_run) {
            self.auth.consume_legacy_tokens(tokens).await?;
        }
        let mut taken = Taken::default();
        let mut kinds = Kinds::default();
        let mut rows = source.users().map_err(Error::internal)?;
        loop {
            let now = self.auth.clock.now();
            let mut batch = VecDeque::new();
            for row in rows.by_ref().take(BATCH) {
                let (at, fields) = row.map_err(Error::internal)?;
                let row = self.read(at, fields, how, now);
                if let Ok(Some(hash)) = row.2.as_ref().map(|n| n.password_hash.as_deref()) {
                    kinds.see(hash);
                }
                batch.push_back(row);
            }
            if batch.is_empty() {
                let slowest =
                    if how.dry_run { self.auth.hasher.slowest(&kinds).await? } else { None };
                return Ok(slowest);
            }
            while !batch.is_empty() {
                let outcomes = self.import_batch(&mut batch, how, &mut taken, now).await?;
                outcomes.into_iter().for_each(&mut tell);
            }
        }
    }

    fn read(&self, at: u64, fields: Result<Fields, Refusal>, how: Import, now: Timestamp) -> Row {
        let asked = fields.as_ref().ok().and_then(|f| f.0.get("id")?.as_i64()).map(UserId);
        let imported = fields.and_then(|f| ImportedUser::read(f, &self.auth.config.password, now));
        let confirm = |user: ImportedUser| if how.confirmed { user.confirmed() } else { user };
        (at, asked, imported.map(confirm))
    }

    /// Imports as many rows of `batch` as one transaction may take.
    async fn import_batch(
        &self,
        batch: &mut VecDeque<Row>,
        how: Import,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<Vec<Outcome>> {
        let ids = batch.iter().filter_map(|(_, _, imported)| imported.as_ref().ok()?.id);
        if let Some(last) = ids.max_by_key(|id| id.0).filter(|_| !how.dry_run) {
            // Before the ids are used: a user who registers meanwhile gets none of them.
            self.auth.db.reserve_user_ids(last.0).await?;
        }
        let mut work = self.begin_as_superuser().await?;
        let start = Instant::now();
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut kinds = BTreeSet::new();
        while start.elapsed() < SPAN
            && let Some((row, asked, imported)) = batch.pop_front()
        {
            let added = match imported {
                Ok(imported) => {
                    let taken = how.dry_run.then_some(&mut *taken);
                    let hash = imported.password_hash.as_deref();
                    kinds.extend(hash.and_then(|hash| self.auth.hash_kind(hash)));
                    add(&mut work.tx, imported, taken, now).await?
                }
                Err(e) => Err(e),
            };
            let id = added.as_ref().ok().map(|(id, _)| *id).or(asked);
            outcomes.push(Outcome { row, id, added: added.map(|(_, roles)| roles) });
        }
        if how.dry_run {
            return Ok(outcomes);
        }
        for kind in kinds {
            // So that the time of a failed login does not show which users were imported.
            hash_kinds::note(&mut work.tx, &kind.to_string(), now).await?;
        }
        let count = outcomes.iter().filter(|o| o.added.is_ok()).count().to_string();
        work.audit(AuditEvent::new(AuditKind::UsersImported).detail(&count)).await?;
        work.commit().await?;
        Ok(outcomes)
    }
}

async fn add(
    db: &mut Tx,
    imported: ImportedUser,
    taken: Option<&mut Taken>,
    now: Timestamp,
) -> Result<Result<(UserId, Vec<String>), Refusal>> {
    if let Some(name) = taken.as_ref().and_then(|taken| taken.find(&imported)) {
        return Ok(Err(Refusal::FieldError(name, FieldError::Taken)));
    }
    let Some(users::User { id, .. }) = users::insert(db, &imported.row()).await? else {
        return Ok(Err(Refusal::FieldError(name_taken(db, &imported).await?, FieldError::Taken)));
    };
    roles::grant_all(db, id, &imported.roles, now).await?;
    if let Some(taken) = taken {
        taken.note(&imported);
    }
    Ok(Ok((id, imported.roles)))
}

/// The name of the field that is taken, after an insertion failed.
async fn name_taken(db: &mut Conn, imported: &ImportedUser) -> Result<&'static str> {
    if let Some(id) = imported.id
        && users::by_id(db, id).await?.is_some()
    {
        return Ok("id");
    }
    let by_email = users::by_email(db, &imported.email.key).await?;
    Ok(if by_email.is_some() { "email" } else { "username" })
}

impl Taken {
    fn names(imported: &ImportedUser) -> impl Iterator<Item = (&'static str, String)> {
        let id = imported.id.map(|id| ("id", id.0.to_string()));
        let email = Some(("email", imported.email.key.clone()));
        let username = imported.username.as_ref().map(|u| ("username", u.key.clone()));
        [id, email, username].into_iter().flatten()
    }

    fn find(&self, imported: &ImportedUser) -> Option<&'static str> {
        Self::names(imported).find(|name| self.0.contains(name)).map(|(kind, _)| kind)
    }

    fn note(&mut self, imported: &ImportedUser) {
        self.0.extend(Self::names(imported));
    }
}
