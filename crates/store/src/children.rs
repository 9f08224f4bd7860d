//! Children: the records, and what they said before.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{AsChangeset, ExpressionMethods as _, Insertable, OptionalExtension as _, QueryableByName, Selectable};
use diesel_async::RunQueryDsl as _;
use homeward_domain::child::{CareStatus, Ethnicity, Race, Sex};
use homeward_domain::id::{AgencyId, ChildId, Id, UnitId, UserId};
use homeward_domain::policy::{Action, AddChild, ChangeChild, Grant, Permit};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::convert::{code, optional};
use crate::episodes;
use crate::error::{StoreError, StoreResult};
use crate::hand_overs;
use crate::schema::children::dsl;
use crate::seal::{Safe, Sealed};
use crate::search::{self, Source};
use crate::sql::{Sql, sql};
use crate::tx::{ReadTx, WriteTx};

mod identity;
mod list;

pub(crate) use identity::{Identity, Named, births, sealed_anew};
pub use list::{Filter, Listed, Sought, find_by, list};

/// One child, with everything on the record itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Child {
    /// The child.
    pub id: ChildId,
    /// What a person told.
    pub profile: Profile,
    /// Counts up from 1.
    pub version: i32,
    /// When this version was recorded.
    pub recorded_at: DateTime<Utc>,
    /// By whom.
    pub recorded_by: UserId,
    /// When the child was first recorded.
    pub created_at: DateTime<Utc>,
}

/// What a person tells of a child.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The agency's own id of the person.
    pub agency_person_id: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Day of birth.
    pub date_of_birth: NaiveDate,
    /// As recorded; part of the description, and of nothing else.
    pub sex: Option<Sex>,
    /// As recorded; a child can have several.
    pub race: Vec<Race>,
    /// As recorded.
    pub ethnicity: Option<Ethnicity>,
    /// Height, in inches.
    pub height_inches: Option<i32>,
    /// Weight, in pounds.
    pub weight_pounds: Option<i32>,
    /// Colour of hair.
    pub hair_color: Option<String>,
    /// Colour of eyes.
    pub eye_color: Option<String>,
    /// The unit that answers for the child.
    pub unit: UnitId,
    /// Its code.
    pub unit_code: String,
    /// Whose work the child is.
    pub assigned_to: Option<UserId>,
    /// Why the agency answers for the child.
    pub care_status: CareStatus,
}

const FIND: &str = "select c.*, u.code as unit_code from children c \
    join units u on u.agency_id = c.agency_id and u.id = c.unit_id \
    where c.agency_id = ? and c.id = ?";

/// The version that is replaced is kept first, as it stood.
const KEEP_VERSION: &str = "insert into child_versions (agency_id, child_id, version, superseded_at, facts, identity) \
    select c.agency_id, c.id, c.version, ?, to_jsonb(c) - 'identity', c.identity from children c \
    where c.agency_id = ? and c.id = ? and c.version = ?";

/// What is owed moves with the child; what was done stays where it was done.
const HAND_OVER: &str = "update duties set unit_id = ?, assigned_to = ? \
    where agency_id = ? and child_id = ? and done_at is null and closed_undone_at is null and superseded_at is null \
    and (unit_id, assigned_to) is distinct from (?, ?)";

#[derive(QueryableByName, Selectable, Insertable, AsChangeset)]
#[diesel(table_name = crate::schema::children, primary_key(agency_id, id), treat_none_as_null = true)]
struct Row {
    agency_id: Uuid,
    id: Uuid,
    agency_person_id: String,
    sex: Option<String>,
    race: Vec<String>,
    ethnicity: Option<String>,
    height_inches: Option<i32>,
    weight_pounds: Option<i32>,
    unit_id: Uuid,
    assigned_to: Option<Uuid>,
    care_status: String,
    version: i32,
    recorded_at: DateTime<Utc>,
    recorded_by: Uuid,
    created_at: DateTime<Utc>,
    identity: Sealed,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(embed)]
    columns: Row,
    #[diesel(sql_type = Text)]
    unit_code: String,
}

impl Row {
    fn seal(safe: Safe<'_>, agency: AgencyId, child: &Child) -> StoreResult<Self> {
        let it = child.profile.clone();
        Ok(Self {
            identity: Identity::of(&it).seal(safe, child.id, child.version)?,
            agency_id: agency.uuid(),
            id: child.id.uuid(),
            agency_person_id: it.agency_person_id,
            sex: it.sex.map(|it| it.code().to_owned()),
            race: it.race.iter().map(|it| it.code().to_owned()).collect(),
            ethnicity: it.ethnicity.map(|it| it.code().to_owned()),
            height_inches: it.height_inches,
            weight_pounds: it.weight_pounds,
            unit_id: it.unit.uuid(),
            assigned_to: it.assigned_to.map(Id::uuid),
            care_status: it.care_status.code().to_owned(),
            version: child.version,
            recorded_at: child.recorded_at,
            recorded_by: child.recorded_by.uuid(),
            created_at: child.created_at,
        })
    }
}

impl Found {
    fn child(self, safe: Safe<'_>) -> StoreResult<Child> {
        let Self { columns: row, unit_code } = self;
        let identity = Identity::open(safe, Id::from_uuid(row.id), row.version, &row.identity)?;
        let profile = Profile {
            agency_person_id: row.agency_person_id,
            given_name: identity.given_name,
            family_name: identity.family_name,
            date_of_birth: identity.date_of_birth,
            sex: optional(row.sex, "children.sex")?,
            race: row.race.iter().map(|it| code(it, "children.race")).collect::<StoreResult<_>>()?,
            ethnicity: optional(row.ethnicity, "children.ethnicity")?,
            height_inches: row.height_inches,
            weight_pounds: row.weight_pounds,
            hair_color: identity.hair_color,
            eye_color: identity.eye_color,
            unit: Id::from_uuid(row.unit_id),
            unit_code,
            assigned_to: row.assigned_to.map(Id::from_uuid),
            care_status: code(&row.care_status, "children.care_status")?,
        };
        Ok(Child {
            id: Id::from_uuid(row.id),
            profile,
            version: row.version,
            recorded_at: row.recorded_at,
            recorded_by: Id::from_uuid(row.recorded_by),
            created_at: row.created_at,
        })
    }
}

/// Adds a child. One whom a caseworker adds and assigns to nobody is their own.
pub async fn insert(tx: &WriteTx, grant: &Grant<AddChild>, profile: Profile) -> StoreResult<Child> {
    let child = Child {
        id: tx.new_id(),
        profile: Profile { assigned_to: profile.assigned_to.or(grant.assignee()), ..profile },
        version: 1,
        recorded_at: tx.at(),
        recorded_by: grant.actor(),
        created_at: tx.at(),
    };
    let row = Row::seal(tx.safe(), grant.agency(), &child)?;
    diesel::insert_into(dsl::children).values(&row).execute(&mut tx.conn()).await?;
    index(tx, &child).await?;
    Ok(child)
}

/// Lets the child be found by who they are now.
async fn index(tx: &WriteTx, child: &Child) -> StoreResult<()> {
    let (agency, terms) = (tx.call().agency, Identity::of(&child.profile).terms(&tx.index().await?));
    search::put(agency, Source::Identity, vec![(child.id, terms)]).execute(&mut tx.conn()).await?;
    Ok(())
}

/// The permitted child.
pub async fn find<A: Action>(tx: &ReadTx, permit: &Permit<A>) -> StoreResult<Child> {
    one(tx, sql(FIND), permit).await
}

/// The same, held against other writers until the commit.
pub async fn lock<A: Action>(tx: &WriteTx, permit: &Permit<A>) -> StoreResult<Child> {
    one(tx, sql(FIND).push(" for update of c"), permit).await
}

async fn one<A: Action>(tx: &ReadTx, query: Sql, permit: &Permit<A>) -> StoreResult<Child> {
    let found: Option<Found> = query
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .get_result(&mut tx.conn())
        .await
        .optional()?;
    found.ok_or(StoreError::NotFound)?.child(tx.safe())
}

/// Replaces a locked child with its changed form, keeps what it said before, hands over what is owed, and plans again
/// what goes by a day of birth that was corrected.
pub async fn save(tx: &WriteTx, permit: &Permit<ChangeChild>, changed: Child) -> StoreResult<Child> {
    let before = changed.version;
    let changed = Child { version: before + 1, recorded_at: tx.at(), recorded_by: permit.actor(), ..changed };
    sql(KEEP_VERSION)
        .bind::<Timestamptz, _>(tx.at())
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<Integer, _>(before)
        .execute(&mut tx.conn())
        .await?;
    let saved = diesel::update(dsl::children)
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(permit.child().uuid()))
        .filter(dsl::version.eq(before))
        .set(&Row::seal(tx.safe(), permit.agency(), &changed)?)
        .execute(&mut tx.conn())
        .await?;
    if saved == 0 {
        return Err(StoreError::Stale);
    }
    search::take(permit.agency(), changed.id, Source::Identity).execute(&mut tx.conn()).await?;
    index(tx, &changed).await?;
    hand_over(tx, permit, &changed.profile).await?;
    if tx.identity()?.date_of_birth != changed.profile.date_of_birth {
        episodes::born_on_another_day(tx, permit).await?;
    }
    Ok(changed)
}

async fn hand_over(tx: &WriteTx, permit: &Permit<ChangeChild>, profile: &Profile) -> StoreResult<()> {
    let (unit, worker) = (profile.unit.uuid(), profile.assigned_to.map(Id::uuid));
    let moved = sql(HAND_OVER)
        .bind::<SqlUuid, _>(unit)
        .bind::<Nullable<SqlUuid>, _>(worker)
        .bind::<SqlUuid, _>(permit.agency().uuid())
        .bind::<SqlUuid, _>(permit.child().uuid())
        .bind::<SqlUuid, _>(unit)
        .bind::<Nullable<SqlUuid>, _>(worker)
        .execute(&mut tx.conn())
        .await?;
    // What the worker before has already heard stays with them; the one there is now hears the last of it too.
    if moved == 0 { Ok(()) } else { hand_overs::follow(tx, None, &[permit.child().uuid()]).await }
}
