//! The error of a field, as a sentence.
use crate::{config::Language, field_error::FieldError, view};
use fluent_templates::fluent_bundle::FluentValue;

/// The sentence for the API and the command line.
pub fn sentence(language: Language, why: FieldError) -> String {
    let (key, count) = message(why);
    view::text(language, &key, &args(count))
}

/// The sentence for pages.
pub fn page_sentence(language: Language, why: FieldError) -> String {
    let (key, count) = message(why);
    view::page_text(language, &key, &args(count))
}

fn args(count: Option<usize>) -> Vec<(&'static str, FluentValue<'static>)> {
    count.map(|n| ("count", n.into())).into_iter().collect()
}

/// The name of the text, and the number that the text contains.
fn message(why: FieldError) -> (String, Option<usize>) {
    let (key, count) = match why {
        FieldError::Missing => ("missing", None),
        FieldError::Null => ("null", None),
        FieldError::Blank => ("blank", None),
        FieldError::NotText => ("not-text", None),
        FieldError::NotBoolean => ("not-boolean", None),
        FieldError::NotInteger => ("not-integer", None),
        FieldError::TooLong(n) => ("too-long", Some(n)),
        FieldError::TooShort(n) => ("too-short", Some(n)),
        FieldError::NotPrintable => ("not-printable", None),
        FieldError::NotEmail => ("not-email", None),
        FieldError::NotUsername => ("not-username", None),
        FieldError::NotLanguage => ("not-language", None),
        FieldError::NotRole => ("not-role", None),
        FieldError::NotInvited => ("not-invited", None),
        FieldError::NotList => ("not-list", None),
        FieldError::TooManyRoles(n) => ("too-many-roles", Some(n)),
        FieldError::NotLifetime => ("not-lifetime", None),
        FieldError::OwnUnconfirmed => ("own-unconfirmed", None),
        FieldError::AccessLifetime => ("access-lifetime", None),
        FieldError::RefreshLifetime => ("refresh-lifetime", None),
        FieldError::NotTime => ("not-time", None),
        FieldError::Unknown => ("unknown", None),
        FieldError::Taken => ("taken", None),
        FieldError::TooSimilar => ("too-similar", None),
        FieldError::Common => ("common", None),
        FieldError::Leaked => ("leaked", None),
        FieldError::Guessable => ("guessable", None),
        FieldError::WrongPassword => ("wrong-password", None),
        FieldError::WrongCode => ("wrong-code", None),
        FieldError::WrongFactorCode => ("wrong-factor-code", None),
    };
    (format!("field-{key}"), count)
}
