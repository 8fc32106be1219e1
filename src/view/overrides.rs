//! The operator's templates. Mistakes that only the readers of a page would notice stop the start.
use super::Error;
use include_dir::{Dir, include_dir};
use std::{
    collections::{HashMap, HashSet},
    fs, io,
    path::Path,
};
use tera::Tera;

/// The file name extensions of templates, style and script.
const KINDS: [&str; 4] = ["html", "txt", "css", "js"];
/// The English texts. The other languages have the same keys.
static TEXTS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/locales/en");
/// The start of a reference to a text.
const TEXT: &str = "t(key=\"";

/// The files in `folder` that replace one of `ours`.
pub fn read(
    folder: &Path,
    ours: &HashMap<String, String>,
) -> Result<HashMap<String, String>, Error> {
    // A file whose name matches none of ours would have no effect, which nobody would notice.
    let mut theirs = HashMap::new();
    for name in names(folder, "")? {
        if ours.contains_key(&name) {
            let text = fs::read_to_string(folder.join(&name));
            let text = text.map_err(|e| Error::Override(format!("{name}: {e}")))?;
            theirs.insert(name, text);
        } else if KINDS.iter().any(|kind| name.ends_with(&format!(".{kind}"))) {
            return Err(Error::Override(format!("{name}: there is no built-in file of this name")));
        }
    }
    Ok(theirs)
}

/// The files below a folder, recursively. `at` is the folder's path relative to the top folder.
fn names(folder: &Path, at: &str) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        if name.starts_with('.') {
            continue;
        }
        let name = format!("{at}{name}");
        if fs::metadata(entry.path())?.is_dir() {
            names.extend(self::names(&entry.path(), &format!("{name}/"))?);
        } else {
            names.push(name);
        }
    }
    Ok(names)
}

/// Checks that `theirs` use only variables that `ours` of the same name get, and only texts that exist.
///
/// # Errors
/// [`Error::Override`] has one line per problem, with file and line number.
pub fn check(theirs: &HashMap<String, String>, all: &Tera, ours: &Tera) -> Result<(), Error> {
    let mut wrong = Vec::new();
    for (name, source) in theirs.iter().filter(|(name, _)| ours.contains_template(name)) {
        let mut known: HashSet<_> = ALWAYS.into();
        let alike = MAILS.iter().filter(|_| MAILS.contains(&name.as_str()));
        for one in alike.copied().chain([BASE, name]) {
            known.extend(ours.get_template_variables(one)?);
        }
        let used = all.get_template_variables(name)?;
        // A variable that a parent template uses is reported for the parent.
        let unknown = used.into_iter().filter(|v| !known.contains(v) && line(source, v).is_some());
        let unknown = unknown.map(|v| (v.to_owned(), "there is no variable"));
        let mentions = source.split(TEXT).skip(1).filter_map(|rest| rest.split_once('"'));
        let whole = mentions.filter(|(_, rest)| !rest.trim_start().starts_with('~'));
        let missing = whole.map(|(key, _)| key).filter(|key| !is_text(key));
        let missing = missing.map(|key| (key.to_owned(), "there is no text"));
        wrong.extend(unknown.chain(missing).map(|(word, what)| {
            let line = line(source, &word).unwrap_or(1);
            (name, line, format!("{name}:{line}: {what} `{word}`"))
        }));
    }
    wrong.sort();
    wrong.dedup();
    if wrong.is_empty() {
        return Ok(());
    }
    let lines: Vec<_> = wrong.into_iter().map(|(.., line)| line).collect();
    Err(Error::Override(lines.join("\n")))
}

/// These templates get the same variables.
const MAILS: [&str; 3] = ["mail/subject.txt", "mail/mail.txt", "mail/mail.html"];
/// The frame of every page.
const BASE: &str = "base.html";
/// The variables that all pages get even if ours do not use them.
const ALWAYS: [&str; 3] = ["lang", "wrong", "csrf_token"];

fn is_text(key: &str) -> bool {
    let named = |line: &str| line.split_once('=').is_some_and(|(name, _)| name.trim_end() == key);
    TEXTS.files().filter_map(|file| file.contents_utf8()).any(|text| text.lines().any(named))
}

/// The number of the first line (from 1) that contains `word` as a whole word.
fn line(text: &str, word: &str) -> Option<usize> {
    let part = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
    let alone = |line: &str| {
        line.match_indices(word).any(|(at, _)| {
            !line[..at].ends_with(part) && !line[at + word.len()..].starts_with(part)
        })
    };
    text.lines().position(alone).map(|n| n + 1)
}
