//! What stands in the clear is a list that somebody can read and agree to.

use std::collections::BTreeSet;

use super::{NOW, texts};
use crate::support::TestApp;

const CLEAR: &str = include_str!("clear.txt");

/// Words, documents and days; not what a table holds to codes by a check.
const WORDS: &str = "select format('%s.%s', c.table_name, c.column_name) from information_schema.columns c \
    where c.table_schema = 'public' and c.data_type in ('text', 'character varying', 'json', 'jsonb', 'ARRAY', 'date') \
    and not exists (select from pg_constraint k \
    join pg_attribute a on a.attrelid = k.conrelid and a.attnum = any(k.conkey) \
    where k.contype = 'c' and k.conrelid = format('public.%I', c.table_name)::regclass and a.attname = c.column_name \
    and pg_get_constraintdef(k.oid) ~ 'ARRAY\\[''|= ''')";

#[tokio::test]
async fn en_01_every_column_of_words_is_sealed_or_on_the_list_of_what_stands_in_the_clear() {
    let app = TestApp::at(NOW).await;
    let there: BTreeSet<String> = texts(&app.db.owner().await, WORDS).await.into_iter().collect();
    let lines = CLEAR.lines().filter(|it| !it.is_empty() && !it.starts_with('#'));
    let listed: BTreeSet<String> = lines.map(str::to_owned).collect();
    let (unlisted, gone): (Vec<_>, Vec<_>) = (there.difference(&listed).collect(), listed.difference(&there).collect());
    assert!(unlisted.is_empty() && gone.is_empty(), "not sealed: {unlisted:?}; no longer there: {gone:?}");
}
