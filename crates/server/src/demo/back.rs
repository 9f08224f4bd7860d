//! The child who is back: located, returned, told of, asked and screened, and what is done about why they went. Closed.

use homeward_domain::audit::Change;
use homeward_domain::episode::{Closure, ClosureReason, Recovery, RecoveryType};
use homeward_domain::factor::PrimaryFactor;
use homeward_domain::id::{ChildId, EpisodeId};
use homeward_domain::interview::{Interview, InterviewOutcome, Topics, Words};
use homeward_domain::notification::{NotificationKind, Recipient};
use homeward_domain::policy::{CloseEpisode, CompleteTask, RecordFactors, RecordInterview, RecordRecovery};
use homeward_domain::screening::Screening;
use homeward_store::episodes::{self, Episode};
use homeward_store::factor_responses::{self, Done, Plan};
use homeward_store::factors::{self, Choice};
use homeward_store::notifications::Contact;
use homeward_store::{duties, interviews, screenings};

use super::hand::Hand;
use super::missing::{contact, notify};
use crate::problem::Problem;

const WORKER: &str = "Demo Caseworker";

pub(super) async fn tell(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    recover(hand, child, id).await?;
    for recipient in [Recipient::LawEnforcement, Recipient::Ncmec] {
        let notice = Contact { kind: NotificationKind::RecoveryNotice, ..contact(recipient, hand.hours_ago(47)) };
        notify(hand, child, id, notice).await?;
    }
    ask(hand, child, id).await?;
    screen(hand, child, id).await?;
    respond(hand, child, id).await?;
    close(hand, child, id).await
}

async fn recover(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    hand.record::<RecordRecovery, _>(child, async |tx, permit| {
        let recovery = Recovery {
            located_at: Some(hand.hours_ago(51)),
            returned_to_care_at: Some(hand.hours_ago(48)),
            kind: Some(RecoveryType::ReturnedOnOwn),
            ..Recovery::default()
        };
        let changed = Episode {
            recovery,
            recovery_place: Some("At the door of the foster home".to_owned()),
            recovery_circumstances: Some("Rang the bell in the evening, tired and well.".to_owned()),
            ..episodes::lock(tx, permit, id).await?
        };
        episodes::save(tx, permit, changed).await?;
        Ok(((), permit.did(Change::RecoveryRecorded { episode_id: id })))
    })
    .await
}

/// Offered on the day of the return and declined; held on the next.
async fn ask(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    let offered = |outcome, hours| Interview {
        outcome,
        offered_at: hand.hours_ago(hours),
        held_at: None,
        interviewer_name: WORKER.to_owned(),
        declined_next_offer_on: None,
    };
    let topics = Topics {
        where_stayed: Some("With a cousin in the next town.".to_owned()),
        what_would_help: Some("Weekends with the sister.".to_owned()),
        safety_plan: Some("Will call the worker before going anywhere.".to_owned()),
        ..Topics::default()
    };
    let said = Words {
        place: Some("The kitchen of the relative's home".to_owned()),
        topics,
        childs_own_words: Some("I wanted to see my sister.".to_owned()),
        ..Words::default()
    };
    let held = Interview { held_at: Some(hand.hours_ago(26)), ..offered(InterviewOutcome::Held, 27) };
    for (told, words) in [(offered(InterviewOutcome::Declined, 46), Words::default()), (held, said)] {
        hand.record::<RecordInterview, _>(child, async |tx, permit| {
            let episode = episodes::lock(tx, permit, id).await?;
            let told = interviews::insert(tx, permit, episode, (told, &words)).await?;
            Ok(((), permit.did(Change::InterviewRecorded { episode_id: id, interview_id: told.id })))
        })
        .await?;
    }
    Ok(())
}

/// That it was given, and nothing else.
async fn screen(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    let told = Screening {
        instrument: "The agency's own form".to_owned(),
        version: None,
        given_by_name: WORKER.to_owned(),
        given_at: hand.hours_ago(25),
        place_form_is_kept: "The paper file".to_owned(),
        follow_up_decided_by_name: None,
        follow_up: None,
    };
    hand.record::<CompleteTask, _>(child, async |tx, permit| {
        let episode = episodes::lock(tx, permit, id).await?;
        let given = screenings::insert(tx, permit, episode, told).await?;
        Ok(((), permit.did(Change::ScreeningRecorded { episode_id: id, screening_id: given.id })))
    })
    .await
}

async fn respond(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    let factor = PrimaryFactor::MissingFamilyOrSiblings;
    let choice = Choice { factors: vec![factor], other: None, determined_by_name: WORKER.to_owned() };
    hand.record::<RecordFactors, _>(child, async |tx, permit| {
        let episode = episodes::lock(tx, permit, id).await?;
        let version = factors::choose(tx, permit, &episode, (0, choice)).await?.version;
        Ok(((), permit.did(Change::FactorsRecorded { episode_id: id, version })))
    })
    .await?;
    for (action, is_done) in
        [("A visit with the sister every other Saturday.", false), ("A phone with her number.", true)]
    {
        plan(hand, child, id, (factor, action, is_done)).await?;
    }
    Ok(())
}

async fn plan(
    hand: &Hand<'_>,
    child: ChildId,
    id: EpisodeId,
    (factor, action, is_done): (PrimaryFactor, &str, bool),
) -> Result<(), Problem> {
    let (action, responsible_name) = (action.to_owned(), WORKER.to_owned());
    let response = hand
        .record::<RecordFactors, _>(child, async |tx, permit| {
            let plan = Plan { factor, action, placement: None, responsible_name, due_on: None };
            let response = factor_responses::insert(tx, permit, id, plan).await?;
            let entry = permit.did(Change::FactorResponseRecorded { episode_id: id, response_id: response.id });
            Ok((response, entry))
        })
        .await?;
    if !is_done {
        return Ok(());
    }
    hand.record::<RecordFactors, _>(child, async |tx, permit| {
        let on = tx.agency().zone.local_date(tx.at());
        let done = Done { on, note: None, recorded_at: tx.at(), recorded_by: permit.actor() };
        let response_id = response.id;
        factor_responses::finish(tx, permit, response, done).await?;
        Ok(((), permit.did(Change::FactorResponseDone { episode_id: id, response_id })))
    })
    .await
}

/// Only where nothing stands open, as for anyone.
async fn close(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    hand.record::<CloseEpisode, _>(child, async |tx, permit| {
        let before = episodes::lock(tx, permit, id).await?;
        let owed = duties::of_episode(tx, permit, id).await?;
        let open = owed.iter().filter(|it| it.duty.is_outstanding() && it.duty.starts_at <= tx.at());
        let duty_ids: Vec<_> = open.map(|it| it.id).collect();
        if !duty_ids.is_empty() {
            return Err(Problem::DutiesOpen { duty_ids });
        }
        let reason = ClosureReason::TasksDone;
        let changed = Episode {
            closure: Some(Closure { closed_at: tx.at(), reason }),
            closure_statement: Some("Back, asked, screened; the visits with the sister are planned.".to_owned()),
            ..before
        };
        episodes::save(tx, permit, changed).await?;
        Ok(((), permit.did(Change::EpisodeClosed { episode_id: id, reason, undone: Vec::new() })))
    })
    .await
}
