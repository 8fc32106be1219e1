//! [`FieldError`]: why one field of a request is refused.

/// Why a field is refused.
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
    /// It has control characters, for example NUL.
    NotPrintable,
    NotEmail,
    NotUsername,
    NotLanguage,
    NotRole,
    /// It is not the address that was invited.
    NotInvited,
    NotList,
    /// The most roles allowed.
    TooManyRoles(usize),
    /// It is not a duration such as `5m`.
    NotLifetime,
    /// A superuser who requires confirmed addresses has not confirmed their own.
    OwnUnconfirmed,
    /// The lifetime of access tokens is out of bounds or does not fit the lifetime of refresh tokens.
    AccessLifetime,
    /// The lifetime of refresh tokens does not fit the lifetimes of access tokens and sessions, or the grace
    /// period.
    RefreshLifetime,
    /// It is neither an RFC 3339 time nor a day.
    NotTime,
    /// It is not one of the possible values.
    Unknown,
    Taken,
    /// The password consists mostly of the user's or the site's own names.
    TooSimilar,
    /// The password is a well-known password or a common word.
    Common,
    /// The password is in a list of leaked passwords.
    Leaked,
    /// The password takes too few guesses.
    Guessable,
    /// It is not the current password.
    WrongPassword,
    /// It is not the code of the newest mail, or too many codes were tried.
    WrongCode,
}
