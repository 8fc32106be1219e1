//! The tables: one function per statement, each text run on both engines.
pub mod audit;
pub mod emails;
#[cfg(test)]
pub mod fixtures;
pub mod hash_kinds;
pub mod invitations;
pub mod keys;
pub mod legacy_tokens;
pub mod mail_tokens;
pub mod oldest;
pub mod outbox;
pub mod refresh_tokens;
pub mod revocations;
pub mod roles;
pub mod secrets;
pub mod sessions;
pub mod settings;
pub mod setup_tokens;
#[cfg(test)]
mod tests;
pub mod user_search;
pub mod user_transfer;
pub mod users;

/// `forget!(db, TABLE, KEY, SELECT)`: the text that deletes the rows of `TABLE` whose `KEY` is given by
/// `SELECT`, which names at most `$2` rows. What another transaction holds is left for the next time,
/// so that nobody waits for anybody.
macro_rules! forget {
    ($db:expr, $table:literal, $key:literal, $select:literal) => {{
        macro_rules! text {
            ($lock:literal) => {
                concat!(
                    "WITH old AS MATERIALIZED (",
                    $select,
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
