//! Writes mails as files, for operators who want to read or forward them.
use std::{io, path::Path};
use tokio::{
    fs::{self, OpenOptions},
    io::AsyncWriteExt,
};
use uuid::Uuid;

/// Writes a mail to `ID.eml`, readable by its owner only, because it may contain a link. The file appears
/// complete or not at all. The same mail sent again replaces it. Does not create the folder: if a disk is not
/// mounted, mails would end up in the directory below its mount point.
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
        // The first error is returned, even if the unfinished file cannot be removed.
        let _ = fs::remove_file(&unfinished).await;
    }
    written
}
