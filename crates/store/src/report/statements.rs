//! Statements for a report: appended, sealed, the last of each item stands.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use diesel::sql_types::{Nullable, Text, Uuid as SqlUuid};
use diesel::{Insertable, QueryableByName};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{ChildId, EpisodeId, Id, StatementId, UserId};
use homeward_domain::policy::{Action, Permit};
use homeward_domain::report::{ContentOrigin, ContentStatus, OfGroup, ReportGroup, ReportItem, Said};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::children;
use crate::convert::code;
use crate::episodes;
use crate::error::{StoreError, StoreResult};
use crate::schema::report_statements;
use crate::seal::{STATED_REASON, STATED_VALUE};
use crate::search::{self, Source};
use crate::sql::sql;
use crate::tx::{ReadTx, WriteTx};

/// Whose items: the child's, or one episode's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// They outlast an episode.
    Child,
    /// They belong to this one.
    Episode(EpisodeId),
}

/// What a person says of one item, and from what kind of record they have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saying {
    /// What they say.
    pub said: Said,
    /// Whose rules travel with it.
    pub origin: ContentOrigin,
}

/// The statement of an item that stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// How it stands.
    pub status: ContentStatus,
    /// The words. None where the caller may not read them.
    pub said: Option<Said>,
    /// Whose rules travel with it.
    pub origin: ContentOrigin,
    /// The version of the group that it came with.
    pub version: i32,
    /// When.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
}

/// The items of a group that somebody has stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Group {
    /// Which.
    pub group: ReportGroup,
    /// Counts up from 0, which is nothing.
    pub version: i32,
    /// What stands.
    pub stated: BTreeMap<ReportItem, Stated>,
}

impl Group {
    /// Nobody has stated anything.
    pub(super) fn nothing(group: ReportGroup) -> Self {
        Self { group, version: 0, stated: BTreeMap::new() }
    }

    /// Takes the words away and leaves how it stands.
    pub(super) fn hide(&mut self) {
        self.stated.values_mut().for_each(|it| it.said = None);
    }

    fn says(&self, item: ReportItem, saying: &Saying) -> bool {
        let stands = self.stated.get(&item);
        stands.is_some_and(|it| it.said.as_ref() == Some(&saying.said) && it.origin == saying.origin)
    }
}

/// The last of each item. One that belongs to an episode is never mixed with another's.
const STANDING: &str = "select distinct on (item) id, item, version, status, value, reason, origin, recorded_at, \
    recorded_by from report_statements where agency_id = ? and child_id = ? \
    and (episode_id is null or episode_id = ?) order by item, version desc";

#[derive(QueryableByName, Insertable)]
#[diesel(table_name = report_statements)]
struct Row {
    id: Uuid,
    item: String,
    version: i32,
    status: String,
    value: Option<Vec<u8>>,
    reason: Option<Vec<u8>>,
    origin: String,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
}

#[derive(Insertable)]
#[diesel(table_name = report_statements)]
struct NewRow {
    agency_id: Uuid,
    child_id: Uuid,
    episode_id: Option<Uuid>,
    item_group: &'static str,
    #[diesel(embed)]
    row: Row,
}

impl Row {
    fn seal(tx: &WriteTx, item: ReportItem, version: i32, saying: &Saying) -> StoreResult<Self> {
        let id: StatementId = tx.new_id();
        let value = saying.said.value().map(|it| tx.seal(STATED_VALUE, id, it)).transpose()?;
        let reason = saying.said.reason().map(|it| tx.seal(STATED_REASON, id, it)).transpose()?;
        Ok(Self {
            id: id.uuid(),
            item: item.code().to_owned(),
            version,
            status: saying.said.status().code().to_owned(),
            value,
            reason,
            origin: saying.origin.code().to_owned(),
            recorded_at: tx.at(),
            recorded_by: tx.call().user.uuid(),
        })
    }

    fn open(&self, tx: &ReadTx) -> StoreResult<(ReportItem, Stated)> {
        let status: ContentStatus = code(&self.status, "report_statements.status")?;
        let value = self.value.as_ref().map(|it| tx.open(STATED_VALUE, self.id, it)).transpose()?;
        let reason = self.reason.as_ref().map(|it| tx.open(STATED_REASON, self.id, it)).transpose()?;
        let said = Said::new(status, value, reason).map_err(|_| StoreError::Corrupt("report_statements.status"))?;
        let stated = Stated {
            status,
            said: Some(said),
            origin: code(&self.origin, "report_statements.origin")?,
            version: self.version,
            recorded_at: self.recorded_at,
            recorded_by: Id::from_uuid(self.recorded_by),
        };
        Ok((code(&self.item, "report_statements.item")?, stated))
    }
}

/// Every group of the permitted child.
pub(super) async fn all<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    scope: Scope,
) -> StoreResult<BTreeMap<ReportGroup, Group>> {
    let episode = if let Scope::Episode(id) = scope { Some(id.uuid()) } else { None };
    let rows: Vec<Row> = sql(STANDING)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<Nullable<SqlUuid>, _>(episode)
        .load(&mut tx.conn())
        .await?;
    let mut groups = BTreeMap::new();
    for row in rows {
        let (item, stated) = row.open(tx)?;
        let group = groups.entry(item.group()).or_insert_with(|| Group::nothing(item.group()));
        group.version = group.version.max(stated.version);
        group.stated.insert(item, stated);
    }
    Ok(groups)
}

/// The group of this act.
pub async fn group<A: OfGroup>(tx: &ReadTx, permit: &Permit<A>, scope: Scope) -> StoreResult<Group> {
    let mut groups = all(tx, permit, scope).await?;
    Ok(groups.remove(&A::GROUP).unwrap_or_else(|| Group::nothing(A::GROUP)))
}

/// States items of the group of this act, and says which of them that changed. Nobody else states them meanwhile.
///
/// Of a missing child a change is material: the recipients have to hear of it (CLK-10).
pub async fn state<A: OfGroup>(
    tx: &WriteTx,
    permit: &Permit<A>,
    scope: Scope,
    version: i32,
    sayings: BTreeMap<ReportItem, Saying>,
) -> StoreResult<Vec<&'static str>> {
    children::lock(tx, permit).await?;
    let standing = group(tx, permit, scope).await?;
    if standing.version != version {
        return Err(StoreError::Stale);
    }
    let changed: Vec<_> = sayings.into_iter().filter(|(item, saying)| !standing.says(*item, saying)).collect();
    if changed.is_empty() {
        return Ok(Vec::new());
    }
    let episode = if let Scope::Episode(id) = scope { Some(id) } else { None };
    let mut rows = Vec::with_capacity(changed.len());
    for (item, saying) in &changed {
        let row = Row::seal(tx, *item, version + 1, saying)?;
        rows.push(NewRow {
            agency_id: permit.agency().uuid(),
            child_id: permit.child().uuid(),
            episode_id: episode.map(Id::uuid),
            item_group: A::GROUP.code(),
            row,
        });
    }
    diesel::insert_into(report_statements::table).values(&rows).execute(&mut tx.conn()).await?;
    if A::GROUP == ReportGroup::Contacts {
        index(tx, permit.child(), &changed).await?;
    }
    say_it_changed(tx, permit, episode).await?;
    Ok(changed.into_iter().map(|(item, _)| item.code()).collect())
}

/// Lets the child be found by how they can be reached now.
async fn index(tx: &WriteTx, child: ChildId, changed: &[(ReportItem, Saying)]) -> StoreResult<()> {
    let (agency, key) = (tx.call().agency, tx.index().await?);
    for (item, saying) in changed {
        let source = Source::Contact(*item);
        search::take(agency, child, source).execute(&mut tx.conn()).await?;
        let terms = saying.said.value().map(|it| search::of_contact(&key, *item, it)).unwrap_or_default();
        search::put(agency, source, vec![(child, terms)]).execute(&mut tx.conn()).await?;
    }
    Ok(())
}

/// What is stated of an episode that has ended is nobody's news.
async fn say_it_changed<A: Action>(tx: &WriteTx, permit: &Permit<A>, episode: Option<EpisodeId>) -> StoreResult<()> {
    let open = episodes::open_of_child(tx, permit).await?;
    if episode.is_some() && episode != open {
        return Ok(());
    }
    episodes::material_change(tx, permit).await
}

/// Whatever was stated of one group, in the order it was stated; of the child, or of this episode alone.
const HISTORY: &str = "select id, item, version, status, value, reason, origin, recorded_at, recorded_by \
    from report_statements where agency_id = ? and child_id = ? and item_group = ? \
    and episode_id is not distinct from ? order by version, item";

/// Every statement of the group of this act, those that were replaced too.
pub async fn history<A: OfGroup>(
    tx: &ReadTx,
    permit: &Permit<A>,
    scope: Scope,
) -> StoreResult<Vec<(ReportItem, Stated)>> {
    let episode = if let Scope::Episode(id) = scope { Some(id.uuid()) } else { None };
    let rows: Vec<Row> = sql(HISTORY)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<Text, _>(A::GROUP.code())
        .bind::<Nullable<SqlUuid>, _>(episode)
        .load(&mut tx.conn())
        .await?;
    rows.iter().map(|it| it.open(tx)).collect()
}
