//! A contact can name the packet that was what the recipient got. Whoever may not know of the packet is shown the contact
//! without it.

use diesel::{ExpressionMethods as _, QueryDsl as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::id::Id;
use homeward_domain::policy::{Action, Permit, ReadDeterminations};
use uuid::Uuid;

use super::Notification;
use crate::error::StoreResult;
use crate::schema::packets::dsl;
use crate::tx::ReadTx;

pub(super) async fn without_hidden<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    mut all: Vec<Notification>,
) -> StoreResult<Vec<Notification>> {
    let named: Vec<Uuid> = all.iter().filter_map(|it| it.contact.packet).map(Id::uuid).collect();
    if named.is_empty() || tx.may::<ReadDeterminations>() {
        return Ok(all);
    }
    let hidden: Vec<Uuid> = dsl::packets
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq_any(named))
        .filter(dsl::for_few)
        .select(dsl::id)
        .load(&mut tx.conn())
        .await?;
    for told in &mut all {
        told.contact.packet = told.contact.packet.filter(|it| !hidden.contains(&it.uuid()));
    }
    Ok(all)
}
