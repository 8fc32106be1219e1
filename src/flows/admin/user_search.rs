//! Users as operators find them, and what is stored of one.
use crate::{
    field_error::FieldError,
    flows::{
        By, Error, MOST_SESSIONS, Page, Result, Session, User, UserId,
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

/// What is looked for, as typed; what is empty is not asked for.
#[derive(Clone, Copy, Debug, Default)]
pub struct UserQuery<'a> {
    /// A part of the address, the username or the name.
    pub search: Option<&'a str>,
    pub role: Option<&'a str>,
    /// `active` or `disabled`.
    pub state: Option<&'a str>,
    /// `true` or `false`.
    pub confirmed: Option<&'a str>,
    pub cursor: Option<&'a str>,
}

/// A page of users.
pub struct UserList {
    pub page: Page<User>,
    /// How many fit, on all pages; at most [`MOST_COUNTED`] if anything is looked for. Of more than a
    /// million users it is about how many there are.
    pub count: i64,
}

/// Beyond this many it is not counted how many users fit a search.
pub const MOST_COUNTED: i64 = 10_000;

/// The longest search, in characters.
const LONGEST: usize = 100;

/// How many mails are shown of a user.
const MAILS: i64 = 100;

/// What is given, unless it is empty.
pub(crate) fn given(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !text.is_empty())
}

/// What is given, as far as a database takes it.
pub(crate) fn word<'t>(name: &'static str, text: Option<&'t str>) -> Result<Option<&'t str>> {
    match given(text) {
        Some(text) if text.chars().any(char::is_control) => {
            Err(Error::field(name, FieldError::NotPrintable))
        }
        text => Ok(text),
    }
}

/// One of the words that `known` has a meaning for.
pub(crate) fn choice<T: Copy>(
    name: &'static str,
    text: Option<&str>,
    known: &[(&str, T)],
) -> Result<Option<T>> {
    let Some(text) = given(text) else { return Ok(None) };
    let found = known.iter().find(|(word, _)| *word == text);
    found.map(|(_, value)| Some(*value)).ok_or_else(|| Error::field(name, FieldError::Unknown))
}

/// A pattern for whatever has `text` in it, in any case.
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
    /// The query string of the same search at another place.
    pub fn at(&self, cursor: &str) -> String {
        let pairs = [
            ("search", self.search),
            ("role", self.role),
            ("state", self.state),
            ("confirmed", self.confirmed),
            ("cursor", Some(cursor)),
        ];
        query(&pairs)
    }
}

/// A query string of what is given.
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
    /// The users who fit, the newest first.
    ///
    /// # Errors
    /// `Fields` if the query cannot be understood.
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
        let all = filter.pattern.is_none()
            && filter.role.is_none()
            && filter.active.is_none()
            && filter.confirmed.is_none();
        let count = if alone {
            i64::try_from(page.results.len()).unwrap_or(i64::MAX)
        } else if all {
            user_search::count(&mut db).await?.0
        } else {
            user_search::count_fitting(&mut db, &filter, MOST_COUNTED).await?
        };
        Ok(UserList { page, count })
    }

    /// The roles that anybody has, and how many have each.
    pub async fn roles(&self) -> Result<Vec<(String, i64)>> {
        Ok(roles::all(&mut self.auth.db.read_long().await?).await?)
    }

    /// One user's profile.
    ///
    /// # Errors
    /// `NotFound`.
    pub async fn user(&self, id: UserId) -> Result<User> {
        self.find_user(By::Id(id)).await
    }

    /// A user's living sessions, the last used first.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for an admin who asks of a superuser.
    pub async fn sessions_of(&self, id: UserId) -> Result<Vec<Session>> {
        self.op.demand_sight(&self.user(id).await?)?;
        let mut db = self.auth.db.read().await?;
        Ok(sessions::of_user(&mut db, id, MOST_SESSIONS, self.auth.clock.now()).await?)
    }

    /// The mails to a user, the newest first; neither their texts nor their links.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for an admin who asks of a superuser.
    pub async fn mails_of(&self, id: UserId) -> Result<Vec<OutboxMessage>> {
        self.op.demand_sight(&self.user(id).await?)?;
        Ok(outbox::of_user(&mut self.auth.db.read().await?, id, MAILS).await?)
    }

    /// What happened to a user's account, the newest first.
    ///
    /// # Errors
    /// `NotFound`; `Forbidden` for an admin who asks of a superuser; `Fields` for a bad cursor.
    pub async fn history_of(&self, id: UserId, cursor: Option<&str>) -> Result<Page<Logged>> {
        self.op.demand_sight(&self.user(id).await?)?;
        self.logged_of(id, cursor).await
    }
}
