//! Which providers an agency trusts, as whoever runs the program says.

use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Integer, Nullable, Text, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{AgencyId, IssuerId};
use uuid::Uuid;

use super::Setup;
use crate::call;
use crate::error::StoreResult;
use crate::issuers::{EVERY, Issuer, Row, Terms};
use crate::sql::sql;

/// Its people keep their links, and its keys are read again.
const SET: &str = "insert into issuers as p (agency_id, id, issuer, audience, jwks_url, algorithms, clients, acr, amr, \
    auth_seconds, takes_plain_jwt, version, set_at) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?) \
    on conflict (issuer, audience) where removed_at is null do update set jwks_url = excluded.jwks_url, \
    algorithms = excluded.algorithms, clients = excluded.clients, acr = excluded.acr, amr = excluded.amr, \
    auth_seconds = excluded.auth_seconds, takes_plain_jwt = excluded.takes_plain_jwt, version = p.version + 1, \
    set_at = excluded.set_at, keys = null, keys_at = null, asked_at = null where p.agency_id = excluded.agency_id \
    returning agency_id, id";

const REMOVE: &str = "update issuers set removed_at = ? where agency_id = ? and issuer = ? and audience = ? \
    and removed_at is null returning agency_id, id";

/// What was judged by other settings is over.
const END: &str = "update sessions s set ended_at = ?, end_reason = 'ended_by_administrator' from identities i \
    where s.agency_id = ? and s.ended_at is null and i.agency_id = s.agency_id and i.id = s.identity_id \
    and i.issuer_id = ?";

#[derive(QueryableByName)]
struct Named {
    #[diesel(sql_type = SqlUuid)]
    agency_id: Uuid,
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
}

impl Setup {
    /// Trusts a provider, or trusts it otherwise than before; none where another agency has this issuer and audience.
    pub async fn set_issuer(&mut self, agency: AgencyId, new: Terms) -> StoreResult<Option<IssuerId>> {
        let seconds = new.auth_age.and_then(|it| i32::try_from(it.num_seconds()).ok());
        let named: Vec<Named> = sql(SET)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<SqlUuid, _>(call::new_id::<Issuer>(self.at).uuid())
            .bind::<Text, _>(new.issuer)
            .bind::<Text, _>(new.audience)
            .bind::<Nullable<Text>, _>(new.jwks_url)
            .bind::<Array<Text>, _>(new.algorithms)
            .bind::<Array<Text>, _>(new.clients)
            .bind::<Array<Text>, _>(new.acr)
            .bind::<Array<Text>, _>(new.amr)
            .bind::<Nullable<Integer>, _>(seconds)
            .bind::<Bool, _>(new.takes_plain_jwt)
            .bind::<Timestamptz, _>(self.at)
            .load(&mut self.conn)
            .await?;
        self.end_sessions_of(named).await
    }

    /// Trusts a provider no more, from the next request on; none where it was not trusted.
    pub async fn remove_issuer(
        &mut self,
        agency: AgencyId,
        (issuer, audience): (&str, &str),
    ) -> StoreResult<Option<IssuerId>> {
        let remove = sql(REMOVE)
            .bind::<Timestamptz, _>(self.at)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<Text, _>(issuer.to_owned())
            .bind::<Text, _>(audience.to_owned());
        let named: Vec<Named> = remove.load(&mut self.conn).await?;
        self.end_sessions_of(named).await
    }

    /// Every issuer of the installation.
    pub async fn issuers(&mut self) -> StoreResult<Vec<Issuer>> {
        let rows: Vec<Row> = sql(EVERY).load(&mut self.conn).await?;
        Ok(rows.into_iter().map(Issuer::from).collect())
    }

    async fn end_sessions_of(&mut self, named: Vec<Named>) -> StoreResult<Option<IssuerId>> {
        let Some(Named { agency_id, id }) = named.into_iter().next() else { return Ok(None) };
        let end = sql(END).bind::<Timestamptz, _>(self.at).bind::<SqlUuid, _>(agency_id).bind::<SqlUuid, _>(id);
        end.execute(&mut self.conn).await?;
        Ok(Some(IssuerId::from_uuid(id)))
    }
}
