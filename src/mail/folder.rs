//! Mails as files, for whoever wants to look at them or hand them on.
use std::{io, path::Path};
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt,
};
use uuid::Uuid;

/// Writes a mail to `ID.eml`, readable by nobody else, since it may hold a link. It appears whole or
/// not at all; the same mail sent again takes its place. The folder is not made: where a disk is not
/// mounted, mails would go into what lies below it.
pub async fn write(folder: &Path, id: Uuid, mail: &[u8]) -> io::Result<()> {
    let unfinished = folder.join(format!(".{}", Uuid::new_v4()));
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    options.mode(0o600);
    let written = async {
        let mut file = options.open(&unfinished).await?;
        file.write_all(mail).await?;
        file.sync_data().await?;
        fs::rename(&unfinished, folder.join(format!("{id}.eml"))).await
    }
    .await;
    if written.is_err() {
        // What went wrong counts, not that its remains stay.
        let _ = fs::remove_file(&unfinished).await;
    }
    written
}
