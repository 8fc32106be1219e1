//! [`FieldError`]: why one field of a request is refused.

/// Why a field is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, strum::IntoStaticStr)]
#[strum(serialize_all = "kebab-case")]
pub enum FieldError {
    /// A required field is not there.
    Missing,
    /// It is JSON `null` where a string is required.
    Null,
    /// It is empty or, unless it is a password, has only white space.
    Blank,
    /// It is not a string.
    NotText,
    /// It is neither true nor false.
    NotBoolean,
    /// It is not a whole number, or too large for 64 bits.
    NotInteger,
    /// The most characters allowed.
    TooLong(usize),
    /// The fewest characters allowed.
    TooShort(usize),
    /// It has control characters, for example NUL.
    NotPrintable,
    /// It is not a valid email address, or it is too long.
    NotEmail,
    /// It has characters or a mix of alphabets that usernames must not have, or no letter or digit.
    NotUsername,
    /// It is not the tag of a language that the service has texts for.
    NotLanguage,
    /// It is not a role's name: 1 to 64 ASCII letters, digits, `_`, `.`, `:`, `-`.
    NotRole,
    /// It is not the address that was invited.
    NotInvited,
    /// It is not a list, or the list has too many items.
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
    /// Another account has this email or username.
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
    /// It is not a code of the user's second factor, or it was used before.
    WrongFactorCode,
}
