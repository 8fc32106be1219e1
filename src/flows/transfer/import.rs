//! Users of another service come in, with their ids, roles and hashes.
//!
//! They come in batches, each a transaction with its line in the audit log: a row is there whole or
//! not at all, a server beside it is not kept waiting, and what was interrupted can be begun again.
use super::{
    dump_file::Source,
    fields::{Fields, Refusal},
    imported_user::Newcomer,
};
use crate::{
    db::{Conn, Tx},
    field_error::FieldError,
    flows::{Error, Result, UserId, admin::Admin, audit::AuditEvent},
    password::{Dearest, Kinds},
    store::{hash_kinds, roles, user_transfer, users},
    time::Timestamp,
};
use std::{
    collections::{BTreeSet, HashSet, VecDeque},
    time::{Duration, Instant},
};

const BATCH: usize = 500;
/// A transaction that has taken so long is ended: a database far away would be given up otherwise.
const SPAN: Duration = Duration::from_secs(1);

/// How to import.
#[derive(Clone, Copy, Default)]
pub struct Import {
    /// Only says what would happen.
    pub dry_run: bool,
    /// Takes every address as confirmed.
    pub confirmed: bool,
}

/// What became of a row.
#[derive(Debug)]
pub struct Outcome {
    pub row: u64,
    /// The id it has or asks for.
    pub id: Option<UserId>,
    /// The roles it got, or why it was left out.
    pub added: Result<Vec<String>, Refusal>,
}

/// The names that a dry run has given away so far.
#[derive(Default)]
struct Taken(HashSet<(&'static str, String)>);

type Row = (u64, Option<UserId>, Result<Newcomer, Refusal>);

impl Admin<'_> {
    /// Imports users, and tells what became of each as soon as it is certain; the kind of their hashes
    /// that costs the most, if it is only a dry run.
    ///
    /// # Errors
    /// `Unavailable`, `Internal`: what was told of by then has happened.
    pub async fn import(
        &self,
        source: &Source,
        how: Import,
        mut tell: impl FnMut(Outcome) + Send,
    ) -> Result<Option<Dearest>> {
        let now = self.auth.clock.now();
        // Or somebody who had logged out there would be let in again.
        let tokens: Vec<_> = source.survey.given_back().filter(|(_, end)| *end > now).collect();
        for tokens in tokens.chunks(BATCH / 10).filter(|_| !how.dry_run) {
            self.auth.give_back(tokens).await?;
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
                let dearest =
                    if how.dry_run { self.auth.hasher.dearest(&kinds).await? } else { None };
                return Ok(dearest);
            }
            while !batch.is_empty() {
                let outcomes = self.bring_in(&mut batch, how, &mut taken, now).await?;
                outcomes.into_iter().for_each(&mut tell);
            }
        }
    }

    fn read(&self, at: u64, fields: Result<Fields, Refusal>, how: Import, now: Timestamp) -> Row {
        let asked = fields.as_ref().ok().and_then(|f| f.0.get("id")?.as_i64()).map(UserId);
        let newcomer = fields.and_then(|f| Newcomer::read(f, &self.auth.config.password, now));
        let confirm = |mut newcomer: Newcomer| {
            if how.confirmed {
                newcomer.confirm();
            }
            newcomer
        };
        (at, asked, newcomer.map(confirm))
    }

    /// Brings in as many rows as one transaction is to hold.
    async fn bring_in(
        &self,
        batch: &mut VecDeque<Row>,
        how: Import,
        taken: &mut Taken,
        now: Timestamp,
    ) -> Result<Vec<Outcome>> {
        let ids = batch.iter().filter_map(|(_, _, newcomer)| newcomer.as_ref().ok()?.id);
        if let Some(last) = ids.max_by_key(|id| id.0).filter(|_| !how.dry_run) {
            // Before they are used: whoever registers meanwhile gets none of them.
            self.auth.db.reserve_user_ids(last.0).await?;
        }
        let mut work = self.begin().await?;
        let start = Instant::now();
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut kinds = BTreeSet::new();
        while start.elapsed() < SPAN
            && let Some((row, asked, newcomer)) = batch.pop_front()
        {
            let added = match newcomer {
                Ok(newcomer) => {
                    let taken = how.dry_run.then_some(&mut *taken);
                    kinds.extend(
                        newcomer.password_hash().and_then(|hash| self.auth.hash_kind(hash)),
                    );
                    add(&mut work.tx, newcomer, taken, now).await?
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
            // So that the time of a login does not tell who came by this import.
            hash_kinds::note(&mut work.tx, &kind.to_string(), now).await?;
        }
        let count = outcomes.iter().filter(|o| o.added.is_ok()).count().to_string();
        work.audit(AuditEvent::new("users_imported").detail(&count)).await?;
        work.commit().await?;
        Ok(outcomes)
    }
}

async fn add(
    db: &mut Tx,
    newcomer: Newcomer,
    taken: Option<&mut Taken>,
    now: Timestamp,
) -> Result<Result<(UserId, Vec<String>), Refusal>> {
    if let Some(name) = taken.as_ref().and_then(|taken| taken.find(&newcomer)) {
        return Ok(Err(Refusal::FieldError(name, FieldError::Taken)));
    }
    let Some(id) = user_transfer::insert(db, &newcomer.row()).await? else {
        return Ok(Err(Refusal::FieldError(name_taken(db, &newcomer).await?, FieldError::Taken)));
    };
    roles::grant_all(db, id, &newcomer.roles, now).await?;
    if let Some(taken) = taken {
        taken.note(&newcomer);
    }
    Ok(Ok((id, newcomer.roles)))
}

/// What stood in the way of an insertion.
async fn name_taken(db: &mut Conn, newcomer: &Newcomer) -> Result<&'static str> {
    if let Some(id) = newcomer.id
        && users::by_id(db, id).await?.is_some()
    {
        return Ok("id");
    }
    let by_email = users::by_email(db, &newcomer.email.key).await?;
    Ok(if by_email.is_some() { "email" } else { "username" })
}

impl Taken {
    fn names(newcomer: &Newcomer) -> impl Iterator<Item = (&'static str, String)> {
        let id = newcomer.id.map(|id| ("id", id.0.to_string()));
        let email = Some(("email", newcomer.email.key.clone()));
        let username = newcomer.username.as_ref().map(|u| ("username", u.key.clone()));
        [id, email, username].into_iter().flatten()
    }

    fn find(&self, newcomer: &Newcomer) -> Option<&'static str> {
        Self::names(newcomer).find(|name| self.0.contains(name)).map(|(kind, _)| kind)
    }

    fn note(&mut self, newcomer: &Newcomer) {
        self.0.extend(Self::names(newcomer));
    }
}
