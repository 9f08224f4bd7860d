//! Observations in a packet: those that a person named one by one, by date. None is chosen, ordered or left out by the
//! program (domain 9.2, NJ-4, NJ-8).

use homeward_domain::disclosure::{Datum, Ground};
use homeward_domain::id::ObservationId;
use homeward_domain::indicator::catalogue;
use homeward_domain::policy::ReadObservations;
use homeward_store::ReadTx;
use homeward_store::observations::{self, Observation};

use super::gate::Gate;
use super::{PacketObserved, PacketSighting};
use crate::problem::Problem;
use crate::wire::Code;

/// Those of the named ones that are the child's and stand.
pub(super) async fn chosen(
    tx: &ReadTx,
    gate: &Gate<'_>,
    ids: &[ObservationId],
) -> Result<Option<PacketObserved>, Problem> {
    let gate = Gate { grounds: &[Ground::Chosen], ..*gate };
    if ids.is_empty() || gate.lets(Datum::Observations, ()).is_none() {
        return Ok(None);
    }
    let all = observations::of_child(tx, &tx.also::<ReadObservations>()?).await?;
    let chosen = all.iter().filter(|it| it.retracted.is_none() && ids.contains(&it.id));
    Ok(Some(PacketObserved { caveat: &catalogue().caveat, sightings: chosen.map(sighting).collect() }))
}

fn sighting(it: &Observation) -> PacketSighting {
    PacketSighting {
        id: it.id.uuid(),
        indicator_code: it.seen.indicator.as_str(),
        observed_at: it.seen.observed_at,
        observed_by_name: it.seen.observed_by_name.clone(),
        observer_role: it.seen.observer_role.clone(),
        source: Code(it.seen.source),
        context: it.seen.context.clone(),
    }
}
