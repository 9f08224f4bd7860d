//! What a poster says, and all that it can say: nothing about care, placement, health, dangers, what was observed or
//! what was determined has a place in it (domain 6.4, 9.2; T24).
//!
//! The words on it are typed for it. Nothing that was written for a report is carried over into public.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::disclosure::{Datum, Destination, Ground};
use homeward_domain::id::EpisodeId;
use homeward_domain::photo::PublicationConsent;
use homeward_domain::policy::{Action, Permit};
use homeward_domain::report::RecordItem;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::packets::{self, MadeOf};
use homeward_store::{ReadTx, children, consents, photos};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::packet::gate::Gate;
use crate::packet::sheet::{day, words};
use crate::pdf::{Block, Document, Photo, Style};
use crate::problem::Problem;
use crate::wire::Code;
use crate::wire::codes::{EthnicityCode, RaceCode, SexCode};

#[cfg(test)]
mod tests;

/// The form of the poster.
const FORMAT: i32 = 1;

/// Whom to call.
const CALL: [(&str, &str); 2] =
    [("Police", "911"), ("National Center for Missing & Exploited Children", "1-800-THE-LOST (1-800-843-5678)")];

/// What a poster says.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct Poster {
    /// Of this form of poster; counts up.
    pub format: i32,
    pub version: i32,
    pub made_at: DateTime<Utc>,
    pub given_name: String,
    pub family_name: String,
    pub age: Option<u32>,
    pub sex: Option<SexCode>,
    pub race: Vec<RaceCode>,
    pub ethnicity: Option<EthnicityCode>,
    pub height_inches: Option<i32>,
    pub weight_pounds: Option<i32>,
    pub hair_color: Option<String>,
    pub eye_color: Option<String>,
    /// As typed for this poster.
    pub marks: Option<String>,
    /// As typed for this poster.
    pub clothing: Option<String>,
    pub photo: Option<PosterPhoto>,
    pub last_seen_on: NaiveDate,
    pub last_seen_city: String,
    pub last_seen_state: String,
    pub call: Vec<PosterCall>,
}

/// The photo on it.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PosterPhoto {
    pub id: Uuid,
    pub taken_on: NaiveDate,
}

/// Whom to call.
#[derive(Clone, Debug, PartialEq, Serialize, ToSchema)]
pub struct PosterCall {
    pub who: &'static str,
    pub number: &'static str,
}

/// What a person types for a poster.
#[derive(Clone, Debug)]
pub struct Typed {
    /// The day the child was last seen.
    pub last_seen_on: NaiveDate,
    /// In which city: no address, no name of a home.
    pub last_seen_city: String,
    /// In which State.
    pub last_seen_state: String,
    /// Marks that the public can see.
    pub marks: Option<String>,
    /// Clothing last worn.
    pub clothing: Option<String>,
}

/// A poster that is not kept yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Draft {
    /// What it says.
    pub poster: Poster,
    /// What it was made of.
    pub made_of: MadeOf,
}

/// Puts a poster together, where the consent to publish stands.
pub async fn compose<A: Action>(
    tx: &ReadTx,
    permit: &Permit<A>,
    episode: EpisodeId,
    typed: &Typed,
) -> Result<Draft, Problem> {
    let decisions = consents::of_child(tx, permit).await?;
    let state = consents::standing(&decisions);
    let consent = decisions.first().filter(|_| state == PublicationConsent::Given);
    let consent = consent.ok_or(Problem::PublicationNotConsented { state })?.id;
    let gate =
        Gate { destination: Destination::Poster, grounds: &[Ground::Consent], part2_basis: None, ferpa_basis: None };
    let it = children::find(tx, permit).await?.profile;
    let photo: Option<photos::Photo> =
        gate.lets(RecordItem::Photo, photos::of_child(tx, permit).await?.into_iter().next());
    let made_of =
        MadeOf { photo: photo.as_ref().map(|it| (it.id, it.taken_on)), consent: Some(consent), ..MadeOf::default() };
    let race = it.race.iter().copied().map(Code).collect::<Vec<_>>();
    let poster = Poster {
        format: FORMAT,
        version: packets::next_version(tx, permit, episode, (Destination::Poster, false)).await?,
        made_at: tx.at(),
        given_name: gate.lets(RecordItem::Name, it.given_name).unwrap_or_default(),
        family_name: gate.lets(RecordItem::Name, it.family_name).unwrap_or_default(),
        age: gate.lets(RecordItem::DateOfBirth, tx.agency().zone.local_date(tx.at()).years_since(it.date_of_birth)),
        sex: gate.lets(RecordItem::Sex, it.sex.map(Code)),
        race: gate.lets(RecordItem::Race, race).unwrap_or_default(),
        ethnicity: gate.lets(RecordItem::Ethnicity, it.ethnicity.map(Code)),
        height_inches: gate.lets(RecordItem::HeightInches, it.height_inches),
        weight_pounds: gate.lets(RecordItem::WeightPounds, it.weight_pounds),
        hair_color: gate.lets(RecordItem::HairColor, it.hair_color),
        eye_color: gate.lets(RecordItem::EyeColor, it.eye_color),
        marks: gate.lets(Datum::Description, typed.marks.clone()),
        clothing: gate.lets(Datum::Description, typed.clothing.clone()),
        photo: photo.map(|it| PosterPhoto { id: it.id.uuid(), taken_on: it.taken_on }),
        last_seen_on: typed.last_seen_on,
        last_seen_city: gate.lets(Datum::LastContact, typed.last_seen_city.clone()).unwrap_or_default(),
        last_seen_state: gate.lets(Datum::LastContact, typed.last_seen_state.clone()).unwrap_or_default(),
        call: CALL.map(|(who, number)| PosterCall { who, number }).to_vec(),
    };
    Ok(Draft { poster, made_of })
}

/// The poster on paper.
pub fn sheet(poster: &Poster, picture: Option<Vec<u8>>) -> Document {
    let name = format!("{} {}", poster.given_name, poster.family_name);
    let seen = format!("{}, {}", poster.last_seen_city, poster.last_seen_state);
    let photo = poster.photo.as_ref().zip(picture).map(|(it, content)| Photo {
        content,
        alt: format!("Photo of {name}"),
        caption: format!("Photo taken on {}", day(it.taken_on)),
        height: 290.0,
    });
    let mut blocks = vec![text(Style::Banner, "MISSING"), text(Style::Large, &name)];
    blocks.push(text(Style::Body, &format!("Last seen on {} in {seen}", day(poster.last_seen_on))));
    blocks.push(text(Style::Heading, "Description"));
    blocks.push(match photo {
        Some(photo) => Block::Portrait(photo, description(poster)),
        None => Block::Rows(description(poster)),
    });
    blocks.push(text(Style::Heading, "If you have seen this child, call"));
    for call in &poster.call {
        blocks.extend([text(Style::Large, call.number), text(Style::Body, call.who)]);
    }
    Document { title: format!("Missing: {name}"), made_at: poster.made_at, blocks }
}

fn description(it: &Poster) -> Vec<(String, String)> {
    let race = it.race.iter().map(|it| words(it.0.code())).collect::<Vec<_>>().join(", ");
    let rows = [
        ("Age", it.age.map(|it| it.to_string())),
        ("Sex", it.sex.map(|it| words(it.0.code()))),
        ("Race", Some(race).filter(|it| !it.is_empty())),
        ("Ethnicity", it.ethnicity.map(|it| words(it.0.code()))),
        ("Height", it.height_inches.map(|it| format!("{} ft {} in", it / 12, it % 12))),
        ("Weight", it.weight_pounds.map(|it| format!("{it} lb"))),
        ("Hair", it.hair_color.clone()),
        ("Eyes", it.eye_color.clone()),
        ("Marks", it.marks.clone()),
        ("Clothing", it.clothing.clone()),
    ];
    rows.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

fn text(style: Style, words: &str) -> Block {
    Block::Text(style, words.to_owned())
}
