//! The people of an agency, for those who arrange rosters and those who add and change people. No child is among it.

use actix_web::get;
use chrono::{DateTime, Utc};
use homeward_domain::id::{Id, names};
use homeward_domain::policy::{Reach, ReadAgency, ReadPeople};
use homeward_store::people::{self, Filter, Member, Unit};
use homeward_store::{ReadTx, Seen};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};
use uuid::Uuid;

use crate::auth::Within;
use crate::paging::{self, List};
use crate::problem::Problem;
use crate::reply::{Shown, Versioned};
use crate::wire::codes::RoleCode;
use crate::wire::{self, Code, Reference};

pub(super) mod back_ups;
pub(super) mod change;
pub(super) mod hand_overs;
pub(super) mod identities;
pub(super) mod sign_ins;

/// A unit of the agency.
#[derive(Serialize, ToSchema)]
pub(super) struct UnitView {
    id: Uuid,
    /// Its name in queries and files.
    code: String,
    name: String,
}

/// Someone who works, or worked, for the agency.
#[derive(Serialize, ToSchema)]
pub(super) struct UserView {
    id: Uuid,
    name: String,
    email: String,
    role: RoleCode,
    whole_agency: bool,
    /// Where they work; none where it is the whole agency.
    units: Vec<UnitView>,
    /// Who stands in for them.
    back_up_id: Option<Uuid>,
    /// Whether they are away now.
    away: bool,
    away_until: Option<DateTime<Utc>>,
    /// Who stands where they stood, while they are away.
    substitute_id: Option<Uuid>,
    /// Mail to an address of theirs was refused, and they have not said yet that it works again.
    has_bounced_address: bool,
    /// When they were disabled; null while they work here.
    disabled_at: Option<DateTime<Utc>>,
    /// When their sign-in was locked after failures. It opens by itself after a while, unless the installation asks for an
    /// administrator.
    locked_at: Option<DateTime<Utc>>,
    /// When they last signed in or were given a password. After 90 days it takes an administrator (`unlock_user`).
    signed_in_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// Whom to show.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(super) struct UsersQuery {
    /// Only those who work in this unit.
    #[param(inline)]
    unit_code: Option<Reference>,
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u8>,
    cursor: Option<String>,
}

impl From<Unit> for UnitView {
    fn from(it: Unit) -> Self {
        Self { id: it.id.uuid(), code: it.code, name: it.name }
    }
}

impl From<Member> for UserView {
    fn from(it: Member) -> Self {
        Self {
            id: it.colleague.id.uuid(),
            name: it.name,
            email: it.email,
            role: Code(it.colleague.role),
            whole_agency: it.colleague.reach == Reach::WholeAgency,
            units: it.units.into_iter().map(UnitView::from).collect(),
            back_up_id: it.back_up.map(Id::uuid),
            away: it.absent.is_some(),
            away_until: it.absent.map(|it| it.ends_at),
            substitute_id: it.absent.and_then(|it| it.substitute).map(Id::uuid),
            has_bounced_address: it.has_bounced,
            disabled_at: it.disabled_at,
            locked_at: it.locked_at,
            signed_in_at: it.signed_in_at,
            created_at: it.created_at,
        }
    }
}

impl UserView {
    fn of(it: Member) -> Versioned<Self> {
        let version = it.version;
        Versioned(Self::from(it), version)
    }
}

/// The units of the agency, by code
#[utoipa::path(tag = "people", operation_id = "list_units", responses((status = 200, body = List<UnitView>)))]
#[get("/v1/units")]
pub(super) async fn units(request: Within<ReadAgency>) -> Result<Shown<List<UnitView>>, Problem> {
    let units = request.list(async |tx, grant| Ok(Seen(people::units(tx).await?, grant.saw(Vec::new())))).await?;
    Ok(Shown(List::whole(units.into_iter().map(UnitView::from).collect())))
}

/// The people of the agency, in the order in which they were added
///
/// Supervisors see those of their units and those who work for the whole agency, administrators everyone within their
/// reach, also whoever was disabled.
#[utoipa::path(tag = "people", operation_id = "list_users", params(UsersQuery),
               responses((status = 200, body = List<UserView>)))]
#[get("/v1/users")]
pub(super) async fn list(request: Within<ReadPeople>) -> Result<Shown<List<UserView>>, Problem> {
    let query: UsersQuery = request.query()?;
    let keys = &request.app().keys;
    let window = paging::window(keys, query.limit, query.cursor.as_deref())?;
    let code = wire::text(query.unit_code);
    let page = request
        .list(async |tx, grant| {
            let page = match filter(tx, code).await? {
                Some(filter) => people::list(tx, grant, filter, &window).await?,
                None => homeward_store::page::Page { rows: Vec::new(), next: None },
            };
            Ok(Seen(page.map(UserView::from), grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::page(keys, page)))
}

/// None where the agency has no such unit: then nobody is there.
async fn filter(tx: &ReadTx, code: Option<String>) -> Result<Option<Filter>, Problem> {
    let Some(code) = code else { return Ok(Some(Filter::default())) };
    let unit = people::unit_by_code(tx, &code).await?;
    Ok(unit.map(|unit| Filter { unit: Some(unit) }))
}

/// One of them
#[utoipa::path(tag = "people", operation_id = "get_user", params(("user_id" = Uuid, Path)),
               responses((status = 200, body = UserView)))]
#[get("/v1/users/{user_id}")]
pub(super) async fn show(request: Within<ReadPeople>) -> Result<Versioned<UserView>, Problem> {
    let id = request.id::<names::User>("user_id")?;
    request
        .list(async |tx, grant| {
            let member = people::find(tx, grant, id).await?;
            Ok(Seen(UserView::of(member), grant.saw(Vec::new())))
        })
        .await
}
