//! Which children to show.

use chrono::NaiveDate;
use homeward_domain::id::UserId;
use homeward_store::children::{Filter, Sought};
use homeward_store::page::Page;
use homeward_store::{ReadTx, people};
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::check;
use super::views::ChildLine;
use crate::problem::{Fault, Problem};
use crate::wire::{self, Name, Reference};

/// What to show of the children.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct ChildrenQuery {
    #[param(inline)]
    pub(super) unit_code: Option<Reference>,
    /// `me`, or the id of a worker.
    assigned_to: Option<String>,
    /// Only those who are missing now, or only those who are not.
    missing: Option<bool>,
    #[param(minimum = 1, maximum = 200)]
    pub(super) limit: Option<u8>,
    pub(super) cursor: Option<String>,
}

/// Who is looked for. At least one is required.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ChildSearch {
    /// How the given name, the family name, `given family` or any word of them begins, from 2 letters on. Case and
    /// accents make no difference.
    name: Option<Name>,
    date_of_birth: Option<NaiveDate>,
    /// The agency's own id of the person, letter for letter.
    agency_person_id: Option<Reference>,
    /// A phone number stated among the contacts of the child: the digits have to be the same. For those who may read
    /// contacts.
    phone: Option<Reference>,
    /// An e-mail address or the name of an account stated among the contacts. For those who may read contacts.
    account: Option<Reference>,
}

impl ChildrenQuery {
    /// The filter, but for the unit.
    pub(super) fn filter(&self, me: UserId) -> Result<Filter, Problem> {
        let assigned_to = match self.assigned_to.as_deref() {
            None => None,
            Some("me") => Some(me),
            Some(id) => {
                Some(id.parse().map_err(|_| Problem::InvalidQuery("assigned_to: must be `me` or an id".into()))?)
            }
        };
        Ok(Filter { unit: None, assigned_to, missing: self.missing })
    }
}

/// None where the agency has no such unit: then nobody is there.
pub(super) async fn with_unit(tx: &ReadTx, filter: Filter, code: Option<Reference>) -> Result<Option<Filter>, Problem> {
    let Some(code) = wire::text(code) else { return Ok(Some(filter)) };
    let unit = people::unit_by_code(tx, &code).await?;
    Ok(unit.map(|unit| Filter { unit: Some(unit), ..filter }))
}

/// A page of nobody.
pub(super) fn nobody() -> Page<ChildLine> {
    Page { rows: Vec::new(), next: None }
}

impl ChildSearch {
    /// Whom to look for, or why nobody can be found.
    pub(super) fn sought(self) -> Result<Sought, Problem> {
        let sought = Sought {
            name: wire::text(self.name),
            date_of_birth: self.date_of_birth,
            agency_person_id: wire::text(self.agency_person_id),
            phone: wire::text(self.phone),
            account: wire::text(self.account),
        };
        let fault = match sought.faults().into_iter().next() {
            Some((field, why)) => Some(Fault::of(field, why)),
            None => sought.date_of_birth.and_then(|day| check::year("date_of_birth", day)),
        };
        fault.map_or(Ok(sought), |it| Err(Problem::Impossible(vec![it])))
    }
}
