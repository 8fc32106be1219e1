//! `portcullis user import` and `user export`.
use super::{Failure, print};
use crate::{
    flows::{Admin, Dump, Import, Outcome, Refusal, Source, UserId},
    identifiers,
};
use clap::Args;
use serde_json::json;
use std::{
    io::{Write, stderr},
    path::PathBuf,
};

/// After how many rows an import of a long file reports its progress.
const PROGRESS_INTERVAL: u64 = 10_000;

#[derive(Args)]
pub struct ImportArgs {
    /// JSON lines as `user export` prints them, or the output of Django's `dumpdata`
    file: PathBuf,
    /// The user model in a dump of Django
    #[arg(long, value_name = "APP.MODEL", default_value = "auth.user")]
    model: String,
    /// Reads the field OURS from the model's field THEIRS, or from none (`username=`); may be given
    /// several times
    #[arg(long = "map", value_name = "OURS=THEIRS", value_parser = field)]
    fields: Vec<(String, String)>,
    /// Maps a group of Django to a role; may be given several times
    #[arg(long = "role", value_name = "GROUP=ROLE", value_parser = role)]
    roles: Vec<(String, String)>,
    /// Reports what would happen to each row and changes nothing
    #[arg(long)]
    dry_run: bool,
    /// Marks every address as confirmed
    #[arg(long)]
    confirmed: bool,
}

impl ImportArgs {
    /// Imports the file. Prints skipped rows, and the totals at the end.
    pub async fn run(self, admin: &Admin<'_>) -> Result<(), Failure> {
        let dump = Dump { model: self.model, fields: self.fields, roles: self.roles };
        let source = Source::open(self.file, dump).map_err(|e| Failure::Input(e.to_string()))?;
        let how = Import { dry_run: self.dry_run, confirmed: self.confirmed };
        let mut report = Report { dry_run: self.dry_run, ..Report::default() };
        let done = admin.import(&source, how, |outcome| report.tell(outcome, source.rows)).await;
        report.printed?;
        let (added, skipped) = (report.added, report.skipped);
        let slowest = done.map_err(|e| {
            let why = Failure::from(e).line();
            Failure::Input(format!("{why}; {added} users were added before the failure"))
        })?;
        let mut total = json!({ "added": added, "skipped": skipped, "dry_run": self.dry_run });
        if let Some(slowest) = slowest {
            let milliseconds = slowest.time.as_millis().try_into().unwrap_or(u64::MAX);
            total["dearest_hash"] = json!({ "kind": slowest.kind, "milliseconds": milliseconds });
        }
        print(&total)?;
        if skipped == 0 {
            return Ok(());
        }
        Err(Failure::Input(format!("{skipped} of {} rows skipped", added + skipped)))
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    let (one, other) = text.split_once('=').ok_or("expected an `=`")?;
    Ok((one.to_owned(), other.to_owned()))
}

fn field(text: &str) -> Result<(String, String), String> {
    let (ours, theirs) = pair(text)?;
    if Dump::knows(&ours) {
        Ok((ours, theirs))
    } else {
        Err(format!("users have no field {ours:?}"))
    }
}

fn role(text: &str) -> Result<(String, String), String> {
    let (group, role) = pair(text)?;
    identifiers::role(&role).map_err(|_| format!("{role:?} is not a valid role name"))?;
    Ok((group, role))
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
    /// Prints the row if it was skipped, or in a dry run. Reports the progress of a long file.
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
        if printed.is_ok() && rows > PROGRESS_INTERVAL && seen.is_multiple_of(PROGRESS_INTERVAL) {
            printed = writeln!(stderr(), "{seen} of {rows} rows").map_err(Failure::from);
        }
        if self.printed.is_ok() {
            self.printed = printed;
        }
    }
}

fn reason(e: &Refusal) -> String {
    match e {
        Refusal::FieldError(name, why) => crate::cli::error::field(name, *why),
        e => e.to_string(),
    }
}

/// Prints every user, one JSON object per line.
pub async fn export(admin: &Admin<'_>) -> Result<(), Failure> {
    const PAGE: u32 = 500;
    admin.note_export().await?;
    writeln!(stderr(), "The output contains password hashes: keep it secret.")?;
    let mut after = UserId(0);
    loop {
        let users = admin.export(after, PAGE).await?;
        let Some(last) = users.last() else { return Ok(()) };
        after = last.id;
        users.iter().try_for_each(print)?;
    }
}
