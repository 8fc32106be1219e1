//! Closed sets of values that are stored as text. Each is an enum, whose variants are stored as words.
//!
//! A row can hold a word that this version does not know: a newer version wrote it while both ran on one
//! database, or it comes from a backup. [`Stored`] keeps such a word, so that a list with it can still be
//! read and shown.
use serde::{Serialize, Serializer};
use sqlx::{Database, Decode, Type, error::BoxDynError};
use std::{fmt, str::FromStr};

/// A word of the closed set `T`, as read from a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Stored<T> {
    Known(T),
    /// A word that this version does not know.
    Unknown(String),
}

impl<T: Copy + Into<&'static str>> Stored<T> {
    /// The value, unless this version does not know the word.
    pub fn known(&self) -> Option<T> {
        match self {
            Self::Known(value) => Some(*value),
            Self::Unknown(_) => None,
        }
    }

    /// The word as it is stored.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Known(value) => (*value).into(),
            Self::Unknown(word) => word,
        }
    }
}

impl<T> From<T> for Stored<T> {
    fn from(value: T) -> Self {
        Self::Known(value)
    }
}

impl<T: PartialEq> PartialEq<T> for Stored<T> {
    fn eq(&self, other: &T) -> bool {
        matches!(self, Self::Known(value) if value == other)
    }
}

impl<T: Copy + Into<&'static str>> fmt::Display for Stored<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl<T: Copy + Into<&'static str>> Serialize for Stored<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<DB: Database, T> Type<DB> for Stored<T>
where
    str: Type<DB>,
{
    fn type_info() -> DB::TypeInfo {
        <str as Type<DB>>::type_info()
    }

    fn compatible(info: &DB::TypeInfo) -> bool {
        <str as Type<DB>>::compatible(info)
    }
}

impl<'r, DB: Database, T: FromStr> Decode<'r, DB> for Stored<T>
where
    &'r str: Decode<'r, DB>,
{
    fn decode(value: DB::ValueRef<'r>) -> Result<Self, BoxDynError> {
        let word = <&str as Decode<DB>>::decode(value)?;
        Ok(word.parse().map_or_else(|_| Self::Unknown(word.to_owned()), Self::Known))
    }
}

/// Declares an enum that is stored as text: its words are its variants in snake case.
///
/// A statement takes it `as_str`: sqlx's own derive names the type `TEXT`, and PostgreSQL would be asked what that
/// is on each new connection.
macro_rules! text_enum {
    ($(#[$attribute:meta])* pub enum $name:ident { $($variants:tt)* }) => {
        $(#[$attribute])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
        #[derive(strum::Display, strum::EnumIter, strum::EnumString, strum::IntoStaticStr)]
        #[serde(rename_all = "snake_case")]
        #[strum(serialize_all = "snake_case")]
        pub enum $name { $($variants)* }

        impl $name {
            /// The word as it is stored.
            pub fn as_str(self) -> &'static str {
                self.into()
            }
        }
    };
}
pub(super) use text_enum;

#[cfg(test)]
mod tests {
    use super::Stored;
    use crate::store::{
        audit::{ActorKind, AuditKind},
        keys::KeyState,
        outbox::{MailKind, OutboxState},
    };
    use std::{collections::HashSet, fmt, hash::Hash, str::FromStr};
    use strum::IntoEnumIterator;

    fn words<T>() -> Vec<&'static str>
    where
        T: IntoEnumIterator + Copy + Eq + Hash + fmt::Debug + FromStr + Into<&'static str>,
        T: serde::Serialize,
    {
        let words: Vec<&'static str> = T::iter().map(Into::into).collect();
        for (value, word) in T::iter().zip(&words) {
            assert_eq!(word.parse().ok(), Some(value));
            assert_eq!(serde_json::json!(value), *word);
            assert_eq!(serde_json::json!(Stored::Known(value)), *word);
        }
        assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        words
    }

    #[test]
    fn text_enums_round_trip() {
        assert!(words::<AuditKind>().len() > 50);
        assert_eq!(words::<ActorKind>(), ["user", "anonymous", "cli", "service"]);
        assert_eq!(words::<MailKind>().len(), 11);
        assert_eq!(words::<OutboxState>(), ["waiting", "sent", "failed", "dropped"]);
        assert_eq!(words::<KeyState>(), ["next", "current", "retired"]);
    }

    #[test]
    fn an_unknown_text_enum_value_equals_no_variant_and_is_kept() {
        let unknown = Stored::<OutboxState>::Unknown("parked".to_owned());
        assert_eq!((unknown.known(), unknown.to_string()), (None, "parked".to_owned()));
        assert_eq!(serde_json::json!(unknown), "parked");
        assert!(unknown != OutboxState::Sent);
        let known = Stored::from(OutboxState::Sent);
        assert!(known == OutboxState::Sent && known != OutboxState::Failed);
    }
}
