//! What is wrong with a field, in words.
use crate::{config::Language, flows::Lacking, view};
use fluent_templates::fluent_bundle::FluentValue;

/// What is wrong with a field, in the words of the API and the command line.
pub fn sentence(language: Language, why: Lacking) -> String {
    let (key, count) = message(why);
    view::text(language, &key, &args(count))
}

/// What is wrong with a field, in the words of pages.
pub fn page_sentence(language: Language, why: Lacking) -> String {
    let (key, count) = message(why);
    view::page_text(language, &key, &args(count))
}

fn args(count: Option<usize>) -> Vec<(&'static str, FluentValue<'static>)> {
    count.map(|n| ("count", n.into())).into_iter().collect()
}

/// The name of the text, and the number in it.
fn message(why: Lacking) -> (String, Option<usize>) {
    let (key, count) = match why {
        Lacking::Missing => ("missing", None),
        Lacking::Null => ("null", None),
        Lacking::Blank => ("blank", None),
        Lacking::NotText => ("not-text", None),
        Lacking::NotBoolean => ("not-boolean", None),
        Lacking::NotInteger => ("not-integer", None),
        Lacking::TooLong(n) => ("too-long", Some(n)),
        Lacking::TooShort(n) => ("too-short", Some(n)),
        Lacking::NotPrintable => ("not-printable", None),
        Lacking::NotEmail => ("not-email", None),
        Lacking::NotUsername => ("not-username", None),
        Lacking::NotLanguage => ("not-language", None),
        Lacking::NotRole => ("not-role", None),
        Lacking::NotInvited => ("not-invited", None),
        Lacking::NotList => ("not-list", None),
        Lacking::TooManyRoles(n) => ("too-many-roles", Some(n)),
        Lacking::NotLifetime => ("not-lifetime", None),
        Lacking::OwnUnconfirmed => ("own-unconfirmed", None),
        Lacking::AccessLifetime => ("access-lifetime", None),
        Lacking::RefreshLifetime => ("refresh-lifetime", None),
        Lacking::NotTime => ("not-time", None),
        Lacking::Unknown => ("unknown", None),
        Lacking::Taken => ("taken", None),
        Lacking::TooSimilar => ("too-similar", None),
        Lacking::Common => ("common", None),
        Lacking::Leaked => ("leaked", None),
        Lacking::Guessable => ("guessable", None),
        Lacking::WrongPassword => ("wrong-password", None),
        Lacking::WrongCode => ("wrong-code", None),
    };
    (format!("field-{key}"), count)
}
