//! From the records to a packet.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::counts;
use homeward_domain::disclosure::{Datum, Destination, PacketRecipient};
use homeward_domain::id::{DeterminationId, EpisodeId, Id, ObservationId};
use homeward_domain::notification::Recipient;
use homeward_domain::policy::{Action, Permit};
use homeward_domain::report::{ContentStatus, RecordItem, ReportItem, Said};
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::ReadTx;
use homeward_store::episodes::{self, Episode};
use homeward_store::notifications::{self, Notification};
use homeward_store::packets::{self, MadeOf};
use homeward_store::people;
use homeward_store::photos::Photo;
use homeward_store::placements::{self, Placement};
use homeward_store::report::{self, Content, Stated};

use super::gate::Gate;
use super::{
    LawEnforcementPacket, NcmecPacket, PacketChild, PacketContact, PacketContent, PacketDetermination, PacketEpisode,
    PacketEvent, PacketItem, PacketPhoto, PacketPlacement, PriorReports, ReportBody, concluded, observed,
};
use crate::problem::Problem;
use crate::wire::Code;

/// The form of the report.
const FORMAT: i32 = 1;

/// What a person asks for.
#[derive(Clone, Debug)]
pub struct Asked {
    /// For whom.
    pub recipient: PacketRecipient,
    /// Chosen one by one.
    pub observations: Vec<ObservationId>,
    /// Chosen one by one; to law enforcement only.
    pub determinations: Vec<DeterminationId>,
    /// Why records of a program under 42 CFR part 2 may go in.
    pub part2_basis: Option<String>,
    /// Why school records may go in.
    pub ferpa_basis: Option<String>,
    /// For the recipient.
    pub note: Option<String>,
}

impl Asked {
    /// For a recipient, with nothing chosen and no basis.
    pub fn of(recipient: PacketRecipient) -> Self {
        Self {
            recipient,
            observations: Vec::new(),
            determinations: Vec::new(),
            part2_basis: None,
            ferpa_basis: None,
            note: None,
        }
    }
}

/// A packet that is not kept yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it says.
    pub content: PacketContent,
    /// What it was made of.
    pub made_of: MadeOf,
}

/// Puts a packet together from what the caller may read. Where nothing changed, it says the same again.
pub async fn compose<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    asked: &Asked,
) -> Result<Draft, Problem> {
    let episode = episodes::find(tx, permit, episode).await?;
    let destination = Destination::from(asked.recipient);
    let gate = Gate {
        destination,
        grounds: &[],
        part2_basis: asked.part2_basis.as_deref(),
        ferpa_basis: asked.ferpa_basis.as_deref(),
    };
    let concluded = concluded::chosen(tx, &gate, &asked.determinations).await?;
    let version = packets::next_version(tx, permit, episode.id, (destination, concluded.is_some())).await?;
    let told = notifications::of_episode(tx, permit, episode.id).await?;
    let placement = placements::of_child(tx, permit).await?.pop();
    let content = report::load(tx, permit, episode).await?;
    let maker = people::caller(tx).await?;
    let report = ReportBody {
        format: FORMAT,
        recipient: Code(asked.recipient),
        version,
        made_at: tx.at(),
        agency: tx.agency().name.clone(),
        prepared_by: maker.name,
        prepared_by_email: maker.email,
        child: child(&gate, &content, placement, tx.agency().zone.local_date(tx.at())),
        event: event(&gate, &content.episode),
        photo: gate.lets(RecordItem::Photo, content.photo.as_ref().map(pictured)),
        items: statements(&content).filter_map(|it| item(&gate, it)).collect(),
        earlier_episodes: content.earlier.iter().filter_map(|it| gate.lets(Datum::LastContact, earlier(it))).collect(),
        observed: observed::chosen(tx, &gate, &asked.observations).await?,
        note: asked.note.clone(),
        part2_basis: asked.part2_basis.clone(),
        ferpa_basis: asked.ferpa_basis.clone(),
    };
    let made_of = made_of(&gate, &content, &report);
    Ok(Draft { content: addressed(report, &content, (&told, concluded)), made_of })
}

type ForOne<'a> = (&'a [Notification], Option<Vec<PacketDetermination>>);

/// With what only one of the recipients is given.
fn addressed(report: ReportBody, content: &Content, (told, determinations): ForOne<'_>) -> PacketContent {
    let stands = |it: &&Notification| it.told().is_some_and(|it| it.recipient == Recipient::LawEnforcement);
    match report.recipient.0 {
        PacketRecipient::LawEnforcement => {
            let prior_missing_reports = prior_reports(content);
            PacketContent::LawEnforcement(LawEnforcementPacket { report, prior_missing_reports, determinations })
        }
        PacketRecipient::Ncmec => {
            let law_enforcement_reports = told.iter().filter(stands).map(contact).collect();
            PacketContent::Ncmec(NcmecPacket { report, law_enforcement_reports })
        }
    }
}

fn child(gate: &Gate<'_>, content: &Content, placement: Option<Placement>, today: NaiveDate) -> PacketChild {
    let it = &content.child.profile;
    PacketChild {
        given_name: gate.lets(RecordItem::Name, it.given_name.clone()).unwrap_or_default(),
        family_name: gate.lets(RecordItem::Name, it.family_name.clone()).unwrap_or_default(),
        date_of_birth: it.date_of_birth,
        age: gate.lets(RecordItem::DateOfBirth, today.years_since(it.date_of_birth)),
        sex: gate.lets(RecordItem::Sex, it.sex.map(Code)),
        race: gate.lets(RecordItem::Race, it.race.iter().copied().map(Code).collect::<Vec<_>>()).unwrap_or_default(),
        ethnicity: gate.lets(RecordItem::Ethnicity, it.ethnicity.map(Code)),
        height_inches: gate.lets(RecordItem::HeightInches, it.height_inches),
        weight_pounds: gate.lets(RecordItem::WeightPounds, it.weight_pounds),
        hair_color: gate.lets(RecordItem::HairColor, it.hair_color.clone()),
        eye_color: gate.lets(RecordItem::EyeColor, it.eye_color.clone()),
        care_status: gate.lets(Datum::CareStatus, Code(content.episode.care_status)),
        placement: gate.lets(Datum::CareStatus, placement.map(lived)),
    }
}

fn pictured(it: &Photo) -> PacketPhoto {
    PacketPhoto { id: it.id.uuid(), taken_on: it.taken_on, source: it.source.clone() }
}

fn lived(it: Placement) -> PacketPlacement {
    PacketPlacement {
        setting: Code(it.stay.setting),
        started_on: it.stay.started_on,
        provider_name: it.stay.provider_name,
    }
}

fn event(gate: &Gate<'_>, it: &Episode) -> PacketEvent {
    PacketEvent {
        agency_information_received_at: gate.lets(RecordItem::ReceivedAt, it.moments.received_at),
        absence_began_at: gate.lets(Datum::LastContact, it.moments.absence_began_at),
        last_contact_at: gate.lets(RecordItem::LastContactAt, it.last_contact_at),
        last_contact_place: gate.lets(RecordItem::LastContactPlace, it.last_contact_place.clone()),
        missing_type: gate.lets(Datum::LastContact, Code(it.missing_type)),
        missing_from: gate.lets(RecordItem::MissingFrom, it.missing_from.map(Code)),
        whereabouts_known: gate.lets(Datum::LastContact, it.whereabouts_known.map(Code)),
        circumstances: gate.lets(RecordItem::Circumstances, it.circumstances.clone()),
    }
}

/// What people stated, in the order of the list of items.
fn statements(content: &Content) -> impl Iterator<Item = (ReportItem, &Stated)> {
    let groups = [&content.description, &content.endangerment, &content.contacts, &content.particulars];
    groups.into_iter().flat_map(|it| it.stated.iter().map(|(item, stated)| (*item, stated)))
}

/// The words, if they may go and the maker may read them. Why something is withheld is not the recipient's.
fn item(gate: &Gate<'_>, (item, stated): (ReportItem, &Stated)) -> Option<PacketItem> {
    let said = stated.said.as_ref().filter(|_| gate.lets_words(item, stated.origin))?;
    Some(PacketItem {
        item: item.code(),
        group: Code(item.group()),
        status: Code(stated.status),
        value: said.value().map(str::to_owned),
    })
}

fn earlier(it: &Episode) -> PacketEpisode {
    PacketEpisode {
        began_at: it.began_at(),
        located_at: it.recovery.located_at,
        recovered_at: it.recovery.ended_at(),
        recovery_type: it.recovery.kind.map(Code),
        recovery_place: it.recovery_place.clone(),
        recovery_circumstances: it.recovery_circumstances.clone(),
    }
}

fn prior_reports(content: &Content) -> PriorReports {
    let absences = content.earlier.iter().filter(|it| counts::is_absence(it.closure.map(|it| it.reason)));
    let received = absences.map(|it| it.moments.received_at);
    let reported_at: Vec<DateTime<Utc>> = counts::prior_reports(received, content.episode.moments.received_at);
    PriorReports { months: counts::PRIOR_REPORTS_MONTHS, reports: reported_at.len(), reported_at }
}

fn contact(it: &Notification) -> PacketContact {
    let contact = it.contact.clone();
    PacketContact {
        recipient: Code(contact.recipient),
        made_at: contact.made_at,
        agency_name: contact.agency_name,
        person_contacted: contact.person_contacted,
        badge: contact.badge,
        case_number: contact.case_number,
        ncic_number: contact.ncic_number,
        ncic_entry_confirmed_at: contact.ncic_entry_confirmed_at,
    }
}

fn made_of(gate: &Gate<'_>, content: &Content, report: &ReportBody) -> MadeOf {
    let stated: Vec<(ReportItem, &Stated)> = statements(content).collect();
    let recorded = RecordItem::ALL.iter().filter(|it| is_blank(report, **it)).map(|it| it.code().to_owned());
    // Why there is no photo is asked for only where there is none, and then under `photo`.
    let asked = ReportItem::ALL.iter().filter(|it| **it != ReportItem::NoPhoto);
    let unstated = asked.filter(|item| !stated.iter().any(|it| it.0 == **item));
    let barred = |(item, it): &&(ReportItem, &Stated)| {
        let provided = it.status == ContentStatus::Provided;
        provided && !(gate.lets_words(*item, it.origin) && it.said.as_ref().and_then(Said::value).is_some())
    };
    MadeOf {
        photo: report.photo.as_ref().map(|it| (Id::from_uuid(it.id), it.taken_on)),
        consent: None,
        open_items: recorded.chain(unstated.map(|it| it.code().to_owned())).collect(),
        left_out: stated.iter().filter(barred).map(|it| it.0.code().to_owned()).collect(),
    }
}

fn is_blank(report: &ReportBody, item: RecordItem) -> bool {
    let (child, event) = (&report.child, &report.event);
    match item {
        RecordItem::Name | RecordItem::DateOfBirth | RecordItem::ReceivedAt => false,
        RecordItem::Sex => child.sex.is_none(),
        RecordItem::Race => child.race.is_empty(),
        RecordItem::Ethnicity => child.ethnicity.is_none(),
        RecordItem::HeightInches => child.height_inches.is_none(),
        RecordItem::WeightPounds => child.weight_pounds.is_none(),
        RecordItem::HairColor => child.hair_color.is_none(),
        RecordItem::EyeColor => child.eye_color.is_none(),
        RecordItem::Photo => {
            report.photo.is_none() && !report.items.iter().any(|it| it.item == ReportItem::NoPhoto.code())
        }
        RecordItem::LastContactAt => event.last_contact_at.is_none(),
        RecordItem::LastContactPlace => event.last_contact_place.is_none(),
        RecordItem::MissingFrom => event.missing_from.is_none(),
        RecordItem::Circumstances => event.circumstances.is_none(),
    }
}
