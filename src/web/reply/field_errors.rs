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
    let count = match why {
        FieldError::TooLong(n) | FieldError::TooShort(n) | FieldError::TooManyRoles(n) => Some(n),
        _ => None,
    };
    (format!("field-{}", <&str>::from(why)), count)
}
