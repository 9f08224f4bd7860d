//! Agencies and their people, set up by the role that owns the tables. Row-level security does not bind it, so each
//! statement names the agency.

use chrono::{DateTime, NaiveDate, Utc};
use diesel::sql_types::{Array, Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{
    BoolExpressionMethods as _, ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, QueryableByName,
};
use diesel_async::{AsyncConnection as _, AsyncPgConnection, RunQueryDsl as _, SimpleAsyncConnection as _};
use homeward_domain::child::{CareStatus, UnderTwentySix};
use homeward_domain::id::{AgencyId, ChildId, Id, UnitId, UserId};
use homeward_domain::policy::{Reach, Role};
use homeward_domain::vocabulary::Vocabulary as _;
use uuid::Uuid;

use crate::call::{self, Agency, Rules};
use crate::children::Identity;
use crate::error::{StoreError, StoreResult};
use crate::schema::{agencies, sign_ins, units};
use crate::seal::{Keyring, Safe};
use crate::search::{self, Source};
use crate::sql::sql;
use crate::tx::Store;

mod issuers;
mod reading;

/// Every agency, by name.
pub(crate) const EVERY: &str = "select id, name, time_zone, jurisdiction, own_pack, rules_version, \
    state_option_under_26, planned_with from agencies order by name";

/// A row of [`EVERY`].
#[derive(QueryableByName)]
pub(crate) struct Row {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Text)]
    name: String,
    #[diesel(sql_type = Text)]
    time_zone: String,
    #[diesel(sql_type = Text)]
    jurisdiction: String,
    #[diesel(sql_type = Nullable<Text>)]
    own_pack: Option<String>,
    #[diesel(sql_type = Integer)]
    rules_version: i32,
    #[diesel(sql_type = Bool)]
    state_option_under_26: bool,
    /// What its duties were last planned with.
    #[diesel(sql_type = Nullable<Text>)]
    pub(crate) planned_with: Option<String>,
}

impl Row {
    pub(crate) fn agency(self) -> StoreResult<Agency> {
        let rules = Rules { jurisdiction: self.jurisdiction, own_pack: self.own_pack, version: self.rules_version };
        call::agency(Id::from_uuid(self.id), self.name, &self.time_zone, rules, self.state_option_under_26)
    }
}

impl Store {
    /// Every agency of the installation.
    pub(crate) async fn every_agency(&self) -> StoreResult<Vec<Row>> {
        self.sweep(async |conn| Ok(sql(EVERY).load(&mut &*conn).await?)).await
    }
}

/// One transaction of the owner. Dropped without [`Setup::commit`], it leaves nothing behind.
pub struct Setup {
    conn: AsyncPgConnection,
    at: DateTime<Utc>,
}

/// Someone who will be able to sign in.
pub struct NewPerson {
    /// Who.
    pub id: UserId,
    /// In lower case.
    pub email: String,
    /// Their name.
    pub name: String,
    /// What they do.
    pub role: Role,
    /// How far they reach.
    pub reach: Reach,
    /// Argon2id, in PHC form.
    pub password_hash: String,
}

/// A child with nothing but the facts a record needs.
pub struct NewChild {
    /// The child.
    pub id: ChildId,
    /// The agency's own id.
    pub agency_person_id: String,
    /// Given name.
    pub given_name: String,
    /// Family name.
    pub family_name: String,
    /// Birthday.
    pub date_of_birth: NaiveDate,
    /// Their unit.
    pub unit: UnitId,
    /// Their worker, in whose name the record is added.
    pub worker: UserId,
}

/// Two that set up at once do so one after the other.
const OPEN: &str = "set client_min_messages = warning; set timezone = 'UTC'; set lock_timeout = '30s'; begin; \
    select pg_advisory_xact_lock(721347002)";

const AGENCY: &str = "insert into agencies (id, name, time_zone, jurisdiction, state_option_under_26, created_at, \
    rules_version, second_factor_required) values (?, ?, ?, ?, ?, ?, 1, false) on conflict do nothing";

const UNIT: &str = "insert into units (agency_id, id, code, name) values (?, ?, ?, ?) on conflict do nothing";

/// One statement, so that an e-mail that is taken anywhere leaves no half of a person.
const PERSON: &str = "with person as (insert into users (agency_id, id, email, name, role, whole_agency, created_at, \
    version) select ?, ?, mail.email, ?, ?, ?, ?, 1 from (select ?::text as email) mail \
    where not exists (select from sign_ins s where s.email = mail.email) \
    on conflict do nothing returning agency_id, id, email), \
    placed as (insert into user_units (agency_id, user_id, unit_id) \
    select person.agency_id, person.id, unit.id from person, unnest(?) as unit(id)) \
    insert into sign_ins (email, agency_id, user_id, password_hash, used_at) \
    select email, agency_id, id, ?, ? from person";

const GIVE_PASSWORD: &str = "with person as (select u.agency_id, u.id, u.email, ?::timestamptz as at, ?::text as hash \
    from users u where u.agency_id = ? and u.email = ? and u.disabled_at is null), \
    ended as (update sessions s set ended_at = p.at, end_reason = 'signed_out' from person p \
    where s.agency_id = p.agency_id and s.user_id = p.id and s.ended_at is null) \
    insert into sign_ins (email, agency_id, user_id, password_hash, used_at) \
    select email, agency_id, id, hash, at from person \
    on conflict (email) do update set password_hash = excluded.password_hash, used_at = excluded.used_at, \
    failures = null, failing_since = null, locked_at = null \
    where (sign_ins.agency_id, sign_ins.user_id) = (excluded.agency_id, excluded.user_id)";

/// The tables refuse a child that no entry of the same transaction explains.
const CHILD: &str = "with child as (insert into children (agency_id, id, agency_person_id, identity, race, \
    unit_id, assigned_to, care_status, version, recorded_at, recorded_by, created_at) \
    select n.agency_id, n.id, ?, ?, '{}', ?, n.worker_id, ?, 1, n.at, n.worker_id, n.at \
    from (select ?::uuid as agency_id, ?::uuid as id, ?::uuid as worker_id, ?::timestamptz as at) n \
    on conflict do nothing returning agency_id, id, recorded_at, recorded_by) \
    insert into audit_entries (agency_id, id, at, actor_id, child_id, action, detail) \
    select agency_id, ?, recorded_at, recorded_by, id, 'child_added', '{}' from child";

impl Setup {
    /// Opens a transaction at `url`, as whoever migrates.
    pub async fn begin(url: &str, at: DateTime<Utc>) -> StoreResult<Self> {
        let mut conn =
            AsyncPgConnection::establish(url).await.map_err(|error| StoreError::Unavailable(error.to_string()))?;
        conn.batch_execute(OPEN).await?;
        Ok(Self { conn, at })
    }

    /// Keeps what was set up.
    pub async fn commit(mut self) -> StoreResult<()> {
        Ok(self.conn.batch_execute("commit").await?)
    }

    /// Adds an agency to try things on, unless it is there: its people need no second factor (MF-01).
    pub async fn add_agency(&mut self, agency: &Agency) -> StoreResult<()> {
        sql(AGENCY)
            .bind::<SqlUuid, _>(agency.id.uuid())
            .bind::<Text, _>(agency.name.clone())
            .bind::<Text, _>(agency.zone.name())
            .bind::<Text, _>(agency.rules.jurisdiction.clone())
            .bind::<Bool, _>(agency.under_twenty_six == UnderTwentySix::Elected)
            .bind::<Timestamptz, _>(self.at)
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Adds a unit, unless it is there.
    pub async fn add_unit(&mut self, agency: AgencyId, id: UnitId, code: &str, name: &str) -> StoreResult<()> {
        sql(UNIT)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<Text, _>(code.to_owned())
            .bind::<Text, _>(name.to_owned())
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// Adds someone and their sign-in; false where the e-mail is taken.
    pub async fn add_person(&mut self, agency: AgencyId, new: NewPerson) -> StoreResult<bool> {
        let (whole_agency, units) = match new.reach {
            Reach::WholeAgency => (true, Vec::new()),
            Reach::Units(units) => (false, units.into_iter().map(Id::uuid).collect::<Vec<Uuid>>()),
        };
        let added = sql(PERSON)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(new.id.uuid())
            .bind::<Text, _>(new.name)
            .bind::<Text, _>(new.role.code())
            .bind::<Bool, _>(whole_agency)
            .bind::<Timestamptz, _>(self.at)
            .bind::<Text, _>(new.email)
            .bind::<Array<SqlUuid>, _>(units)
            .bind::<Text, _>(new.password_hash)
            .bind::<Timestamptz, _>(self.at)
            .execute(&mut self.conn)
            .await?;
        Ok(added == 1)
    }

    /// Adds a child with the entry that explains it, unless they are there.
    pub async fn add_child(&mut self, keyring: &Keyring, agency: AgencyId, new: NewChild) -> StoreResult<()> {
        let safe = Safe::new(keyring, agency);
        let (given_name, family_name, date_of_birth) = (new.given_name, new.family_name, new.date_of_birth);
        let identity = Identity { given_name, family_name, date_of_birth, hair_color: None, eye_color: None };
        let key = search::key_of(&self.conn, safe, agency).await?;
        let entry: Id<homeward_domain::audit::Entry> = call::new_id(self.at);
        let added = sql(CHILD)
            .bind::<Text, _>(new.agency_person_id)
            .bind::<Bytea, _>(identity.seal(safe, new.id, 1)?)
            .bind::<SqlUuid, _>(new.unit.uuid())
            .bind::<Text, _>(CareStatus::FosterCare.code())
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(new.id.uuid())
            .bind::<SqlUuid, _>(new.worker.uuid())
            .bind::<Timestamptz, _>(self.at)
            .bind::<SqlUuid, _>(entry.uuid())
            .execute(&mut self.conn)
            .await?;
        if added == 1 {
            let terms = vec![(new.id, identity.terms(&key))];
            search::put(agency, Source::Identity, terms).execute(&mut self.conn).await?;
        }
        Ok(())
    }

    /// Who stands on the last rung of an agency's ladder. An agency that has chosen someone keeps them.
    pub async fn add_contact(&mut self, agency: AgencyId, user: UserId) -> StoreResult<()> {
        diesel::update(agencies::table.find(agency.uuid()).filter(agencies::contact_user_id.is_null()))
            .set(agencies::contact_user_id.eq(user.uuid()))
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }

    /// The agency of this name.
    pub async fn find_agency(&mut self, name: &str) -> StoreResult<Option<AgencyId>> {
        let id: Option<Uuid> = agencies::table
            .filter(agencies::name.eq(name))
            .select(agencies::id)
            .first(&mut self.conn)
            .await
            .optional()?;
        Ok(id.map(Id::from_uuid))
    }

    /// The unit of the agency with this code.
    pub async fn find_unit(&mut self, agency: AgencyId, code: &str) -> StoreResult<Option<UnitId>> {
        let id: Option<Uuid> = units::table
            .filter(units::agency_id.eq(agency.uuid()))
            .filter(units::code.eq(code))
            .select(units::id)
            .first(&mut self.conn)
            .await
            .optional()?;
        Ok(id.map(Id::from_uuid))
    }

    /// The password hash behind an e-mail.
    pub async fn find_password_hash(&mut self, email: &str) -> StoreResult<Option<String>> {
        let found = sign_ins::table.find(email).select(sign_ins::password_hash).first(&mut self.conn).await;
        Ok(found.optional()?)
    }

    /// Gives someone of the agency their first password or another, and ends their sessions; false where the agency has
    /// nobody of this e-mail, or somebody of another agency signs in with it.
    pub async fn give_password(&mut self, agency: AgencyId, email: &str, hash: &str) -> StoreResult<bool> {
        let given = sql(GIVE_PASSWORD)
            .bind::<Timestamptz, _>(self.at)
            .bind::<Text, _>(hash.to_owned())
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<Text, _>(email.to_owned())
            .execute(&mut self.conn)
            .await?;
        Ok(given == 1)
    }

    /// Gives someone of the agency another password; false where they are not there.
    pub async fn set_password(&mut self, agency: AgencyId, user: UserId, hash: &str) -> StoreResult<bool> {
        let theirs = sign_ins::agency_id.eq(agency.uuid()).and(sign_ins::user_id.eq(user.uuid()));
        let changed = diesel::update(sign_ins::table.filter(theirs))
            .set((sign_ins::password_hash.eq(hash), sign_ins::used_at.eq(self.at)))
            .execute(&mut self.conn)
            .await?;
        Ok(changed == 1)
    }
}
