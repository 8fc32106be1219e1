//! Every function of the store, on an empty, migrated database of each engine.
mod attempts;
mod audit;
mod emails;
mod hash_kinds;
mod invitations;
mod keys;
mod legacy_tokens;
mod login_challenges;
mod mail_tokens;
mod oldest;
mod outbox;
mod recovery_codes;
mod refresh_tokens;
mod revocations;
mod roles;
mod secrets;
mod sessions;
mod settings;
mod setup_tokens;
mod totp;
mod user_search;
mod user_transfer;
mod users;

use std::{
    fs,
    path::{Path, PathBuf},
};

/// The compiler cannot check this: it knows that a function is used, but not that a test calls it on both
/// engines.
#[test]
fn every_function_of_a_table_is_tested() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store");
    let sources = |folder: &Path| {
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        files.filter(|path| path.extension().is_some_and(|e| e == "rs")).collect::<Vec<_>>()
    };
    let read = |path: &PathBuf| fs::read_to_string(path).unwrap();
    let tests: String = sources(&folder.join("tests")).iter().map(read).collect();
    let mut seen = 0;
    for path in sources(&folder) {
        let table = path.file_stem().unwrap().to_str().unwrap().to_owned();
        if ["mod", "fixtures"].contains(&table.as_str()) {
            continue;
        }
        for part in read(&path).split("\npub async fn ").skip(1) {
            let call = format!("{table}::{}(", part.split(['(', '<']).next().unwrap());
            assert!(tests.contains(&call), "{call}) has no test");
            seen += 1;
        }
    }
    assert!(seen > 45);
}
