//! Permissions of files that only their owner should read: files with secrets, and the database.
use std::{fs, io, path::Path};

/// What users other than the owner may do with a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Others {
    None,
    Read,
    Write,
}

/// What others may do with the file. A missing file counts as `None`; it is reported elsewhere. Container
/// platforms mount secrets that everybody may read and nobody may write.
#[cfg(unix)]
pub(super) fn others(path: &Path) -> Others {
    use std::os::unix::fs::PermissionsExt;
    let mode = fs::metadata(path).map_or(0, |file| file.permissions().mode());
    match mode & 0o077 {
        0 => Others::None,
        mode if mode & 0o022 == 0 => Others::Read,
        _ => Others::Write,
    }
}

#[cfg(not(unix))]
pub(super) fn others(_: &Path) -> Others {
    Others::None
}

/// Names a file by its path if the path can be shown. If its directory does not exist, the value may be a
/// secret that was put in the place of a path.
pub(super) fn named(path: &Path) -> String {
    let folder = path.parent().filter(|folder| folder.components().count() > 1);
    match folder {
        Some(folder) if folder.is_dir() => format!("the file {}", path.display()),
        _ if path.is_file() => format!("the file {}", path.display()),
        _ => "the file".to_owned(),
    }
}

/// Why a file cannot be read, without the text of the library.
pub(super) fn reason(e: &io::Error) -> String {
    match e.kind() {
        io::ErrorKind::NotFound => "it does not exist".to_owned(),
        kind => kind.to_string(),
    }
}
