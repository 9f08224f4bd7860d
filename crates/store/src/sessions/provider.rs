//! Sessions that a provider answers for: one for each sign-in there, begun by the first request that brings word of it.

use chrono::{DateTime, Utc};
use diesel::sql_types::{Bool, Bytea, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel::{OptionalExtension as _, QueryableByName};
use diesel_async::{AsyncPgConnection, RunQueryDsl as _};
use homeward_domain::audit::{Entry, SignInStep};
use homeward_domain::id::{AgencyId, Id, IssuerId, SessionId, UserId};
use uuid::Uuid;

use crate::audit::{self, By};
use crate::call::{self, Origin};
use crate::error::{StoreError, StoreResult};
use crate::sql::sql;
use crate::tx::Store;

/// What a token of a provider says, once it is known to be the provider's.
#[derive(Clone, Debug)]
pub struct ProviderSignIn {
    /// Of which agency the issuer is.
    pub agency: AgencyId,
    /// Who says it.
    pub issuer: IssuerId,
    /// By which settings it was judged.
    pub version: i32,
    /// Whom it means.
    pub subject: String,
    /// Which sign-in at the provider it is of.
    pub mark: [u8; 32],
    /// When they proved who they are; where it does not say, never.
    pub proven_at: Option<DateTime<Utc>>,
    /// When the session ends by itself.
    pub expires_at: DateTime<Utc>,
    /// Whether the settings ask for more than one factor.
    pub proves_two_factors: bool,
}

/// The person is locked, so that two first requests at once make one session.
const PERSON: &str = "select i.id as identity_id, i.user_id from identities i \
    join issuers p on p.agency_id = i.agency_id and p.id = i.issuer_id and p.removed_at is null and p.version = ? \
    join agencies a on a.id = i.agency_id and (? or not a.second_factor_required) \
    join users u on u.agency_id = i.agency_id and u.id = i.user_id and u.disabled_at is null \
    where i.agency_id = ? and i.issuer_id = ? and i.subject = ? and i.linked_at is not null and i.removed_at is null \
    for no key update of u";

/// One that has ended is found too: a sign-in whose session was ended begins no other.
const FIND: &str = "select id from sessions where agency_id = ? and identity_id = ? and sign_in = ?";

const START: &str = "insert into sessions (agency_id, id, user_id, started_at, expires_at, idle_until, agent, \
    proven_at, enrolling, identity_id, sign_in) values (?, ?, ?, ?, ?, ?, ?, ?, false, ?, ?)";

#[derive(QueryableByName)]
struct Known {
    #[diesel(sql_type = SqlUuid)]
    identity_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Store {
    /// Whom the token means and which session stands for the sign-in; none where the issuer means nobody by it.
    pub async fn provider_session(
        &self,
        sign_in: &ProviderSignIn,
        agent: Option<String>,
        origin: &Origin,
        at: DateTime<Utc>,
    ) -> StoreResult<Option<(UserId, SessionId)>> {
        self.within(sign_in.agency, async |conn| {
            let Some(known) = person(conn, sign_in).await? else { return Ok(None) };
            let user = Id::from_uuid(known.user_id);
            if let Some(session) = find(conn, sign_in, &known).await? {
                return Ok(Some((user, session)));
            }
            let session = self.start_of_provider(conn, (sign_in, &known), agent.clone(), at).await?;
            self.end_oldest(conn, (sign_in.agency, user), at).await?;
            self.tell_elsewhere(conn, (sign_in.agency, user, session), agent, at).await?;
            let step = SignInStep::ByProvider(session, sign_in.issuer);
            let entry = Entry::of_sign_in(sign_in.agency, user, step);
            audit::entry(By::arriving(at, Some(session), origin), &entry)?.execute(&mut &*conn).await?;
            Ok(Some((user, session)))
        })
        .await
    }

    async fn start_of_provider(
        &self,
        mut conn: &AsyncPgConnection,
        (sign_in, known): (&ProviderSignIn, &Known),
        agent: Option<String>,
        at: DateTime<Utc>,
    ) -> StoreResult<SessionId> {
        let id: SessionId = call::new_id(at);
        sql(START)
            .bind::<SqlUuid, _>(sign_in.agency.uuid())
            .bind::<SqlUuid, _>(id.uuid())
            .bind::<SqlUuid, _>(known.user_id)
            .bind::<Timestamptz, _>(at)
            .bind::<Timestamptz, _>(sign_in.expires_at)
            .bind::<Timestamptz, _>(at + self.limits.idle)
            .bind::<Nullable<Text>, _>(agent)
            .bind::<Timestamptz, _>(sign_in.proven_at.unwrap_or(DateTime::UNIX_EPOCH))
            .bind::<SqlUuid, _>(known.identity_id)
            .bind::<Bytea, _>(sign_in.mark.to_vec())
            .execute(&mut conn)
            .await?;
        Ok(id)
    }
}

async fn person(mut conn: &AsyncPgConnection, sign_in: &ProviderSignIn) -> StoreResult<Option<Known>> {
    let person = sql(PERSON)
        .bind::<Integer, _>(sign_in.version)
        .bind::<Bool, _>(sign_in.proves_two_factors)
        .bind::<SqlUuid, _>(sign_in.agency.uuid())
        .bind::<SqlUuid, _>(sign_in.issuer.uuid())
        .bind::<Text, _>(sign_in.subject.clone());
    person.get_result(&mut conn).await.optional().map_err(StoreError::from)
}

async fn find(mut conn: &AsyncPgConnection, sign_in: &ProviderSignIn, known: &Known) -> StoreResult<Option<SessionId>> {
    let find = sql(FIND)
        .bind::<SqlUuid, _>(sign_in.agency.uuid())
        .bind::<SqlUuid, _>(known.identity_id)
        .bind::<Bytea, _>(sign_in.mark.to_vec());
    let found: Option<Found> = find.get_result(&mut conn).await.optional()?;
    Ok(found.map(|it| Id::from_uuid(it.id)))
}
