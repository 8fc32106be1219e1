//! Runs statements on either engine: `db.fetch_one("… $1, $2", (a, b))`.
use super::{Conn, Error, Result, pool::Link};
use sqlx::{
    Arguments, Encode, FromRow, Postgres, Sqlite, Type,
    postgres::{PgArguments, PgRow},
    sqlite::{SqliteArguments, SqliteRow},
};

/// A value that both engines can store.
pub trait Value<'a>:
    Encode<'a, Sqlite> + Type<Sqlite> + Encode<'a, Postgres> + Type<Postgres> + Send
{
}
impl<'a, T> Value<'a> for T where
    T: Encode<'a, Sqlite> + Type<Sqlite> + Encode<'a, Postgres> + Type<Postgres> + Send
{
}

/// A type that the rows of both engines convert to. `#[derive(sqlx::FromRow)]` implements it.
pub trait Record:
    for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}
impl<T> Record for T where
    T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin
{
}

/// The arguments of a statement: `()`, `[a]` or `(a, b, …)`.
pub trait Args<'a>: Send {
    fn sqlite(self) -> sqlx::Result<SqliteArguments>;
    fn postgres(self) -> sqlx::Result<PgArguments>;
}

impl<'a, V: Value<'a>, const N: usize> Args<'a> for [V; N] {
    fn sqlite(self) -> sqlx::Result<SqliteArguments> {
        let mut all = SqliteArguments::default();
        self.into_iter().try_for_each(|v| all.add(v)).map_err(sqlx::Error::Encode)?;
        Ok(all)
    }
    fn postgres(self) -> sqlx::Result<PgArguments> {
        let mut all = PgArguments::default();
        self.into_iter().try_for_each(|v| all.add(v)).map_err(sqlx::Error::Encode)?;
        Ok(all)
    }
}

macro_rules! tuples { ($(($($t:ident)*))*) => { $(
    #[allow(non_snake_case, unused_mut, clippy::unused_unit)]
    impl<'a, $($t: Value<'a>),*> Args<'a> for ($($t,)*) {
        fn sqlite(self) -> sqlx::Result<SqliteArguments> {
            let ($($t,)*) = self;
            let mut all = SqliteArguments::default();
            $(all.add($t).map_err(sqlx::Error::Encode)?;)*
            Ok(all)
        }
        fn postgres(self) -> sqlx::Result<PgArguments> {
            let ($($t,)*) = self;
            let mut all = PgArguments::default();
            $(all.add($t).map_err(sqlx::Error::Encode)?;)*
            Ok(all)
        }
    }
)* } }
tuples! { () (A B) (A B C) (A B C D) (A B C D E) (A B C D E F) (A B C D E F G) (A B C D E F G H)
(A B C D E F G H I) (A B C D E F G H I J) (A B C D E F G H I J K) (A B C D E F G H I J K L)
(A B C D E F G H I J K L M) (A B C D E F G H I J K L M N)
(A B C D E F G H I J K L M N O) (A B C D E F G H I J K L M N O P) }

macro_rules! on_either {
    ($conn:ident, $query:ident($sql:ident, $args:ident).$how:ident $(, $then:ident)?) => {{
        let outcome = match &mut $conn.link {
            Link::Sqlite(c) => {
                let query = sqlx::$query($sql, $args.sqlite()?).$how(c.busy()?);
                let outcome = $conn.deadline.over(query).await;
                c.done(outcome)$(.map(|done| done.$then()))?
            }
            Link::Postgres(c) => {
                let query = sqlx::$query($sql, $args.postgres()?);
                let query = query.persistent(c.names_statements()).$how(c.busy()?);
                let outcome = $conn.deadline.over(query).await;
                c.done(outcome)$(.map(|done| done.$then()))?
            }
        };
        outcome.inspect_err(|e| $conn.health.see(e)).map_err(Error::from)
    }};
}

impl Conn {
    /// Returns the first row. No row is an error.
    pub async fn fetch_one<'a, T: Record>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<T> {
        on_either!(self, query_as_with(sql, args).fetch_one)
    }

    /// Returns the first row, if there is one.
    pub async fn fetch_optional<'a, T: Record>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<Option<T>> {
        on_either!(self, query_as_with(sql, args).fetch_optional)
    }

    /// Returns all rows.
    pub async fn fetch_all<'a, T: Record>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<Vec<T>> {
        on_either!(self, query_as_with(sql, args).fetch_all)
    }

    /// Returns the number of affected rows.
    pub async fn execute<'a>(&mut self, sql: &'static str, args: impl Args<'a>) -> Result<u64> {
        on_either!(self, query_with(sql, args).execute, rows_affected)
    }

    /// Like [`Conn::execute`], without the number.
    pub async fn run<'a>(&mut self, sql: &'static str, args: impl Args<'a>) -> Result<()> {
        self.execute(sql, args).await.map(drop)
    }

    /// Like [`Conn::execute`]. Returns whether one row was affected.
    pub async fn execute_one<'a>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<bool> {
        Ok(self.execute(sql, args).await? == 1)
    }

    /// Returns the only column of the first row. No row is an error.
    pub async fn fetch_value<'a, T>(&mut self, sql: &'static str, args: impl Args<'a>) -> Result<T>
    where
        (T,): Record,
    {
        self.fetch_one::<(T,)>(sql, args).await.map(|(value,)| value)
    }

    /// Returns the only column of the first row, if there is one.
    pub async fn fetch_optional_value<'a, T>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<Option<T>>
    where
        (T,): Record,
    {
        Ok(self.fetch_optional::<(T,)>(sql, args).await?.map(|(value,)| value))
    }

    /// Returns the only column of all rows.
    pub async fn fetch_values<'a, T>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<Vec<T>>
    where
        (T,): Record,
    {
        Ok(self.fetch_all::<(T,)>(sql, args).await?.into_iter().map(|(value,)| value).collect())
    }

    /// Like [`Conn::execute_one`], in a transaction. `false` also if a unique index refuses the row, because
    /// another transaction has just inserted the same value. The transaction stays usable.
    pub async fn execute_one_unless_taken<'a>(
        &mut self,
        sql: &'static str,
        args: impl Args<'a>,
    ) -> Result<bool> {
        // SQLite undoes the statement by itself.
        if self.locks_rows() {
            self.execute("SAVEPOINT unless_taken", ()).await?;
        }
        let outcome = self.execute_one(sql, args).await;
        if !outcome.as_ref().is_err_and(Error::is_unique_violation) {
            return outcome;
        }
        if self.locks_rows() {
            self.execute("ROLLBACK TO SAVEPOINT unless_taken", ()).await?;
        }
        if let Link::Postgres(c) = &mut self.link {
            c.restored();
        }
        Ok(false)
    }
}
