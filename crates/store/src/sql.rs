//! SQL that the query builder cannot say, prepared once for each connection.
//!
//! Diesel never caches `sql_query`, so a statement of our own is a query fragment with its text as the key.

use std::borrow::Cow;

use diesel::pg::Pg;
use diesel::query_builder::{AstPass, Query, QueryFragment, QueryId};
use diesel::result::QueryResult;
use diesel::serialize::ToSql;
use diesel::sql_types::{HasSqlType, Untyped};

/// A statement whose `?` stand for the bound values, in order.
pub(crate) struct Sql {
    text: Cow<'static, str>,
    binds: Vec<Box<dyn QueryFragment<Pg> + Send>>,
}

struct Bind<T, V> {
    value: V,
    kind: std::marker::PhantomData<fn() -> T>,
}

/// A statement from its text.
pub(crate) fn sql(text: &'static str) -> Sql {
    Sql { text: Cow::Borrowed(text), binds: Vec::new() }
}

impl Sql {
    /// Adds to the text. Each combination is prepared by itself, so each has a plan of its own.
    pub(crate) fn push(mut self, text: &'static str) -> Self {
        self.text.to_mut().push_str(text);
        self
    }

    /// Binds the next `?`.
    pub(crate) fn bind<T, V>(mut self, value: V) -> Self
    where
        T: 'static,
        Pg: HasSqlType<T>,
        V: ToSql<T, Pg> + Send + 'static,
    {
        self.binds.push(Box::new(Bind::<T, V> { value, kind: std::marker::PhantomData }));
        self
    }
}

impl<T, V> QueryFragment<Pg> for Bind<T, V>
where
    Pg: HasSqlType<T>,
    V: ToSql<T, Pg>,
{
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        out.push_bind_param::<T, V>(&self.value)
    }
}

impl QueryFragment<Pg> for Sql {
    fn walk_ast<'b>(&'b self, mut out: AstPass<'_, 'b, Pg>) -> QueryResult<()> {
        let mut binds = self.binds.iter();
        for (at, piece) in self.text.split('?').enumerate() {
            if 0 < at
                && let Some(bind) = binds.next()
            {
                bind.walk_ast(out.reborrow())?;
            }
            out.push_sql(piece);
        }
        Ok(())
    }
}

impl QueryId for Sql {
    type QueryId = ();

    const HAS_STATIC_QUERY_ID: bool = false;
}

impl Query for Sql {
    type SqlType = Untyped;
}
