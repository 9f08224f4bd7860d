//! The child who is missing: what is known for the report, who looked where, what law enforcement got, and that NCMEC is
//! not told yet.

use std::collections::BTreeMap;

use chrono::{DateTime, Days, Utc};
use homeward_domain::audit::Change;
use homeward_domain::disclosure::{LegalBasis, PacketRecipient};
use homeward_domain::id::{ChildId, EpisodeId};
use homeward_domain::notification::{NotificationKind, NotificationMethod, NotificationStatus, Recipient};
use homeward_domain::policy::{
    AddPhoto, LogSearch, MakePacket, Notify, RecordDisclosure, StateContacts, StateDescription, StateEndangerment,
};
use homeward_domain::report::{ContentOrigin, OfGroup, ReportItem as I, Said};
use homeward_domain::search_effort::SearchEffortKind;
use homeward_store::call::new_id;
use homeward_store::disclosures::{self, Sending};
use homeward_store::notifications::{self, Contact};
use homeward_store::packets::{self, Packet};
use homeward_store::report::{Saying, Scope, state};
use homeward_store::seal::ContentKey;
use homeward_store::search_efforts::{self, Effort};
use homeward_store::{episodes, photos};

use super::hand::Hand;
use super::picture::drawn;
use crate::packet::laid::{Laid, Making};
use crate::packet::{Asked, compose, sheet};
use crate::problem::Problem;

const WORKER: &str = "Demo Caseworker";

pub(super) async fn tell(hand: &Hand<'_>, child: ChildId, episode: EpisodeId) -> Result<(), Problem> {
    let earlier = hand.earlier();
    describe(&earlier, child).await?;
    let jpeg = photograph(&earlier, child).await?;
    search(hand, child, episode).await?;
    let packet = pack(hand, child, episode, jpeg).await?;
    send(hand, child, &packet).await?;
    let tried = Contact { status: NotificationStatus::Attempted, ..contact(Recipient::Ncmec, hand.hours_ago(2)) };
    let tried = Contact { note: Some("The line was busy. To be called again.".to_owned()), ..tried };
    notify(hand, child, episode, tried).await?;
    let shared = Contact { packet: Some(packet.id), ..contact(Recipient::LawEnforcement, hand.call().at) };
    notify(hand, child, episode, Contact { kind: NotificationKind::UpdateShared, ..shared }).await
}

/// What is known for the report.
async fn describe(hand: &Hand<'_>, child: ChildId) -> Result<(), Problem> {
    say::<StateDescription>(
        hand,
        child,
        [
            (I::Marks, provided("A small scar on the left forearm.")),
            (I::GlassesOrContacts, provided("Glasses with a dark frame.")),
            (I::Languages, Said::NotKnownAfterAsking(Some("The school was asked.".to_owned()))),
            (I::IdentityNumbers, Said::Withheld("Kept in the paper file.".to_owned())),
        ],
    )
    .await?;
    say::<StateEndangerment>(
        hand,
        child,
        [
            (I::PrescriptionMedications, provided("An inhaler, twice a day; it was left at the group home.")),
            (I::MedicalConditions, provided("Asthma.")),
            (I::Disability, Said::NotKnownAfterAsking(None)),
            (I::MentalHealth, Said::Withheld("Asked counsel first.".to_owned())),
        ],
    )
    .await?;
    say::<StateContacts>(
        hand,
        child,
        [
            (I::PhoneNumbers, provided("555-0100")),
            (I::EmailAddresses, Said::NotKnownAfterAsking(Some("The group home was asked.".to_owned()))),
            (I::SocialMediaAccounts, Said::Withheld("Given to us in confidence by a sibling.".to_owned())),
        ],
    )
    .await
}

fn provided(text: &str) -> Said {
    Said::Provided(text.to_owned())
}

async fn say<A: OfGroup>(
    hand: &Hand<'_>,
    child: ChildId,
    said: impl IntoIterator<Item = (I, Said)>,
) -> Result<(), Problem> {
    let saying = |said| Saying { said, origin: ContentOrigin::None };
    let sayings: BTreeMap<I, Saying> = said.into_iter().map(|(item, said)| (item, saying(said))).collect();
    hand.record::<A, _>(child, async |tx, permit| {
        let fields = state(tx, permit, Scope::Child, 0, sayings).await?;
        Ok(((), permit.did(Change::ContentStated { episode_id: None, group: A::GROUP, fields })))
    })
    .await
}

/// A picture that shows nobody, kept as a photo is.
async fn photograph(hand: &Hand<'_>, child: ChildId) -> Result<Vec<u8>, Problem> {
    let picture = drawn().map_err(|error| Problem::Internal(Box::new(error)))?;
    let (agency, id, key) = (hand.call().agency, new_id(hand.call().at), ContentKey::new()?);
    hand.objects().put(agency, id, key.seal(agency, id, &picture.jpeg)?).await?;
    let (width, height) = (i32::try_from(picture.width), i32::try_from(picture.height));
    let size = (width.unwrap_or(i32::MAX), height.unwrap_or(i32::MAX));
    hand.record::<AddPhoto, _>(child, async |tx, permit| {
        let taken_on = tx.agency().zone.local_date(tx.at()) - Days::new(40);
        let source = "Drawn by the program for this demo.".to_owned();
        let (width, height) = size;
        let photo = photos::insert(tx, permit, &photos::NewPhoto { id, taken_on, source, width, height, key }).await?;
        Ok(((), permit.did(Change::PhotoAdded { photo_id: photo.id })))
    })
    .await?;
    hand.objects().settle(agency, id).await?;
    Ok(picture.jpeg)
}

async fn search(hand: &Hand<'_>, child: ChildId, id: EpisodeId) -> Result<(), Problem> {
    let effort = |kind, hours, outcome: &str| Effort {
        kind,
        made_at: hand.hours_ago(hours),
        made_by_name: WORKER.to_owned(),
        contacted: None,
        place: None,
        outcome: outcome.to_owned(),
        next_step: None,
    };
    let efforts = [
        Effort {
            contacted: Some("Sample Aunt".to_owned()),
            next_step: Some("Call again tonight.".to_owned()),
            ..effort(SearchEffortKind::CallToRelative, 18, "Has heard nothing, and will call if that changes.")
        },
        Effort {
            place: Some("The skate park behind the library".to_owned()),
            ..effort(SearchEffortKind::VisitToPlace, 15, "Nobody there had seen the child today.")
        },
        effort(SearchEffortKind::CallToSchool, 4, "Not in class this morning. The school will call."),
    ];
    for made in efforts {
        hand.record::<LogSearch, _>(child, async |tx, permit| {
            let episode = episodes::lock(tx, permit, id).await?;
            let effort = search_efforts::insert(tx, permit, episode, made).await?;
            let change = Change::SearchEffortRecorded { episode_id: id, search_effort_id: effort.id };
            Ok(((), permit.did(change)))
        })
        .await?;
    }
    Ok(())
}

async fn pack(hand: &Hand<'_>, child: ChildId, id: EpisodeId, jpeg: Vec<u8>) -> Result<Packet, Problem> {
    let note = Some("Please tell us the NCIC number.".to_owned());
    let asked = Asked { note, ..Asked::of(PacketRecipient::LawEnforcement) };
    hand.record::<MakePacket, _>(child, async |tx, permit| {
        episodes::lock(tx, permit, id).await?;
        let draft = compose(tx, permit, id, &asked).await?;
        let content = serde_json::to_vec(&draft.content).map_err(|error| Problem::Internal(Box::new(error)))?;
        let laid = Laid::of(content, &sheet(&draft.content, tx.agency().zone, Some(jpeg)))?;
        let making = Making::of(tx.new_id(), id, permit.actor(), draft);
        let packet = packets::insert(tx, permit, laid.keep(making)).await?;
        let destination = packet.destination;
        let entry = permit.did(Change::PacketMade { episode_id: id, packet_id: packet.id, destination });
        Ok((packet, entry))
    })
    .await
}

async fn send(hand: &Hand<'_>, child: ChildId, packet: &Packet) -> Result<(), Problem> {
    let sending = Sending {
        recipient_name: "Sample Officer".to_owned(),
        recipient_agency: "Sample Police Department".to_owned(),
        method: NotificationMethod::SecureEmail,
        sent_at: hand.call().at,
        legal_basis: LegalBasis::TitleIvEReport,
        legal_basis_text: None,
    };
    hand.record::<RecordDisclosure, _>(child, async |tx, permit| {
        let disclosure_id = disclosures::insert(tx, permit, packet, sending).await?.id;
        let (episode_id, packet_id) = (packet.episode, packet.id);
        Ok(((), permit.did(Change::DisclosureRecorded { episode_id, packet_id, disclosure_id })))
    })
    .await
}

/// A completed initial report over the phone, but for what is said otherwise.
pub(super) fn contact(recipient: Recipient, made_at: DateTime<Utc>) -> Contact {
    Contact {
        recipient,
        kind: NotificationKind::InitialReport,
        status: NotificationStatus::Completed,
        method: NotificationMethod::Phone,
        made_at,
        agency_name: None,
        person_contacted: Some("Sample Officer".to_owned()).filter(|_| recipient == Recipient::LawEnforcement),
        badge: None,
        case_number: None,
        ncic_number: None,
        ncic_entry_confirmed_at: None,
        reference_number: None,
        refusal_reason: None,
        note: None,
        packet: None,
    }
}

pub(super) async fn notify(hand: &Hand<'_>, child: ChildId, id: EpisodeId, contact: Contact) -> Result<(), Problem> {
    hand.record::<Notify, _>(child, async |tx, permit| {
        let episode = episodes::lock(tx, permit, id).await?;
        let told = notifications::insert(tx, permit, episode, contact).await?;
        Ok(((), permit.did(Change::NotificationRecorded { episode_id: id, notification_id: told.id })))
    })
    .await
}
