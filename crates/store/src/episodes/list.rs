//! Episodes across children, within a person's reach, newest receipt first.

use chrono::{DateTime, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Array, BigInt, Bool, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::episode::{EpisodeState, PostReturn};
use homeward_domain::policy::{Grant, ListEpisodes, Reach};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use super::{Episode, Row};
use crate::children::{Identity, Named};
use crate::error::StoreResult;
use crate::page::{After, Page, Window};
use crate::seal::Safe;
use crate::sql::{Sql, sql};
use crate::tx::ReadTx;

/// What to show. Nothing observed is among it (NJ-3).
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Only in this state.
    pub state: Option<EpisodeState>,
    /// Only of the unit of this code.
    pub unit_code: Option<String>,
    /// Only received at or after this instant.
    pub received_from: Option<DateTime<Utc>>,
    /// Only received before this instant.
    pub received_before: Option<DateTime<Utc>>,
}

/// One line of the list.
#[derive(Clone, Debug)]
pub struct Listed {
    /// The episode.
    pub episode: Episode,
    /// The child's given name.
    pub given_name: String,
    /// The child's family name.
    pub family_name: String,
    /// Whether a post-return duty is outstanding.
    pub post_return: PostReturn,
}

/// The state in SQL says what `domain::episode::state` says; a test holds the two equal.
const LIST: &str = concat!(
    "select e.*, c.identity, c.version as child_version, p.is_open as post_return_open from missing_episodes e \
    join children c on c.agency_id = e.agency_id and c.id = e.child_id \
    cross join lateral (",
    include_str!("post_return.sql"),
    ") p where e.agency_id = ?"
);

const STATE_IS: &str = concat!(" and (", include_str!("state.sql"), ") = ?");

/// Looked up with the list and not before it, which saves a round trip. A code that no unit has matches nothing.
const UNIT_IS: &str = " and e.unit_id = (select u.id from units u where u.agency_id = current_agency() and u.code = ?)";

#[derive(QueryableByName)]
struct Line {
    #[diesel(embed)]
    columns: Row,
    #[diesel(embed)]
    named: Named,
    #[diesel(sql_type = Bool)]
    post_return_open: bool,
}

impl Line {
    fn listed(self, safe: Safe<'_>) -> StoreResult<Listed> {
        let post_return = if self.post_return_open { PostReturn::TasksOpen } else { PostReturn::Done };
        let Self { columns, named, .. } = self;
        let episode = columns.episode(safe)?;
        let Identity { given_name, family_name, .. } = named.open(safe, episode.child)?;
        Ok(Listed { episode, given_name, family_name, post_return })
    }
}

/// One page of the episodes within the caller's reach.
pub async fn list(
    tx: &ReadTx,
    grant: &Grant<ListEpisodes>,
    filter: &Filter,
    window: &Window,
) -> StoreResult<Page<Listed>> {
    let mut query = within_reach(sql(LIST).bind::<SqlUuid, _>(grant.agency().uuid()), grant);
    if let Some(code) = filter.unit_code.clone() {
        query = query.push(UNIT_IS).bind::<Text, _>(code);
    }
    if let Some(from) = filter.received_from {
        query = query.push(" and ? <= e.agency_information_received_at").bind::<Timestamptz, _>(from);
    }
    if let Some(before) = filter.received_before {
        query = query.push(" and e.agency_information_received_at < ?").bind::<Timestamptz, _>(before);
    }
    if let Some(state) = filter.state {
        query = query.push(STATE_IS).bind::<Text, _>(state.code());
    }
    if let Some(after) = window.after {
        query = query.push(" and (e.agency_information_received_at, e.id) < (?, ?)");
        query = query.bind::<Timestamptz, _>(after.at).bind::<SqlUuid, _>(after.id);
    }
    let rows: Vec<Line> = query
        .push(" order by e.agency_information_received_at desc, e.id desc limit ?")
        .bind::<BigInt, _>(window.limit + 1)
        .load(&mut tx.conn())
        .await?;
    let listed = rows.into_iter().map(|it| it.listed(tx.safe())).collect::<StoreResult<Vec<_>>>()?;
    Ok(Page::cut(listed, window, |it| After { at: it.episode.moments.received_at, id: it.episode.id.uuid() }))
}

fn within_reach(query: Sql, grant: &Grant<ListEpisodes>) -> Sql {
    match &grant.caller().reach {
        Reach::WholeAgency => query,
        Reach::Units(units) => query
            .push(" and (c.unit_id = any(?) or c.assigned_to = ?)")
            .bind::<Array<SqlUuid>, _>(units.iter().map(|it| it.uuid()).collect::<Vec<Uuid>>())
            .bind::<SqlUuid, _>(grant.actor().uuid()),
    }
}
