//! Queries that are written once and run on both databases.

use sqlx::{Arguments, AssertSqlSafe, FromRow};
use sqlx_postgres::{PgArguments, PgConnection, PgExecutor, PgPool, PgRow};
use sqlx_sqlite::{SqliteArguments, SqliteConnection, SqliteExecutor, SqlitePool, SqliteRow};

use super::{Db, Pool, Tx, TxInner};
use crate::{Error, Result};

/// A value bound to a placeholder. `None` is a typed NULL, which PostgreSQL insists on.
#[derive(Debug, Clone, PartialEq)]
pub enum Value {
    /// A truth value.
    Bool(Option<bool>),
    /// A whole number; also every moment in time.
    Int(Option<i64>),
    /// A floating-point number.
    Real(Option<f64>),
    /// A text; also every word of a vocabulary.
    Text(Option<String>),
    /// An id.
    Uuid(Option<uuid::Uuid>),
    /// Bytes.
    Bytes(Option<Vec<u8>>),
}

impl Value {
    /// What PostgreSQL calls its type.
    pub(super) const fn postgres_type(&self) -> &'static str {
        match self {
            Self::Bool(_) => "BOOLEAN",
            Self::Int(_) => "BIGINT",
            Self::Real(_) => "DOUBLE PRECISION",
            Self::Text(_) => "TEXT",
            Self::Uuid(_) => "UUID",
            Self::Bytes(_) => "BYTEA",
        }
    }
}

/// What can be bound to a placeholder.
pub trait ToValue {
    /// The value.
    fn to_value(self) -> Value;
    /// The NULL of this type.
    fn null() -> Value;
}

macro_rules! to_value {
    ($($kind:ident: $($type:ty => $convert:expr),+;)+) => {$($(
        impl ToValue for $type {
            fn to_value(self) -> Value {
                let convert: fn($type) -> _ = $convert;
                Value::$kind(Some(convert(self)))
            }
            fn null() -> Value {
                Value::$kind(None)
            }
        }
    )+)+};
}

to_value! {
    Bool: bool => |v| v;
    Int: i64 => |v| v, i32 => i64::from, u32 => i64::from, i16 => i64::from, u8 => i64::from;
    Real: f64 => |v| v;
    Text: String => |v| v, &str => str::to_owned, &String => Clone::clone;
    Uuid: uuid::Uuid => |v| v;
    Bytes: Vec<u8> => |v| v, &[u8] => <[u8]>::to_vec;
}

impl<T: ToValue> ToValue for Option<T> {
    fn to_value(self) -> Value {
        self.map_or_else(T::null, T::to_value)
    }
    fn null() -> Value {
        T::null()
    }
}

/// A row type that both databases can fill; `#[derive(sqlx::FromRow)]` is enough.
pub trait Rows: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}
impl<T> Rows for T where T: for<'r> FromRow<'r, SqliteRow> + for<'r> FromRow<'r, PgRow> + Send + Unpin {}

/// Where a query runs: on any reading connection, or inside a transaction.
#[derive(Debug)]
pub enum Conn<'c> {
    /// A SQLite reader.
    Sqlite(&'c SqlitePool),
    /// A SQLite transaction.
    SqliteTx(&'c mut SqliteConnection),
    /// A PostgreSQL connection.
    Postgres(&'c PgPool),
    /// A PostgreSQL transaction.
    PostgresTx(&'c mut PgConnection),
}

impl<'c> From<&'c Db> for Conn<'c> {
    fn from(db: &'c Db) -> Self {
        match &db.pool {
            Pool::Sqlite { read, .. } => Self::Sqlite(read),
            Pool::Postgres(pool) => Self::Postgres(pool),
        }
    }
}

impl<'c> From<&'c mut Tx> for Conn<'c> {
    fn from(tx: &'c mut Tx) -> Self {
        match tx.inner() {
            TxInner::Sqlite(tx) => Self::SqliteTx(tx),
            TxInner::Postgres(tx) => Self::PostgresTx(tx),
        }
    }
}

impl Conn<'_> {
    /// Whether the database is SQLite, for the few statements that differ.
    #[must_use]
    pub const fn is_sqlite(&self) -> bool {
        matches!(self, Self::Sqlite(_) | Self::SqliteTx(_))
    }
}

/// A statement and its values.
#[derive(Debug, Clone)]
#[must_use = "a query does nothing until it is run"]
pub struct Sql {
    text: Text,
    values: Vec<Value>,
    /// The number of columns, where the values are those of several rows and each column is an argument.
    columns: Option<usize>,
}

#[derive(Debug, Clone)]
enum Text {
    Fixed(&'static str),
    Built(String),
}

/// Begins a query. The text is fixed in the program; values come in by [`Sql::bind`] alone.
pub const fn sql(text: &'static str) -> Sql {
    Sql { text: Text::Fixed(text), values: Vec::new(), columns: None }
}

/// Runs one method of sqlx on whichever database the connection belongs to.
macro_rules! dispatch {
    ($self:ident, $on:ident, |$query:ident, $arguments:ident| $make:expr, $method:ident) => {{
        let Sql { text, values, columns } = $self;
        match $on.into() {
            Conn::Sqlite(pool) => {
                let $arguments = sqlite_arguments(values)?;
                dispatch!(@run text, |$query| $make, $method, pool)
            }
            Conn::SqliteTx(connection) => {
                let $arguments = sqlite_arguments(values)?;
                dispatch!(@run text, |$query| $make, $method, &mut *connection)
            }
            Conn::Postgres(pool) => {
                let $arguments = postgres_arguments(values, columns)?;
                dispatch!(@run text, |$query| $make, $method, pool)
            }
            Conn::PostgresTx(connection) => {
                let $arguments = postgres_arguments(values, columns)?;
                dispatch!(@run text, |$query| $make, $method, &mut *connection)
            }
        }
    }};
    (@run $text:ident, |$query:ident| $make:expr, $method:ident, $executor:expr) => {
        match $text {
            Text::Fixed($query) => $make.$method($executor).await,
            Text::Built(built) => {
                // Built from fixed fragments and placeholders only, see `push` and `push_bind`.
                let $query = AssertSqlSafe(built);
                $make.$method($executor).await
            }
        }
    };
}

impl Sql {
    /// Binds the next value.
    pub fn bind(mut self, value: impl ToValue) -> Self {
        self.values.push(value.to_value());
        self
    }

    /// Takes the values for those of so many rows, one after the other, and turns each column into one argument, an array.
    /// `text` gets the values of a row. For PostgreSQL alone.
    pub(super) fn by_column(self, rows: usize, text: impl FnOnce(&[Value]) -> &'static str) -> Self {
        let columns = self.values.len() / rows.max(1);
        Self { text: Text::Fixed(text(&self.values[..columns])), columns: Some(columns), ..self }
    }

    /// Appends a fixed fragment.
    pub fn push(&mut self, fragment: &'static str) -> &mut Self {
        self.text_mut().push_str(fragment);
        self
    }

    /// Appends a placeholder and binds its value.
    pub fn push_bind(&mut self, value: impl ToValue) -> &mut Self {
        self.values.push(value.to_value());
        let number = self.values.len();
        let text = self.text_mut();
        text.push('$');
        text.push_str(&number.to_string());
        self
    }

    /// Appends a list of placeholders, for `IN (…)`. A list without values is one that holds nothing.
    pub fn push_list<T: ToValue + Copy>(&mut self, values: &[T]) -> &mut Self {
        if values.is_empty() {
            return self.push("NULL");
        }
        for (index, value) in values.iter().enumerate() {
            if index > 0 {
                self.push(", ");
            }
            self.push_bind(*value);
        }
        self
    }

    /// Appends a row of placeholders, `($1, $2, …)`, for multi-row statements.
    pub fn push_row(&mut self, values: impl IntoIterator<Item = Value>) -> &mut Self {
        let mut separator = '(';
        for value in values {
            self.values.push(value);
            let number = self.values.len();
            let text = self.text_mut();
            text.push(separator);
            text.push('$');
            text.push_str(&number.to_string());
            separator = ',';
        }
        self.text_mut().push(')');
        self
    }

    fn text_mut(&mut self) -> &mut String {
        if let Text::Fixed(text) = self.text {
            self.text = Text::Built(text.to_owned());
        }
        match &mut self.text {
            Text::Built(text) => text,
            Text::Fixed(_) => unreachable!("replaced above"),
        }
    }

    /// All rows.
    ///
    /// # Errors
    /// What the database says, mapped by [`Error`].
    pub async fn all<T: Rows>(self, on: impl Into<Conn<'_>>) -> Result<Vec<T>> {
        Ok(dispatch!(self, on, |query, arguments| sqlx::query_as_with::<_, T, _>(query, arguments), fetch_all)?)
    }

    /// The first row, if any.
    ///
    /// # Errors
    /// What the database says, mapped by [`Error`].
    pub async fn optional<T: Rows>(self, on: impl Into<Conn<'_>>) -> Result<Option<T>> {
        Ok(dispatch!(self, on, |query, arguments| sqlx::query_as_with::<_, T, _>(query, arguments), fetch_optional)?)
    }

    /// The first row, if any, kept from other transactions until this one ends, so that two changes queue. SQLite has
    /// one writer, so there the transaction itself is the lock.
    ///
    /// Not `FOR UPDATE` on PostgreSQL: rows that refer to this one by a foreign key may go on being written, so that who
    /// holds an organisation and waits for its journal does not meet who writes to the journal and refers to it.
    ///
    /// # Errors
    /// What the database says, mapped by [`Error`].
    pub async fn lock<T: Rows>(mut self, tx: &mut Tx) -> Result<Option<T>> {
        if !tx.is_sqlite() {
            self.push(" FOR NO KEY UPDATE");
        }
        self.optional(tx).await
    }

    /// The first row, which must exist.
    ///
    /// # Errors
    /// What the database says; a missing row is an internal error.
    pub async fn one<T: Rows>(self, on: impl Into<Conn<'_>>) -> Result<T> {
        self.optional(on).await?.ok_or_else(|| Error::internal("a row that must exist is missing"))
    }

    /// Runs the statement and tells how many rows it changed.
    ///
    /// # Errors
    /// What the database says, mapped by [`Error`].
    pub async fn run(self, on: impl Into<Conn<'_>>) -> Result<u64> {
        let Self { text, values, columns } = self;
        Ok(match on.into() {
            Conn::Sqlite(pool) => execute_sqlite(text, sqlite_arguments(values)?, pool).await?,
            Conn::SqliteTx(connection) => execute_sqlite(text, sqlite_arguments(values)?, &mut *connection).await?,
            Conn::Postgres(pool) => execute_postgres(text, postgres_arguments(values, columns)?, pool).await?,
            Conn::PostgresTx(connection) => {
                execute_postgres(text, postgres_arguments(values, columns)?, &mut *connection).await?
            }
        })
    }
}

async fn execute_sqlite(text: Text, arguments: SqliteArguments, on: impl SqliteExecutor<'_>) -> Result<u64> {
    let done = match text {
        Text::Fixed(text) => sqlx::query_with(text, arguments).execute(on).await?,
        Text::Built(text) => sqlx::query_with(AssertSqlSafe(text), arguments).execute(on).await?,
    };
    Ok(done.rows_affected())
}

async fn execute_postgres(text: Text, arguments: PgArguments, on: impl PgExecutor<'_>) -> Result<u64> {
    let done = match text {
        Text::Fixed(text) => sqlx::query_with(text, arguments).execute(on).await?,
        Text::Built(text) => sqlx::query_with(AssertSqlSafe(text), arguments).execute(on).await?,
    };
    Ok(done.rows_affected())
}

macro_rules! arguments {
    ($name:ident, $arguments:ty) => {
        fn $name(values: Vec<Value>) -> Result<$arguments> {
            let mut arguments = <$arguments>::default();
            for value in values {
                match value {
                    Value::Bool(value) => arguments.add(value),
                    Value::Int(value) => arguments.add(value),
                    Value::Real(value) => arguments.add(value),
                    Value::Text(value) => arguments.add(value),
                    Value::Uuid(value) => arguments.add(value),
                    Value::Bytes(value) => arguments.add(value),
                }
                .map_err(Error::Internal)?;
            }
            Ok(arguments)
        }
    };
}

arguments!(sqlite_arguments, SqliteArguments);
arguments!(postgres_scalars, PgArguments);

fn postgres_arguments(values: Vec<Value>, columns: Option<usize>) -> Result<PgArguments> {
    match columns {
        Some(columns) => arrays(values, columns),
        None => postgres_scalars(values),
    }
}

/// The values of rows of so many columns as an array for each column. A column has one type in all rows.
fn arrays(values: Vec<Value>, columns: usize) -> Result<PgArguments> {
    macro_rules! add {
        ($arguments:ident, $column:ident, $($kind:ident),+) => {
            match $column.first() {
                $(Some(Value::$kind(_)) => {
                    let values = $column.into_iter().map(|value| match value {
                        Value::$kind(value) => Ok(value),
                        other => Err(Error::internal(format!("{other:?} among values of another type"))),
                    });
                    $arguments.add(values.collect::<Result<Vec<_>>>()?).map_err(Error::Internal)?;
                })+
                None => {}
            }
        };
    }
    let rows = values.len() / columns.max(1);
    let mut by_column: Vec<Vec<Value>> = (0..columns).map(|_| Vec::with_capacity(rows)).collect();
    for (index, value) in values.into_iter().enumerate() {
        by_column[index % columns].push(value);
    }
    let mut arguments = PgArguments::default();
    for column in by_column {
        add!(arguments, column, Bool, Int, Real, Text, Uuid, Bytes);
    }
    Ok(arguments)
}
