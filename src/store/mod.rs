//! The tables: one function per statement, whose text runs on both engines.
pub mod attempts;
pub mod audit;
pub mod emails;
#[cfg(test)]
pub mod fixtures;
pub mod hash_kinds;
pub mod invitations;
pub mod keys;
pub mod legacy_tokens;
pub mod login_challenges;
pub mod mail_tokens;
pub mod oldest;
pub mod outbox;
pub mod recovery_codes;
pub mod refresh_tokens;
pub mod revocations;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
#[cfg(test)]
mod tests;
pub mod text_enum;
pub mod totp;
pub mod user_search;
pub mod users;

/// `forget!(db, TABLE, KEY, WHICH)`: the text that purges at most `$2` of the rows of `TABLE`, whose primary key
/// is `KEY`. `WHICH` is their condition and order. Skips rows that another transaction has locked: a later purge
/// deletes them, and no transaction waits for another.
macro_rules! forget {
    ($db:expr, $table:literal, $key:literal, $which:expr) => {{
        macro_rules! text {
            ($lock:literal) => {
                concat!(
                    "WITH old AS MATERIALIZED (SELECT ",
                    $key,
                    " FROM ",
                    $table,
                    " WHERE ",
                    $which,
                    " LIMIT $2",
                    $lock,
                    ") DELETE FROM ",
                    $table,
                    " WHERE ",
                    $key,
                    " IN (SELECT ",
                    $key,
                    " FROM old)"
                )
            };
        }
        if $db.locks_rows() { text!(" FOR UPDATE SKIP LOCKED") } else { text!("") }
    }};
}
use forget;
