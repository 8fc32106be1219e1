//! `portcullis user import` and `user export`.
use super::{Failure, print};
use crate::flows::{Auth, Import, Outcome, Refusal, Source, UserId};
use clap::Args;
use serde_json::json;
use std::{
    io::{Write, stderr},
    path::PathBuf,
};

/// A long file is told of after so many rows.
const STEP: u64 = 10_000;

#[derive(Args)]
pub struct ImportArgs {
    /// The file
    file: PathBuf,
    /// Says what would happen, row by row, and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Takes every address as confirmed
    #[arg(long)]
    confirmed: bool,
}

impl ImportArgs {
    pub async fn run(self, auth: &Auth) -> Result<(), Failure> {
        let source = Source::open(self.file).map_err(|e| Failure::Input(e.to_string()))?;
        let how = Import { dry_run: self.dry_run, confirmed: self.confirmed };
        let mut report = Report { dry_run: self.dry_run, ..Report::default() };
        let done = auth.import(&source, how, |outcome| report.tell(outcome, source.rows)).await;
        report.printed?;
        let (added, skipped) = (report.added, report.skipped);
        done.map_err(|e| {
            let why = Failure::from(e).line();
            Failure::Input(format!("{why}; {added} users had been added before"))
        })?;
        print(&json!({ "added": added, "skipped": skipped, "dry_run": self.dry_run }))?;
        if skipped == 0 {
            return Ok(());
        }
        Err(Failure::Input(format!("{skipped} of {} rows skipped", added + skipped)))
    }
}

struct Report {
    dry_run: bool,
    added: u64,
    skipped: u64,
    printed: Result<(), Failure>,
}

impl Default for Report {
    fn default() -> Self {
        Self { dry_run: false, added: 0, skipped: 0, printed: Ok(()) }
    }
}

impl Report {
    /// Names a row that was skipped, and in a dry run each; on a long file, how far it is.
    fn tell(&mut self, outcome: Outcome, rows: u64) {
        let (row, id) = (outcome.row, outcome.id);
        let line = match outcome.added {
            Ok(roles) => {
                self.added += 1;
                self.dry_run
                    .then(|| json!({ "row": row, "id": id, "would": "add", "roles": roles }))
            }
            Err(e) => {
                self.skipped += 1;
                let what = if self.dry_run { "would" } else { "did" };
                Some(json!({ "row": row, "id": id, what: "skip", "reason": reason(&e) }))
            }
        };
        let mut printed = line.map_or(Ok(()), |line| print(&line));
        let seen = self.added + self.skipped;
        if printed.is_ok() && rows > STEP && seen.is_multiple_of(STEP) {
            printed = writeln!(stderr(), "{seen} of {rows} rows").map_err(Failure::from);
        }
        if self.printed.is_ok() {
            self.printed = printed;
        }
    }
}

fn reason(e: &Refusal) -> String {
    match e {
        Refusal::Lacking(name, why) => super::failure::field(name, *why),
        e => e.to_string(),
    }
}

/// Prints every user, a line of JSON each.
pub async fn export(auth: &Auth) -> Result<(), Failure> {
    const PAGE: u32 = 500;
    auth.note_export().await?;
    writeln!(stderr(), "The lines hold password hashes: keep them from others.")?;
    let mut after = UserId(0);
    loop {
        let users = auth.export(after, PAGE).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = last.id;
        users.iter().try_for_each(print)?;
    }
}
