//! How many children the people of a role open as part of their work, as whoever runs the program says.

use diesel::sql_types::{Integer, Text, Uuid as SqlUuid};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::AgencyId;
use homeward_domain::policy::Role;
use homeward_domain::reading::ReadingBudget;
use homeward_domain::vocabulary::Vocabulary as _;

use super::Setup;
use crate::error::StoreResult;
use crate::sql::sql;

const SET: &str = "insert into reading_budgets (agency_id, role, an_hour, a_day) values (?, ?, ?, ?) \
    on conflict (agency_id, role) do update set an_hour = excluded.an_hour, a_day = excluded.a_day";

impl Setup {
    /// What the people of a role may open.
    pub async fn set_reading_budget(&mut self, agency: AgencyId, role: Role, budget: ReadingBudget) -> StoreResult<()> {
        sql(SET)
            .bind::<SqlUuid, _>(agency.uuid())
            .bind::<Text, _>(role.code())
            .bind::<Integer, _>(i32::try_from(budget.an_hour).unwrap_or(i32::MAX))
            .bind::<Integer, _>(i32::try_from(budget.a_day).unwrap_or(i32::MAX))
            .execute(&mut self.conn)
            .await?;
        Ok(())
    }
}
