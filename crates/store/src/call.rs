//! Who calls, when, and what the database says of them.

use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use diesel::QueryableByName;
use diesel::sql_types::{Nullable, Timestamptz, Uuid as SqlUuid};
use homeward_domain::child::{CareStatus, UnderTwentySix};
use homeward_domain::id::{AgencyId, ChildId, Id, MachineKeyId, SessionId, UnitId, UserId};
use homeward_domain::law::{Overlay, RuleBook, library};
use homeward_domain::machine_key::{Scope, Scopes};
use homeward_domain::policy::{self, Action, Caller, Denied, Grant, Permit, Reach, Role, SessionKind, Tie};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;
use uuid::{ContextV7, Timestamp, Uuid};

use crate::children::Named;
use crate::error::{StoreError, StoreResult};
use crate::sql::{Sql, sql};

/// One request of a signed-in person, or of a program with a key: what their token says, and the one instant it happens at.
#[derive(Clone, Debug)]
pub struct Call {
    /// The agency in the token.
    pub agency: AgencyId,
    /// The person in the token, or the owner of the key.
    pub user: UserId,
    /// The session in the token; the id of the key stands in its place.
    pub session: SessionId,
    /// The key of a program.
    pub key: Option<MachineKeyId>,
    /// Now, read once.
    pub at: DateTime<Utc>,
    /// What else is known of the request.
    pub origin: Origin,
}

impl Call {
    /// The request of a program, whose key was compared already, in the name of its owner.
    pub(crate) fn by_key(
        (agency, user, key): (AgencyId, UserId, MachineKeyId),
        at: DateTime<Utc>,
        origin: Origin,
    ) -> Self {
        Self { agency, user, session: Id::from_uuid(key.uuid()), key: Some(key), at, origin }
    }

    /// Whose the idempotency keys are that it sends: each program has its own.
    pub(crate) fn holder(&self) -> Uuid {
        self.key.map_or(self.user.uuid(), Id::uuid)
    }
}

/// Where a request came from, for the trail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Origin {
    /// Under which it is logged.
    pub request_id: Option<String>,
    /// The address it came from.
    pub source: Option<IpAddr>,
    /// The method and the pattern of the path: no id, and nothing that a person wrote.
    pub operation: Option<String>,
}

/// Ids of one instant keep the order in which they were made, so equal lists come out equal.
static ORDER: Mutex<ContextV7> = Mutex::new(ContextV7::new());

/// A new id, ordered by `at`.
pub fn new_id<T>(at: DateTime<Utc>) -> Id<T> {
    let seconds = u64::try_from(at.timestamp()).unwrap_or(0);
    Id::from_uuid(Uuid::new_v7(Timestamp::from_unix(&ORDER, seconds, at.timestamp_subsec_nanos())))
}

/// No id of this millisecond or later is lower: a version 7 UUID begins with its instant.
pub(crate) fn first_id(millis: i64) -> Uuid {
    Uuid::from_u128(u128::try_from(millis).unwrap_or(0) << 80)
}

/// What an agency has chosen.
#[derive(Clone, Debug)]
pub struct Agency {
    /// The agency.
    pub id: AgencyId,
    /// Its name.
    pub name: String,
    /// Its civil time.
    pub zone: Zone,
    /// Whose rules apply.
    pub rules: Rules,
    /// Whether it reports individuals under 26.
    pub under_twenty_six: UnderTwentySix,
}

/// Whose rules an agency goes by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rules {
    /// `US`, or the postal code of the State.
    pub jurisdiction: String,
    /// The agency's own pack on top of them, as it was written.
    pub own_pack: Option<String>,
    /// Counts up from 1.
    pub version: i32,
}

impl Rules {
    /// The federal floor alone.
    pub fn federal() -> Self {
        Self { jurisdiction: "US".to_owned(), own_pack: None, version: 1 }
    }
}

/// Packs that were read before: reading one takes longer than a request should.
static OWN_PACKS: Mutex<Vec<(String, Overlay)>> = Mutex::new(Vec::new());

impl Agency {
    /// The rules in force: the floor, its State's, its own, by its own clocks.
    pub fn rule_book(&self) -> StoreResult<RuleBook> {
        let book = library().book(&self.rules.jurisdiction).ok_or(StoreError::Corrupt("agencies.jurisdiction"))?;
        let book = match self.rules.own_pack.as_deref().and_then(own_pack) {
            Some(overlay) => book.and(&overlay),
            None => book,
        };
        Ok(book.in_zone(self.zone))
    }
}

/// A pack was held against the rules of its day when it was taken in. Later ones can only have become stricter, and the
/// earliest limit counts anyway; one that no longer reads must stop no work.
fn own_pack(text: &str) -> Option<Overlay> {
    let mut known = OWN_PACKS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some((_, overlay)) = known.iter().find(|(it, _)| it == text) {
        return Some(overlay.clone());
    }
    match Overlay::kept(text) {
        Ok(overlay) => {
            known.push((text.to_owned(), overlay.clone()));
            Some(overlay)
        }
        Err(refused) => {
            tracing::error!(%refused, "an agency's own pack cannot be read any more; its State's rules stand alone");
            None
        }
    }
}

/// What decides about access to a child, and which clock their care runs on.
#[derive(Clone, Copy, Debug)]
pub struct Child {
    /// The child.
    pub id: ChildId,
    /// Their unit.
    pub unit: UnitId,
    /// Their worker.
    pub assigned_to: Option<UserId>,
    /// Why the agency answers for them.
    pub care_status: CareStatus,
}

/// The caller as the database knows them now.
#[derive(Clone, Debug)]
pub struct Standing {
    /// Who they are and how far they reach.
    pub caller: Caller,
    /// Where they work.
    pub agency: Agency,
    /// The child asked for, if there is one by that id.
    pub child: Option<Child>,
    /// Until when they may do what asks for a fresh proof of who they are.
    pub fresh_until: DateTime<Utc>,
    /// Who that is, sealed.
    pub(crate) named: Option<Named>,
}

impl Standing {
    /// The right to do `A` to the child asked for.
    pub(crate) fn permit<A: Action>(&self) -> Result<Permit<A>, Denied> {
        policy::admit(&self.caller)?;
        let child = self.child.ok_or(Denied::Hidden)?;
        let tie: Tie = policy::tie(&self.caller, child.unit, child.assigned_to);
        policy::decide(&self.caller, child.id, tie)
    }

    /// The right to do `A` within the caller's reach.
    pub(crate) fn grant<A: Action>(&self) -> Result<Grant<A>, Denied> {
        policy::grant(&self.caller)
    }

    /// The right to change something of the child asked for at `at`.
    pub(crate) fn permit_to_change<A: Action>(&self, at: DateTime<Utc>) -> Result<Permit<A>, Denied> {
        let permit = self.permit()?;
        self.proven::<A>(at)?;
        Ok(permit)
    }

    /// The right to change something within the caller's reach at `at`.
    pub(crate) fn grant_to_change<A: Action>(&self, at: DateTime<Utc>) -> Result<Grant<A>, Denied> {
        let grant = self.grant()?;
        self.proven::<A>(at)?;
        Ok(grant)
    }

    /// Some acts ask for a fresh proof of who somebody is (SE-09).
    fn proven<A: Action>(&self, at: DateTime<Utc>) -> Result<(), Denied> {
        if policy::takes_fresh_proof::<A>() && self.fresh_until <= at { Err(Denied::ProofDue) } else { Ok(()) }
    }
}

/// One row: the session, the person, their agency, and perhaps a child.
#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "they are columns of a row, and none of them follows from another")]
pub(crate) struct Row {
    #[diesel(sql_type = diesel::sql_types::Text)]
    role: String,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    whole_agency: bool,
    #[diesel(sql_type = diesel::sql_types::Array<diesel::sql_types::Uuid>)]
    units: Vec<Uuid>,
    #[diesel(sql_type = diesel::sql_types::Text)]
    agency_name: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    time_zone: String,
    #[diesel(sql_type = diesel::sql_types::Text)]
    jurisdiction: String,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    own_pack: Option<String>,
    #[diesel(sql_type = diesel::sql_types::Integer)]
    rules_version: i32,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    state_option_under_26: bool,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Uuid>)]
    assigned_to: Option<Uuid>,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Text>)]
    care_status: Option<String>,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub(crate) idle_until: DateTime<Utc>,
    #[diesel(sql_type = diesel::sql_types::Timestamptz)]
    pub(crate) proven_at: DateTime<Utc>,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    enrolling: bool,
    #[diesel(sql_type = diesel::sql_types::Bool)]
    by_provider: bool,
    #[diesel(sql_type = diesel::sql_types::Nullable<diesel::sql_types::Array<diesel::sql_types::Text>>)]
    scopes: Option<Vec<String>>,
    #[diesel(embed)]
    named: Option<Named>,
}

/// One statement answers all that access depends on. The child is locked against nothing: a write locks its episode.
const STANDING: &str = "select u.role, u.whole_agency, \
    array(select uu.unit_id from user_units uu where uu.agency_id = u.agency_id and uu.user_id = u.id) as units, \
    a.name as agency_name, a.time_zone, a.jurisdiction, a.own_pack, a.rules_version, a.state_option_under_26, \
    c.unit_id, c.assigned_to, c.care_status, c.identity, c.version as child_version, s.idle_until, \
    s.proven_at, s.enrolling, s.identity_id is not null as by_provider, null::text[] as scopes \
    from sessions s \
    join users u on u.agency_id = s.agency_id and u.id = s.user_id and u.disabled_at is null \
    join agencies a on a.id = s.agency_id \
    left join children c on c.agency_id = s.agency_id and c.id = ? \
    where s.agency_id = ? and s.id = ? and s.user_id = ? and s.ended_at is null and ? < s.expires_at \
    and ? < s.idle_until";

/// The same of a program: its key, and its owner as they stand now (KY-02). It proves nothing anew.
const STANDING_OF_KEY: &str = "select u.role, u.whole_agency, \
    array(select uu.unit_id from user_units uu where uu.agency_id = u.agency_id and uu.user_id = u.id) as units, \
    a.name as agency_name, a.time_zone, a.jurisdiction, a.own_pack, a.rules_version, a.state_option_under_26, \
    c.unit_id, c.assigned_to, c.care_status, c.identity, c.version as child_version, k.expires_at as idle_until, \
    k.made_at as proven_at, false as enrolling, false as by_provider, k.scopes \
    from machine_keys k \
    join users u on u.agency_id = k.agency_id and u.id = k.owner_id and u.disabled_at is null \
    join agencies a on a.id = k.agency_id \
    left join children c on c.agency_id = k.agency_id and c.id = ? \
    where k.agency_id = ? and k.id = ? and k.owner_id = ? and k.revoked_at is null and ? < k.expires_at \
    and ?::timestamptz is not null";

/// The statement that reads it.
pub(crate) fn standing(call: &Call, child: Option<ChildId>) -> Sql {
    sql(if call.key.is_some() { STANDING_OF_KEY } else { STANDING })
        .bind::<Nullable<SqlUuid>, _>(child.map(Id::uuid))
        .bind::<SqlUuid, _>(call.agency.uuid())
        .bind::<SqlUuid, _>(call.session.uuid())
        .bind::<SqlUuid, _>(call.user.uuid())
        .bind::<Timestamptz, _>(call.at)
        .bind::<Timestamptz, _>(call.at)
}

impl Row {
    pub(crate) fn standing(self, call: &Call, child: Option<ChildId>, fresh: TimeDelta) -> StoreResult<Standing> {
        let role = Role::parse(&self.role).map_err(|_| StoreError::Corrupt("users.role"))?;
        let reach = if self.whole_agency {
            Reach::WholeAgency
        } else {
            Reach::Units(self.units.iter().copied().map(Id::from_uuid).collect())
        };
        let child = child.map(|id| self.child(id)).transpose()?.flatten();
        let session = self.kind()?;
        Ok(Standing {
            fresh_until: if call.key.is_some() { DateTime::UNIX_EPOCH } else { self.proven_at + fresh },
            caller: Caller { user: call.user, agency: call.agency, role, reach, session },
            agency: agency(
                call.agency,
                self.agency_name,
                &self.time_zone,
                Rules { jurisdiction: self.jurisdiction, own_pack: self.own_pack, version: self.rules_version },
                self.state_option_under_26,
            )?,
            child,
            named: self.named,
        })
    }

    /// Machines do not sign in: who has a session is a person.
    fn kind(&self) -> StoreResult<SessionKind> {
        let Some(scopes) = &self.scopes else {
            return Ok(match (self.enrolling, self.by_provider) {
                (true, _) => SessionKind::Enrolling,
                (false, true) => SessionKind::Provider,
                (false, false) => SessionKind::Human,
            });
        };
        let known = |it: &String| Scope::parse(it).map_err(|_| StoreError::Corrupt("machine_keys.scopes"));
        Ok(SessionKind::Key(scopes.iter().map(known).collect::<StoreResult<Scopes>>()?))
    }

    fn child(&self, id: ChildId) -> StoreResult<Option<Child>> {
        let (Some(unit), Some(care_status)) = (self.unit_id, self.care_status.as_deref()) else { return Ok(None) };
        let care_status = CareStatus::parse(care_status).map_err(|_| StoreError::Corrupt("children.care_status"))?;
        let assigned_to = self.assigned_to.map(Id::from_uuid);
        Ok(Some(Child { id, unit: Id::from_uuid(unit), assigned_to, care_status }))
    }
}

pub(crate) fn agency(
    id: AgencyId,
    name: String,
    time_zone: &str,
    rules: Rules,
    under_twenty_six: bool,
) -> StoreResult<Agency> {
    let zone = Zone::parse(time_zone).map_err(|_| StoreError::Corrupt("agencies.time_zone"))?;
    let under_twenty_six = if under_twenty_six { UnderTwentySix::Elected } else { UnderTwentySix::NotElected };
    Ok(Agency { id, name, zone, rules, under_twenty_six })
}
