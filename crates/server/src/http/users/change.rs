//! Adding people, changing what they may do, and disabling them. Passwords are chosen by the people themselves.

use actix_web::{patch, post};
use homeward_domain::audit::Change;
use homeward_domain::id::{UserId, names};
use homeward_domain::policy::{ManagePeople, Reach};
use homeward_store::people::{self, Changed, Member, NewMember};
use homeward_store::{Audited, ReadTx};
use serde::Deserialize;
use utoipa::ToSchema;

use super::UserView;
use crate::auth::{KeyRule, Within};
use crate::problem::{Fault, Problem};
use crate::reply::{Created, Made, Versioned};
use crate::wire::codes::RoleCode;
use crate::wire::{MailAddress, Name, Reference};

/// Someone who will work for the agency.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct NewUser {
    /// What they sign in with, and where reminders come.
    email: MailAddress,
    name: Name,
    role: RoleCode,
    /// Where they work; left out for the whole agency.
    #[serde(default)]
    unit_codes: Vec<Reference>,
    /// They work for the whole agency.
    #[serde(default)]
    whole_agency: bool,
}

/// What is to change. What is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct UserPatch {
    name: Option<Name>,
    role: Option<RoleCode>,
    /// All of the units, where it is not the whole agency.
    unit_codes: Option<Vec<Reference>>,
    whole_agency: Option<bool>,
    /// Whoever is disabled is signed out at once, and nothing is sent to them.
    disabled: Option<bool>,
}

/// Add a person to the agency
///
/// They can sign in once they have a password: `start_password_reset` sends them a code to choose it with.
#[utoipa::path(tag = "people", operation_id = "add_user",
               params(("Idempotency-Key" = Option<String>, Header, max_length = 255)),
               request_body = NewUser, responses((status = 201, body = UserView)))]
#[post("/v1/users")]
pub(crate) async fn add(request: Within<ManagePeople>) -> Result<Created, Problem> {
    request
        .create(KeyRule::Optional, async |tx, grant, body: NewUser| {
            let reach = reach(tx, body.whole_agency, body.unit_codes).await?;
            within(&grant.caller().reach, &reach)?;
            let (email, name, role) = (body.email.into(), body.name.into(), body.role.0);
            let id = people::add(tx, grant, NewMember { email, name, role, reach }).await?;
            let Versioned(view, version) = UserView::of(people::find(tx, grant, id).await?);
            let entry = grant.did(None, Change::PersonAdded { user_id: id });
            Ok((Made { view, location: format!("/v1/users/{id}"), version: Some(version) }, entry))
        })
        .await
}

/// Change what a person may do and where, or disable them
///
/// What they were before is kept. A disabled person's sessions end at once; their children stay assigned to them until
/// they are handed over, and every rung goes up meanwhile. Nobody changes their own role, units or standing.
#[utoipa::path(tag = "people", operation_id = "change_user",
               params(("user_id" = Uuid, Path), ("If-Match" = String, Header)),
               request_body = UserPatch, responses((status = 200, body = UserView)))]
#[patch("/v1/users/{user_id}")]
pub(crate) async fn change(request: Within<ManagePeople>) -> Result<Versioned<UserView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .write(async |tx, grant, body: UserPatch| {
            let version = request.version()?;
            let before = people::lock(tx, grant, id).await?;
            if before.version != version {
                return Err(Problem::Stale);
            }
            let (changed, fields) = body.applied(tx, &before).await?;
            within(&grant.caller().reach, &changed.reach)?;
            refuse_own(grant.actor(), id, &fields)?;
            if !fields.is_empty() {
                people::change(tx, grant, &before, changed).await?;
            }
            let view = UserView::of(people::find(tx, grant, id).await?);
            Ok(Audited::new(view, grant.did(None, Change::PersonChanged { user_id: id, fields })))
        })
        .await
}

impl UserPatch {
    /// What the person is afterwards, and what that changes.
    async fn applied(self, tx: &ReadTx, before: &Member) -> Result<(Changed, Vec<&'static str>), Problem> {
        let was = &before.colleague;
        let reach = match (self.whole_agency, self.unit_codes) {
            (None, None) => was.reach.clone(),
            (whole, codes) => reach(tx, whole.unwrap_or(false), codes.unwrap_or_default()).await?,
        };
        let disabled_at = match self.disabled {
            Some(true) => before.disabled_at.or(Some(tx.at())),
            Some(false) => None,
            None => before.disabled_at,
        };
        let name = self.name.map_or_else(|| before.name.clone(), String::from);
        let role = self.role.map_or(was.role, |it| it.0);
        let differs = [
            ("name", name != before.name),
            ("role", role != was.role),
            ("units", !same(&reach, &was.reach)),
            ("disabled", disabled_at != before.disabled_at),
        ];
        let fields = differs.into_iter().filter(|(_, differs)| *differs).map(|(field, _)| field).collect();
        Ok((Changed { name, role, reach, disabled_at }, fields))
    }
}

fn same(one: &Reach, other: &Reach) -> bool {
    match (one, other) {
        (Reach::Units(one), Reach::Units(other)) => {
            one.iter().all(|it| other.contains(it)) && other.iter().all(|it| one.contains(it))
        }
        (one, other) => one == other,
    }
}

async fn reach(tx: &ReadTx, whole_agency: bool, codes: Vec<Reference>) -> Result<Reach, Problem> {
    let fault = |at: &str, why: &str| Fault::of(at, why);
    if whole_agency != codes.is_empty() {
        return Err(Problem::Impossible(vec![fault("unit_codes", "give either units or the whole agency")]));
    }
    if whole_agency {
        return Ok(Reach::WholeAgency);
    }
    let known = people::units(tx).await?;
    let (mut units, mut faults) = (Vec::new(), Vec::new());
    for (at, code) in codes.into_iter().enumerate() {
        match known.iter().find(|it| it.code == code.as_str()) {
            Some(unit) => units.push(unit.id),
            None => faults.push(fault(&format!("unit_codes/{at}"), "is no unit of the agency")),
        }
    }
    units.sort_unstable();
    units.dedup();
    if faults.is_empty() { Ok(Reach::Units(units)) } else { Err(Problem::Impossible(faults)) }
}

/// Nobody gives a wider reach than their own.
fn within(own: &Reach, given: &Reach) -> Result<(), Problem> {
    let holds = match (own, given) {
        (Reach::WholeAgency, _) => true,
        (Reach::Units(own), Reach::Units(given)) => given.iter().all(|unit| own.contains(unit)),
        (Reach::Units(_), Reach::WholeAgency) => false,
    };
    if holds { Ok(()) } else { Err(Problem::Forbidden) }
}

/// Whoever could change their own rights would need nobody's consent.
fn refuse_own(actor: UserId, id: UserId, fields: &[&'static str]) -> Result<(), Problem> {
    let faults: Vec<Fault> = fields
        .iter()
        .filter(|field| actor == id && **field != "name")
        .map(|field| Fault::of(field, "is your own: another administrator can change it"))
        .collect();
    if faults.is_empty() { Ok(()) } else { Err(Problem::Impossible(faults)) }
}
