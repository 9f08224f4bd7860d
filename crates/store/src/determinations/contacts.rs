//! Who was told of an identification. The same rows as other contacts, for fewer eyes.

use diesel::{ExpressionMethods as _, OptionalExtension as _, QueryDsl as _, SelectableHelper as _};
use diesel_async::RunQueryDsl as _;
use homeward_domain::duty::Cause;
use homeward_domain::id::{DeterminationId, NotificationId};
use homeward_domain::notification::{NotificationError, Told};
use homeward_domain::policy::{Notify, Permit, ReadDeterminations};

use crate::error::{StoreError, StoreResult};
use crate::notifications::{Contact, Notification, Row, append, take_back};
use crate::replan::Touched;
use crate::schema::notifications::dsl;
use crate::tx::{ReadTx, WriteTx};

/// Records a contact about a determination; those about the child are held.
pub async fn insert_contact(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    about: DeterminationId,
    contact: Contact,
) -> StoreResult<Notification> {
    let told = append(tx, permit, Cause::Determination(about), contact).await?;
    tx.touch(Touched::Determined);
    Ok(told)
}

/// Takes such a contact back. The duty it discharged is owed again.
pub async fn retract_contact(
    tx: &WriteTx,
    permit: &Permit<Notify>,
    told: Notification,
    reason: String,
) -> StoreResult<Result<Notification, NotificationError>> {
    let retracted = take_back(tx, permit, told, reason).await?;
    tx.touch(Touched::Determined);
    Ok(retracted)
}

/// One contact about one determination of the permitted child.
pub async fn find_contact(
    tx: &ReadTx,
    permit: &Permit<ReadDeterminations>,
    about: DeterminationId,
    id: NotificationId,
) -> StoreResult<Notification> {
    let row: Option<Row> = dsl::notifications
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::id.eq(id.uuid()))
        .filter(dsl::determination_id.eq(about.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .select(Row::as_select())
        .first(&mut tx.conn())
        .await
        .optional()?;
    row.ok_or(StoreError::NotFound)?.notification(tx.safe())
}

/// Every contact about one determination of the permitted child, in the order they were made.
pub async fn of_determination(
    tx: &ReadTx,
    permit: &Permit<ReadDeterminations>,
    about: DeterminationId,
) -> StoreResult<Vec<Notification>> {
    let rows: Vec<Row> = dsl::notifications
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::determination_id.eq(about.uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .order((dsl::made_at, dsl::id))
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    rows.into_iter().map(|it| it.notification(tx.safe())).collect()
}

/// What the law makes of all of them.
pub(crate) async fn told(tx: &ReadTx, permit: &Permit<ReadDeterminations>) -> StoreResult<Vec<(Cause, Told)>> {
    let rows: Vec<Row> = dsl::notifications
        .filter(dsl::agency_id.eq(permit.agency().uuid()))
        .filter(dsl::child_id.eq(permit.child().uuid()))
        .filter(dsl::determination_id.is_not_null())
        .select(Row::as_select())
        .load(&mut tx.conn())
        .await?;
    let told = rows.iter().map(Row::told).collect::<StoreResult<Vec<_>>>()?;
    Ok(told.into_iter().flatten().collect())
}
