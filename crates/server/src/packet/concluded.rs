//! Determinations in a packet to law enforcement: those that a person named one by one, and that nothing took the place of
//! (42 U.S.C. 671(a)(34)(A)). None is chosen by the program.

use homeward_domain::disclosure::Datum;
use homeward_domain::id::DeterminationId;
use homeward_domain::policy::ReadDeterminations;
use homeward_store::ReadTx;
use homeward_store::determinations::{self, Determination};

use super::PacketDetermination;
use super::gate::Gate;
use crate::problem::Problem;
use crate::wire::Code;

/// Those of the named ones that are the child's and stand. Whoever may not read them names none.
pub(super) async fn chosen(
    tx: &ReadTx,
    gate: &Gate<'_>,
    ids: &[DeterminationId],
) -> Result<Option<Vec<PacketDetermination>>, Problem> {
    if ids.is_empty() || gate.lets(Datum::Determination, ()).is_none() {
        return Ok(None);
    }
    let Ok(reader) = tx.also::<ReadDeterminations>() else { return Ok(None) };
    let all = determinations::of_child(tx, &reader).await?;
    let stands = |it: &&Determination| !all.iter().any(|later| later.conclusion.supersedes == Some(it.id));
    let named = all.iter().filter(|it| ids.contains(&it.id)).filter(stands);
    let mut chosen: Vec<PacketDetermination> = named.map(concluded).collect();
    chosen.sort_by_key(|it| it.determined_at);
    Ok(Some(chosen).filter(|it| !it.is_empty()))
}

fn concluded(it: &Determination) -> PacketDetermination {
    let told = it.conclusion.clone();
    PacketDetermination {
        id: it.id.uuid(),
        determination_type: Code(told.kind),
        determination_source: Code(told.source),
        determined_by_name: told.determined_by_name,
        determined_by_role: told.determined_by_role,
        determined_by_agency: told.determined_by_agency,
        determined_at: told.determined_at,
        agency_information_received_at: told.received_at,
        basis: told.basis,
    }
}
