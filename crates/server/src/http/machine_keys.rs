//! Keys of the agency's programs: made in one's own name, renewed, revoked (KY-01 to KY-07).

use actix_web::{get, post};
use chrono::{DateTime, TimeDelta, Utc};
use homeward_domain::audit::Change;
use homeward_domain::id::{MachineKeyId, names};
use homeward_domain::machine_key::{MOST_DAYS, Scope, USUAL_DAYS};
use homeward_domain::policy::{self, KeepKeys, MakeKeys};
use homeward_store::machine_keys::{self, MachineKey, NewKey, Standing};
use homeward_store::{Audited, Seen};
use ipnet::IpNet;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::auth::Within;
use crate::auth::token::Secret;
use crate::paging::List;
use crate::problem::{Fault, Problem};
use crate::reply::{Once, Shown};
use crate::wire::codes::ScopeCode;
use crate::wire::{Code, Name, Text};

/// So many networks a key can name.
const MOST_NETWORKS: usize = 50;

type Network = Text<50>;

/// What a key is for.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewMachineKey {
    /// By which people know it.
    label: Name,
    /// What it lets the program do, as far as I may do it at that moment.
    #[schema(min_items = 1)]
    scopes: Vec<ScopeCode>,
    /// For how many days it works: 90 where left out, 365 at most.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<i64>,
    /// Where it may be used from, as `192.0.2.0/24` or `2001:db8::/32`; from anywhere where left out.
    #[schema(max_items = 50)]
    networks: Option<Vec<Network>>,
}

/// How much longer it works.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct MachineKeyRenewal {
    /// For how many days from now on: 90 where left out, 365 at most.
    #[schema(minimum = 1, maximum = 365)]
    expires_in_days: Option<i64>,
}

/// How a key stands.
#[derive(Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub(super) enum MachineKeyState {
    /// It works while its owner may do what it is for.
    Active,
    /// It works, and nobody has used it for 60 days.
    Unused,
    /// Nobody has used it for 90 days: it works no more, until it is renewed.
    Lapsed,
    Expired,
    Revoked,
}

/// A key. Its secret is shown when it is made, and never again.
#[derive(Serialize, ToSchema)]
pub(super) struct MachineKeyView {
    id: Uuid,
    /// In whose name the program acts.
    owner_id: Uuid,
    label: String,
    scopes: Vec<ScopeCode>,
    networks: Option<Vec<String>>,
    state: MachineKeyState,
    made_at: DateTime<Utc>,
    renewed_at: Option<DateTime<Utc>>,
    expires_at: DateTime<Utc>,
    /// Until when the secret before the present one works too.
    previous_secret_until: Option<DateTime<Utc>>,
    last_used_at: Option<DateTime<Utc>>,
    last_used_from: Option<String>,
    uses: i64,
    /// When it was last presented from outside its networks.
    last_refused_at: Option<DateTime<Utc>>,
    last_refused_from: Option<String>,
    revoked_at: Option<DateTime<Utc>>,
    revoked_by: Option<Uuid>,
}

/// A key with a secret that was made now.
#[derive(Serialize, ToSchema)]
pub(super) struct MachineKeyWithSecret {
    #[serde(flatten)]
    machine_key: MachineKeyView,
    /// To be sent as `Authorization: Bearer hw_…`. It is shown this once.
    secret: String,
}

impl From<Standing> for MachineKeyState {
    fn from(standing: Standing) -> Self {
        match standing {
            Standing::Active => Self::Active,
            Standing::Unused => Self::Unused,
            Standing::Lapsed => Self::Lapsed,
            Standing::Expired => Self::Expired,
            Standing::Revoked => Self::Revoked,
        }
    }
}

impl MachineKeyView {
    fn of(it: MachineKey, now: DateTime<Utc>) -> Self {
        Self {
            id: it.id.uuid(),
            state: it.standing(now).into(),
            owner_id: it.owner.uuid(),
            label: it.label,
            scopes: it.scopes.into_iter().map(Code).collect(),
            networks: it.networks,
            made_at: it.made_at,
            renewed_at: it.renewed_at,
            expires_at: it.expires_at,
            previous_secret_until: it.previous_until.filter(|until| now < *until),
            last_used_at: it.used.as_ref().map(|(at, _)| *at),
            last_used_from: it.used.and_then(|(_, from)| from),
            uses: it.uses,
            last_refused_at: it.refused.as_ref().map(|(at, _)| *at),
            last_refused_from: it.refused.and_then(|(_, from)| from),
            revoked_at: it.revoked.map(|(at, _)| at),
            revoked_by: it.revoked.map(|(_, by)| by.uuid()),
        }
    }
}

impl NewMachineKey {
    /// What can be made of it by someone in this role. Every fault is told at once.
    fn judged(self, role: policy::Role) -> Result<NewKey, Problem> {
        let mut scopes: Vec<Scope> = self.scopes.into_iter().map(|it| it.0).collect();
        scopes.sort_unstable();
        scopes.dedup();
        let mut faults = Vec::new();
        if scopes.is_empty() {
            faults.push(Fault::of("scopes", "must hold at least one"));
        }
        let beyond = scopes.iter().filter(|it| !policy::may_give(role, **it));
        faults.extend(beyond.map(|it| Fault::of("scopes", format!("{it} is more than you may do"))));
        let networks = self.networks.map(|all| networks(&all, &mut faults));
        let lifetime = lifetime(self.expires_in_days, &mut faults);
        if !faults.is_empty() {
            return Err(Problem::Impossible(faults));
        }
        Ok(NewKey { label: self.label.into(), scopes, networks, lifetime })
    }
}

fn networks(told: &[Network], faults: &mut Vec<Fault>) -> Vec<String> {
    if told.is_empty() || MOST_NETWORKS < told.len() {
        faults.push(Fault::of("networks", format!("must hold 1 to {MOST_NETWORKS}, or be left out")));
    }
    let read = |it: &Network| it.as_str().parse::<IpNet>().ok().filter(|net| net.trunc() == *net);
    let bad = told.iter().filter(|it| read(it).is_none());
    faults.extend(bad.map(|it| Fault::of("networks", format!("`{}` is no network", it.as_str()))));
    told.iter().filter_map(read).map(|it| it.to_string()).collect()
}

fn lifetime(days: Option<i64>, faults: &mut Vec<Fault>) -> TimeDelta {
    let days = days.unwrap_or(USUAL_DAYS);
    if !(1..=MOST_DAYS).contains(&days) {
        faults.push(Fault::of("expires_in_days", format!("must lie between 1 and {MOST_DAYS}")));
    }
    TimeDelta::days(days.clamp(1, MOST_DAYS))
}

fn secret() -> Result<Secret, Problem> {
    Secret::random().map_err(|error| Problem::Internal(Box::new(error)))
}

fn shown(request: &Within<MakeKeys>, key: MachineKey, secret: &Secret) -> Once<MachineKeyWithSecret> {
    let (app, call, id) = (request.app(), request.call(), key.id);
    let secret = app.keys.reveal_machine_key((call.agency, id), secret);
    let view = MachineKeyWithSecret { machine_key: MachineKeyView::of(key, call.at), secret };
    Once { view, location: format!("/v1/machine-keys/{id}") }
}

/// Make a key for a program that acts in one's own name
///
/// It may do what its scopes say, as far as I may at that moment: it ends with me, and narrows with my role. It opens no
/// restricted record. Its secret is in this answer, and in no other; a request that is sent twice makes two.
#[utoipa::path(tag = "agency", operation_id = "make_machine_key", request_body = NewMachineKey,
               responses((status = 201, body = MachineKeyWithSecret)))]
#[post("/v1/machine-keys")]
pub(super) async fn make(request: Within<MakeKeys>) -> Result<Once<MachineKeyWithSecret>, Problem> {
    let (secret, keys) = (secret()?, &request.app().keys);
    let key = request
        .write(async |tx, grant, body: NewMachineKey| {
            let new = body.judged(grant.caller().role)?;
            let id: MachineKeyId = tx.new_id();
            let change = Change::MachineKeyMade { key_id: id, scopes: new.scopes.clone() };
            let hash = keys.machine_key_hash((grant.agency(), id), &secret);
            let key = machine_keys::make(tx, grant, new, (id, hash)).await?;
            Ok(Audited::new(key, grant.did(None, change)))
        })
        .await?;
    Ok(shown(&request, key, &secret))
}

/// My keys, the newest first; everyone's for an administrator
#[utoipa::path(tag = "agency", operation_id = "list_machine_keys",
               responses((status = 200, body = List<MachineKeyView>)))]
#[get("/v1/machine-keys")]
pub(super) async fn list(request: Within<KeepKeys>) -> Result<Shown<List<MachineKeyView>>, Problem> {
    let views = request
        .list(async |tx, grant| {
            let all = machine_keys::all(tx, grant).await?;
            let views = all.into_iter().map(|it| MachineKeyView::of(it, tx.at())).collect();
            Ok(Seen(views, grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(List::whole(views)))
}

/// One key
#[utoipa::path(tag = "agency", operation_id = "get_machine_key", params(("machine_key_id" = Uuid, Path)),
               responses((status = 200, body = MachineKeyView)))]
#[get("/v1/machine-keys/{machine_key_id}")]
pub(super) async fn show(request: Within<KeepKeys>) -> Result<Shown<MachineKeyView>, Problem> {
    let id = request.id::<names::MachineKey>("machine_key_id")?;
    let view = request
        .list(async |tx, grant| {
            let key = machine_keys::find(tx, grant, id).await?;
            Ok(Seen(MachineKeyView::of(key, tx.at()), grant.saw(Vec::new())))
        })
        .await?;
    Ok(Shown(view))
}

/// Give one of my keys another secret, and time from now on
///
/// The new secret is in this answer, and in no other. The one before works beside it for seven days at most, and never
/// longer than it would have.
#[utoipa::path(tag = "agency", operation_id = "renew_machine_key", params(("machine_key_id" = Uuid, Path)),
               request_body = MachineKeyRenewal, responses((status = 201, body = MachineKeyWithSecret)))]
#[post("/v1/machine-keys/{machine_key_id}/renewal")]
pub(super) async fn renew(request: Within<MakeKeys>) -> Result<Once<MachineKeyWithSecret>, Problem> {
    let id = request.id::<names::MachineKey>("machine_key_id")?;
    let (secret, keys) = (secret()?, &request.app().keys);
    let key = request
        .write(async |tx, grant, body: MachineKeyRenewal| {
            let mut faults = Vec::new();
            let lifetime = lifetime(body.expires_in_days, &mut faults);
            if !faults.is_empty() {
                return Err(Problem::Impossible(faults));
            }
            let hash = keys.machine_key_hash((grant.agency(), id), &secret);
            let key = machine_keys::renew(tx, grant, (id, hash), lifetime).await?;
            Ok(Audited::new(key, grant.did(None, Change::MachineKeyRenewed { key_id: id })))
        })
        .await?;
    Ok(shown(&request, key, &secret))
}

/// Revoke a key: mine, or anyone's for an administrator
///
/// It works no more from the next request on, at every server. This asks for no fresh proof: a key that has leaked ends at
/// once.
#[utoipa::path(tag = "agency", operation_id = "revoke_machine_key", params(("machine_key_id" = Uuid, Path)),
               responses((status = 200, body = MachineKeyView)))]
#[post("/v1/machine-keys/{machine_key_id}/revocation")]
pub(super) async fn revoke(request: Within<KeepKeys>) -> Result<Shown<MachineKeyView>, Problem> {
    let id = request.id::<names::MachineKey>("machine_key_id")?;
    let view = request
        .change(async |tx, grant| {
            let key = machine_keys::revoke(tx, grant, id).await?;
            let view = MachineKeyView::of(key, tx.at());
            Ok(Audited::new(view, grant.did(None, Change::MachineKeyRevoked { key_id: id })))
        })
        .await?;
    Ok(Shown(view))
}
