//! The conditions of a State's rules that only a person chooses.

use actix_web::put;
use homeward_domain::audit::Change;
use homeward_domain::id::names;
use homeward_domain::policy::{ChangeEpisode, MoveReceiptLater};
use homeward_store::episodes::{self, Episode};
use homeward_store::{Audited, WriteTx, duties, notices};
use serde::Deserialize;
use utoipa::ToSchema;

use super::views::EpisodeView;
use crate::auth::OfChild;
use crate::problem::{Fault, Problem};
use crate::reply::Versioned;
use crate::wire::{Name, Reason, Reference};

/// Which conditions a person says are met. The whole list is replaced.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct NewChoices {
    /// Names from `choices` of `/v1/agency/rules`; empty for none.
    choices: Vec<Reference>,
    /// Who says so.
    chosen_by_name: Name,
    /// What they go by.
    reason: Reason,
}

/// Record which of the conditions that only a person chooses are met
///
/// Nothing else ever chooses one. To take one back gives more time, so it takes a supervisor. What was chosen before is
/// kept with its reason.
#[utoipa::path(tag = "episodes", operation_id = "record_choices",
               params(("child_id" = uuid::Uuid, Path), ("episode_id" = uuid::Uuid, Path),
                      ("If-Match" = String, Header)),
               request_body = NewChoices, responses((status = 200, body = EpisodeView)))]
#[put("/v1/children/{child_id}/missing-episodes/{episode_id}/choices")]
pub(super) async fn record(request: OfChild<ChangeEpisode>) -> Result<Versioned<EpisodeView>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .write(async |tx, permit, body: NewChoices| {
            let before = episodes::lock(tx, permit, id).await?;
            if before.version != request.version()? {
                return Err(Problem::Stale);
            }
            let was_owed = duties::of_episode(tx, permit, id).await?;
            let changed = apply(tx, before, body)?;
            let change = Change::ChoicesRecorded { episode_id: id, choices: changed.choices.clone() };
            let saved = episodes::save(tx, permit, changed).await?;
            tx.plan().await?;
            let owed = duties::of_episode(tx, permit, id).await?;
            if duties::is_due_later(&was_owed, &owed) {
                notices::limit_moved_later(tx, permit).await?;
            }
            let view = EpisodeView::of(&saved, &owed, tx.at());
            Ok(Audited::new(Versioned(view, saved.version), permit.did(change)))
        })
        .await
}

fn apply(tx: &WriteTx, before: Episode, body: NewChoices) -> Result<Episode, Problem> {
    let book = tx.agency().rule_book()?;
    let mut choices: Vec<String> = body.choices.into_iter().map(String::from).collect();
    choices.sort_unstable();
    choices.dedup();
    let unknown = |name: &&String| !book.choices().iter().any(|it| it.name == **name);
    if let Some(name) = choices.iter().find(unknown) {
        let detail = format!("the agency's rules have no condition `{name}`");
        return Err(Problem::Impossible(vec![Fault::of("choices", detail)]));
    }
    if before.choices.iter().any(|it| !choices.contains(it)) {
        tx.also::<MoveReceiptLater>().map_err(|_| Problem::ChoiceGivesTime)?;
    }
    let (chosen_by_name, change_reason) = (Some(body.chosen_by_name.into()), Some(body.reason.into()));
    Ok(Episode { choices, chosen_by_name, change_reason, ..before })
}
