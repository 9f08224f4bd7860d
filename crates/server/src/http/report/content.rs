//! What a report on one episode contains, item by item: how each stands, what asks for it, where to state it.

use actix_web::get;
use chrono::{DateTime, SecondsFormat, Utc};
use homeward_domain::id::names;
use homeward_domain::policy::{ReadEndangerment, ReadReport};
use homeward_domain::report::{ContentStanding, RecordItem, ReportGroup, ReportItem};
use homeward_domain::vocabulary::Vocabulary;
use homeward_store::episodes::Episode;
use homeward_store::report::{self, Content, Group};
use homeward_store::{ReadTx, Seen, consents, episodes};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::statements::{StatementView, items};
use crate::auth::OfChild;
use crate::http::photos::PhotoView;
use crate::problem::Problem;
use crate::reply::Shown;
use crate::wire::Code;
use crate::wire::codes::{PublicationConsentCode, RecoveryTypeCode, ReportGroupCode};

/// What a report on one episode contains, and what is open in it. Nothing that is open holds a report up.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportContent {
    child_id: Uuid,
    episode_id: Uuid,
    items: Vec<ReportContentItem>,
    /// The items that nobody has stated yet.
    open_items: Vec<&'static str>,
    /// The newest photo; null where there is none.
    photo: Option<PhotoView>,
    /// Whether the public may be shown the child's name and photo.
    publication_consent: PublicationConsentCode,
    /// The missing episodes before this one, newest first: facts and dates.
    earlier_episodes: Vec<EarlierEpisode>,
}

/// One item of a report.
#[derive(Serialize, ToSchema)]
pub(super) struct ReportContentItem {
    item: &'static str,
    group: ReportGroupCode,
    /// Where it is stated or recorded.
    stated_under: String,
    #[serde(flatten)]
    standing: StatementView,
}

/// An episode that began before, and how it ended.
#[derive(Serialize, ToSchema)]
pub(super) struct EarlierEpisode {
    id: Uuid,
    number: i32,
    absence_began_at: Option<DateTime<Utc>>,
    agency_information_received_at: DateTime<Utc>,
    located_at: Option<DateTime<Utc>>,
    recovered_at: Option<DateTime<Utc>>,
    returned_to_care_at: Option<DateTime<Utc>>,
    recovery_type: Option<RecoveryTypeCode>,
    /// Where the child was located or recovered.
    recovery_place: Option<String>,
    /// How, in a person's words.
    recovery_circumstances: Option<String>,
}

/// What a report contains and what is open in it
///
/// The words about health and dangers, and about how the child can be reached, are absent for whoever may not read
/// them.
#[utoipa::path(tag = "reports", operation_id = "get_report_content",
               params(("child_id" = Uuid, Path), ("episode_id" = Uuid, Path)),
               responses((status = 200, body = ReportContent)))]
#[get("/v1/children/{child_id}/missing-episodes/{episode_id}/report-content")]
pub(in crate::http) async fn show(request: OfChild<ReadReport>) -> Result<Shown<ReportContent>, Problem> {
    let id = request.id::<names::Episode>("episode_id")?;
    request
        .read(async |tx, permit| {
            let episode = episodes::find(tx, permit, id).await?;
            let content = report::load(tx, permit, episode).await?;
            // Whoever is shown the words about health and dangers has looked at these.
            let look = tx.also::<ReadEndangerment>().map_or_else(|_| permit.saw(), |it| it.saw());
            Ok(Seen(Shown(ReportContent::of(tx, &content)), look))
        })
        .await
}

impl ReportContent {
    fn of(tx: &ReadTx, content: &Content) -> Self {
        let (child, episode) = (content.child.id.uuid(), content.episode.id.uuid());
        let recorded = RecordItem::ALL.iter().map(|it| recorded(content, *it));
        let groups = [&content.description, &content.endangerment, &content.contacts, &content.particulars];
        let stated = groups.into_iter().flat_map(|group| items(group.group).map(|it| stated(content, group, it)));
        let items: Vec<ReportContentItem> = recorded.chain(stated).collect();
        let open = |it: &&ReportContentItem| it.standing.status.0 == ContentStanding::Open;
        Self {
            child_id: child,
            episode_id: episode,
            open_items: items.iter().filter(open).map(|it| it.item).collect(),
            items,
            photo: content.photo.clone().map(|it| PhotoView::of(tx, content.child.id, it)),
            publication_consent: Code(consents::standing(&content.consents)),
            earlier_episodes: content.earlier.iter().map(EarlierEpisode::of).collect(),
        }
    }
}

impl EarlierEpisode {
    fn of(it: &Episode) -> Self {
        Self {
            id: it.id.uuid(),
            number: it.number,
            absence_began_at: it.moments.absence_began_at,
            agency_information_received_at: it.moments.received_at,
            located_at: it.recovery.located_at,
            recovered_at: it.recovery.recovered_at,
            returned_to_care_at: it.recovery.returned_to_care_at,
            recovery_type: it.recovery.kind.map(Code),
            recovery_place: it.recovery_place.clone(),
            recovery_circumstances: it.recovery_circumstances.clone(),
        }
    }
}

fn child_url(content: &Content, rest: &str) -> String {
    format!("/v1/children/{}{rest}", content.child.id)
}

fn episode_url(content: &Content, rest: &str) -> String {
    child_url(content, &format!("/missing-episodes/{}{rest}", content.episode.id))
}

fn stated(content: &Content, group: &Group, item: ReportItem) -> ReportContentItem {
    let stated_under = match group.group {
        ReportGroup::Description => child_url(content, "/description"),
        ReportGroup::Endangerment => child_url(content, "/endangerment"),
        ReportGroup::Contacts => child_url(content, "/contacts"),
        ReportGroup::Event => episode_url(content, "/particulars"),
    };
    let standing = StatementView::of(item, group.stated.get(&item));
    ReportContentItem { item: item.code(), group: Code(group.group), stated_under, standing }
}

fn recorded(content: &Content, item: RecordItem) -> ReportContentItem {
    if item == RecordItem::Photo {
        return photo(content);
    }
    let value = recorded_value(content, item);
    let status = if value.is_some() { ContentStanding::Provided } else { ContentStanding::Open };
    let stated_under = match item {
        _ if item.group() == ReportGroup::Event => episode_url(content, ""),
        _ => child_url(content, ""),
    };
    let standing = StatementView {
        status: Code(status),
        citation: item.citation(),
        value,
        reason: None,
        origin: None,
        recorded_at: None,
        recorded_by: None,
    };
    ReportContentItem { item: item.code(), group: Code(item.group()), stated_under, standing }
}

/// Where there is none, the reason that a person stated stands for it (T23).
fn photo(content: &Content) -> ReportContentItem {
    let stated = content.description.stated.get(&ReportItem::NoPhoto);
    let mut standing = StatementView::of(ReportItem::NoPhoto, stated);
    if content.photo.is_some() {
        standing.status = Code(ContentStanding::Provided);
    }
    let (item, group) = (RecordItem::Photo.code(), Code(ReportGroup::Description));
    ReportContentItem { item, group, stated_under: child_url(content, "/photos"), standing }
}

/// What the records say, as text; photos are spoken of in a member of their own.
fn recorded_value(content: &Content, item: RecordItem) -> Option<String> {
    let (profile, episode) = (&content.child.profile, &content.episode);
    let race = || profile.race.iter().map(|it| it.code()).collect::<Vec<_>>().join(", ");
    match item {
        RecordItem::Name => Some(format!("{} {}", profile.given_name, profile.family_name)),
        RecordItem::DateOfBirth => Some(profile.date_of_birth.to_string()),
        RecordItem::Sex => code(profile.sex),
        RecordItem::Race => Some(race()).filter(|it| !it.is_empty()),
        RecordItem::Ethnicity => code(profile.ethnicity),
        RecordItem::HeightInches => profile.height_inches.map(|it| it.to_string()),
        RecordItem::WeightPounds => profile.weight_pounds.map(|it| it.to_string()),
        RecordItem::HairColor => profile.hair_color.clone(),
        RecordItem::EyeColor => profile.eye_color.clone(),
        RecordItem::Photo => None,
        RecordItem::ReceivedAt => Some(instant(episode.moments.received_at)),
        RecordItem::LastContactAt => episode.last_contact_at.map(instant),
        RecordItem::LastContactPlace => episode.last_contact_place.clone(),
        RecordItem::MissingFrom => code(episode.missing_from),
        RecordItem::Circumstances => episode.circumstances.clone(),
    }
}

fn code<T: Vocabulary>(member: Option<T>) -> Option<String> {
    member.map(|it| it.code().to_owned())
}

fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::AutoSi, true)
}
