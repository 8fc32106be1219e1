//! What is wrong with one field of a request.

/// What is wrong with one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldError {
    Missing,
    Null,
    Blank,
    NotText,
    NotBoolean,
    NotInteger,
    /// The most characters allowed.
    TooLong(usize),
    /// The fewest characters allowed.
    TooShort(usize),
    /// Control characters, NUL among them.
    NotPrintable,
    NotEmail,
    NotUsername,
    NotLanguage,
    NotRole,
    /// Not the address that was invited.
    NotInvited,
    NotList,
    /// The most roles allowed.
    TooManyRoles(usize),
    /// A time such as `5m`.
    NotLifetime,
    /// Whoever demands confirmed addresses has not confirmed his own.
    OwnUnconfirmed,
    /// It does not fit the bounds or the lifetime of refresh tokens.
    AccessLifetime,
    /// It does not fit the lifetimes of access tokens and sessions, or the grace.
    RefreshLifetime,
    /// Neither RFC 3339 nor a day.
    NotTime,
    /// None of the values there are.
    Unknown,
    Taken,
    /// The password is made of the user's or the site's own names.
    TooSimilar,
    /// The password is a well-known one, or a common word.
    Common,
    /// The password is in a list of leaked ones.
    Leaked,
    /// The password is made of what is tried first.
    Guessable,
    /// Not the current password.
    WrongPassword,
    /// Not the code of the newest mail, or too many were tried.
    WrongCode,
}
