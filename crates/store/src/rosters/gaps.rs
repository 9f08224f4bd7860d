//! When nobody is on call, unit by unit, in the days to come.

use std::collections::BTreeMap;

use diesel::QueryableByName;
use diesel::sql_types::{Array, Bool, Nullable, Timestamptz, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::{Id, UnitId, UserId};
use homeward_domain::policy::{Action, Grant, Reach};
use homeward_domain::roster::{Away, Span, Watch};
use uuid::Uuid;

use super::absences;
use crate::error::{StoreError, StoreResult};
use crate::people::{self, Unit};
use crate::sql::sql;
use crate::tx::ReadTx;

/// A time in which a rung that comes to on-call has nobody on it in a unit, and goes up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// The unit.
    pub unit_code: String,
    /// The time.
    pub span: Span,
}

const SHIFTS: &str = "select user_id, unit_id, starts_at, ends_at from on_call_shifts \
    where agency_id = ? and cancelled_at is null and starts_at < ? and ? < ends_at";

/// The worker asks for the role in `people.sql` in the same words.
const PEOPLE: &str = "select u.id, u.role = 'on_call' as is_on_call, u.whole_agency, \
    array(select uu.unit_id from user_units uu where uu.agency_id = u.agency_id and uu.user_id = u.id) as units \
    from users u where u.agency_id = ? and u.disabled_at is null";

#[derive(QueryableByName)]
struct ShiftRow {
    #[diesel(sql_type = SqlUuid)]
    user_id: Uuid,
    #[diesel(sql_type = Nullable<SqlUuid>)]
    unit_id: Option<Uuid>,
    #[diesel(sql_type = Timestamptz)]
    starts_at: chrono::DateTime<chrono::Utc>,
    #[diesel(sql_type = Timestamptz)]
    ends_at: chrono::DateTime<chrono::Utc>,
}

#[derive(QueryableByName)]
struct PersonRow {
    #[diesel(sql_type = SqlUuid)]
    id: Uuid,
    #[diesel(sql_type = Bool)]
    is_on_call: bool,
    #[diesel(sql_type = Bool)]
    whole_agency: bool,
    #[diesel(sql_type = Array<SqlUuid>)]
    units: Vec<Uuid>,
}

/// The gaps of the next days in the units within the caller's reach, by unit and time.
pub async fn gaps<A: Action>(tx: &ReadTx, grant: &Grant<A>) -> StoreResult<Vec<Gap>> {
    let over = Span::looked_over(tx.at());
    let units = people::units(tx).await?.into_iter().filter(|it| reaches(&grant.caller().reach, it));
    let shifts: Vec<ShiftRow> = sql(SHIFTS)
        .bind::<SqlUuid, _>(grant.agency().uuid())
        .bind::<Timestamptz, _>(over.ends_at())
        .bind::<Timestamptz, _>(over.starts_at())
        .load(&mut tx.conn())
        .await?;
    let people: Vec<PersonRow> = sql(PEOPLE).bind::<SqlUuid, _>(grant.agency().uuid()).load(&mut tx.conn()).await?;
    let away = absences::within_span(tx, grant, over).await?;
    let all = All { shifts, people, away };
    let mut gaps = BTreeMap::new();
    for unit in units {
        gaps.insert(unit.code, all.watch(unit.id)?.gaps(over));
    }
    let of =
        |(code, spans): (String, Vec<Span>)| spans.into_iter().map(move |span| Gap { unit_code: code.clone(), span });
    Ok(gaps.into_iter().flat_map(of).collect())
}

fn reaches(reach: &Reach, unit: &Unit) -> bool {
    reach.meets(&Reach::Units(vec![unit.id]))
}

struct All {
    shifts: Vec<ShiftRow>,
    people: Vec<PersonRow>,
    away: Vec<Away>,
}

impl All {
    /// All that says who is on call for one unit. Who is away matters only for those who would stand there.
    fn watch(&self, unit: UnitId) -> StoreResult<Watch> {
        let mut watch =
            Watch { active: self.people.iter().map(|it| Id::from_uuid(it.id)).collect(), ..Watch::default() };
        for row in self.shifts.iter().filter(|it| it.unit_id.is_none_or(|id| id == unit.uuid())) {
            let span = Span::kept(row.starts_at, row.ends_at).ok_or(StoreError::Corrupt("on_call_shifts"))?;
            watch.shifts.push((Id::from_uuid(row.user_id), span));
        }
        let has_role = |it: &&PersonRow| it.is_on_call && (it.whole_agency || it.units.contains(&unit.uuid()));
        watch.on_call = self.people.iter().filter(has_role).map(|it| Id::from_uuid(it.id)).collect();
        let on_shift = watch.shifts.iter().map(|(user, _)| *user);
        let mut concerned: Vec<UserId> = on_shift.chain(watch.on_call.iter().copied()).collect();
        let substitutes = self.away.iter().filter(|it| concerned.contains(&it.user)).filter_map(|it| it.substitute);
        let substitutes: Vec<UserId> = substitutes.collect();
        concerned.extend(substitutes);
        watch.away = self.away.iter().filter(|it| concerned.contains(&it.user)).copied().collect();
        Ok(watch)
    }
}
