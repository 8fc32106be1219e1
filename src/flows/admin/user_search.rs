//! How operators search for users, and see the data of one user.
use crate::{
    field_error::FieldError,
    flows::{
        Error, Login, MOST_SESSIONS, Page, Result, Session, User, UserId,
        admin::Admin,
        paging::{Cursor, SIZE, asked},
    },
    store::{
        audit::Logged,
        outbox::{self, OutboxMessage},
        roles, sessions, user_search,
    },
};
use unicode_normalization::UnicodeNormalization;
use url::form_urlencoded;

/// A search for users, as typed. An empty field does not restrict the search.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserQuery<'a> {
    /// A part of the address, the username or the first name.
    pub search: Option<&'a str>,
    /// The name of a role that the user has.
    pub role: Option<&'a str>,
    /// `active` or `disabled`.
    pub state: Option<&'a str>,
    /// `true` or `false`.
    pub confirmed: Option<&'a str>,
    /// Where the page starts, from [`Page::next`] or [`Page::previous`]; `None` for the first page.
    pub cursor: Option<&'a str>,
}

/// A page of users.
pub struct UserList {
    /// The users on this page, with the cursors of its neighbours.
    pub page: Page<User>,
    /// How many users match, on all pages; at most [`MOST_COUNTED`] if the search is restricted. Without
    /// restriction and beyond a million users it is an estimate.
    pub count: i64,
}

/// The matches of a search are counted up to this many.
pub const MOST_COUNTED: i64 = 10_000;

/// The longest search, in characters.
const LONGEST: usize = 100;

/// How many mails of a user are shown.
const MAILS: i64 = 100;

/// The trimmed text; `None` if it is missing or empty.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// The trimmed text; `None` if it is missing or empty. Control characters are refused, because a database
/// may not accept them.
pub(crate) fn word<'t>(name: &'static str, text: Option<&'t str>) -> Result<Option<&'t str>> {
    match given(text) {
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::field(name, FieldError::NotPrintable))
        }
        text => Ok(text),
    }
}

/// The value that `known` has for the text; `None` if the text is missing or empty.
pub(crate) fn choice<T: Copy>(
    name: &'static str,
    text: Option<&str>,
    known: &[(&str, T)],
) -> Result<Option<T>> {
    let Some(text) = given(text) else { return Ok(None) };
    let found = known.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| Some(*value)).ok_or_else(|| Error::field(name, FieldError::Unknown))
}

/// A `LIKE` pattern for everything that contains `text`, regardless of case.
fn pattern(text: &str) -> Result<String, FieldError> {
    if text.chars().count() > LONGEST {
        return Err(FieldError::TooLong(LONGEST));
    }
    let mut pattern = String::from("%");
    for c in text.nfkc().flat_map(char::to_lowercase) {
        if ['%', '_', '\\'].contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern.push('%');
    Ok(pattern)
}

impl UserQuery<'_> {
    /// The query string of the same search at another cursor.
    pub fn at(&self, cursor: &str) -> String {
        query(&[
            ("search", self.search),
            ("role", self.role),
            ("state", self.state),
            ("confirmed", self.confirmed),
            ("cursor", Some(cursor)),
        ])
    }
}

/// A query string of the pairs whose value is not empty.
pub(crate) fn query(pairs: &[(&str, Option<&str>)]) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (name, value) in pairs {
        if let Some(value) = given(*value) {
            query.append_pair(name, value);
        }
    }
    query.finish()
}

impl Admin<'_> {
    /// A page of the users who match, newest first.
    ///
    /// # Errors
    /// [`Error::Fields`] if the query is invalid.
    pub async fn list_users(&self, query: &UserQuery<'_>) -> Result<UserList> {
        let search = word("search", query.search)?.map(pattern).transpose();
        let search = search.map_err(|e| Error::field("search", e))?;
        let filter = user_search::Filter {
            pattern: search.as_deref(),
            role: word("role", query.role)?,
            active: choice("state", query.state, &[("active", true), ("disabled", false)])?,
            confirmed: choice("confirmed", query.confirmed, &[("true", true), ("false", false)])?,
        };
        let cursor = Cursor::<1>::read(query.cursor)?;
        let mut db = self.auth.db.read_long().await?;
        let from = (UserId(cursor.place[0]), cursor.back);
        let rows = user_search::page(&mut db, &filter, from, asked(SIZE)).await?;
        let page = Page::new(rows, SIZE, cursor, |user| [user.id.0]);
        let alone = page.next.is_none() && page.previous.is_none();
        let count = if alone {
            i64::try_from(page.results.len()).unwrap_or(i64::MAX)
        } else if filter == user_search::Filter::default() {
            user_search::count(&mut db).await?.0
        } else {
            user_search::count_fitting(&mut db, &filter, MOST_COUNTED).await?
        };
        Ok(UserList { page, count })
    }

    /// The roles in use, and how many users have each.
    pub async fn roles(&self) -> Result<Vec<(String, i64)>> {
        Ok(roles::all(&mut self.auth.db.read_long().await?).await?)
    }

    /// One user's profile.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn user(&self, id: UserId) -> Result<User> {
        self.find_user(Login::Id(id)).await
    }

    /// A user's active sessions, the last used first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the user is a superuser and the operator is not.
    pub async fn sessions_of(&self, id: UserId) -> Result<Vec<Session>> {
        self.op.require_visibility(&self.user(id).await?)?;
        let mut db = self.auth.db.read().await?;
        Ok(sessions::of_user(&mut db, id, MOST_SESSIONS, self.auth.clock.now()).await?)
    }

    /// The mails to a user, newest first, without their texts and links.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the user is a superuser and the operator is not.
    pub async fn mails_of(&self, id: UserId) -> Result<Vec<OutboxMessage>> {
        self.op.require_visibility(&self.user(id).await?)?;
        Ok(outbox::of_user(&mut self.auth.db.read().await?, id, MAILS).await?)
    }

    /// The audit events that concern a user's account, newest first.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Forbidden`] if the user is a superuser and the operator is not;
    /// [`Error::Fields`] for an invalid cursor.
    pub async fn history_of(&self, id: UserId, cursor: Option<&str>) -> Result<Page<Logged>> {
        self.op.require_visibility(&self.user(id).await?)?;
        self.logged_of(id, cursor).await
    }
}
