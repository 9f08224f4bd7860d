//! A packet on paper: what the JSON says, in the order in which someone who looks for a child needs it.

use chrono::{DateTime, NaiveDate, Utc};
use homeward_domain::disclosure::PacketRecipient;
use homeward_domain::indicator::catalogue;
use homeward_domain::report::{ContentStatus, ReportGroup};
use homeward_domain::vocabulary::Vocabulary;
use homeward_domain::zone::Zone;

use super::{
    LawEnforcementPacket, NcmecPacket, PacketChild, PacketContact, PacketContent, PacketEpisode, PacketEvent,
    PacketItem, PacketObserved, PacketSighting, PriorReports, ReportBody,
};
use crate::pdf::{Block, Document, Photo, Style, Table};
use crate::wire::Code;

mod concluded;

type Rows = Vec<(String, String)>;

const LAW_ENFORCEMENT: &str = "Report under 42 U.S.C. 671(a)(35)(B), for entry into the National Crime Information \
    Center database. Nothing allows a waiting period before a report is accepted (34 U.S.C. 41308).";
const NCMEC: &str = "Report under 42 U.S.C. 671(a)(35)(B). It is made besides the report to law enforcement, and \
    neither takes the place of the other.";
const CONFIDENTIAL: &str = "Confidential. Disclosed for the purposes of 42 U.S.C. 671(a)(8) only. Nothing in it says \
    that the child did wrong, and what is not stated says nothing.";
const PUBLICITY: &str = "Do not say in public that the child is or was in care.";

/// The document of a packet. Times are the agency's own.
pub fn sheet(content: &PacketContent, zone: Zone, picture: Option<Vec<u8>>) -> Document {
    let report = content.report();
    let photo = report.photo.as_ref().zip(picture).map(|(it, content)| Photo {
        content,
        alt: "Photo of the child".to_owned(),
        caption: format!("Taken on {}. {}", day(it.taken_on), it.source),
        height: 250.0,
    });
    let mut blocks = head(report, zone);
    blocks.push(text(Style::Heading, "The child"));
    blocks.push(match photo {
        Some(photo) => Block::Portrait(photo, child(&report.child)),
        None => Block::Rows(child(&report.child)),
    });
    blocks.extend(section("Description", items(report, ReportGroup::Description)));
    blocks.extend(section("What happened", event(&report.event, zone)));
    blocks.extend(section("About this time missing", items(report, ReportGroup::Event)));
    blocks.extend(section("Health and dangers", items(report, ReportGroup::Endangerment)));
    blocks.extend(section("How the child can be reached", items(report, ReportGroup::Contacts)));
    blocks.extend(match content {
        PacketContent::LawEnforcement(LawEnforcementPacket { prior_missing_reports, .. }) => {
            let mut blocks = concluded::blocks(content.determinations(), zone);
            blocks.extend(section("Prior missing reports", vec![prior(prior_missing_reports, zone)]));
            blocks
        }
        PacketContent::Ncmec(NcmecPacket { law_enforcement_reports, .. }) => police(law_enforcement_reports, zone),
    });
    blocks.extend(earlier(&report.earlier_episodes, zone));
    blocks.extend(report.observed.as_ref().map(|it| observed(it, zone)).unwrap_or_default());
    blocks.extend(foot(report));
    Document { title: title(report), made_at: report.made_at, blocks }
}

fn title(report: &ReportBody) -> String {
    match report.recipient.0 {
        PacketRecipient::LawEnforcement => "Report of a missing child to law enforcement".to_owned(),
        PacketRecipient::Ncmec => "Report of a missing child to NCMEC".to_owned(),
    }
}

fn head(report: &ReportBody, zone: Zone) -> Vec<Block> {
    let made = format!("Version {}, made {}", report.version, instant(report.made_at, zone));
    let by = format!("{}: {}, {}", report.agency, report.prepared_by, report.prepared_by_email);
    let law = match report.recipient.0 {
        PacketRecipient::LawEnforcement => LAW_ENFORCEMENT,
        PacketRecipient::Ncmec => NCMEC,
    };
    vec![text(Style::Title, &title(report)), text(Style::Small, &made), text(Style::Small, &by), text(Style::Body, law)]
}

/// A heading and rows; nothing where there are no rows.
fn section(name: &str, rows: Rows) -> Vec<Block> {
    if rows.is_empty() { Vec::new() } else { vec![text(Style::Heading, name), Block::Rows(rows)] }
}

fn child(it: &PacketChild) -> Rows {
    let race = it.race.iter().map(|it| words(it.0.code())).collect::<Vec<_>>().join(", ");
    let rows = [
        ("Name", Some(format!("{} {}", it.given_name, it.family_name))),
        ("Date of birth", Some(day(it.date_of_birth))),
        ("Age", it.age.map(|it| it.to_string())),
        ("Sex", code(it.sex)),
        ("Race", Some(race).filter(|it| !it.is_empty())),
        ("Ethnicity", code(it.ethnicity)),
        ("Height", it.height_inches.map(|it| format!("{} ft {} in", it / 12, it % 12))),
        ("Weight", it.weight_pounds.map(|it| format!("{it} lb"))),
        ("Hair", it.hair_color.clone()),
        ("Eyes", it.eye_color.clone()),
        ("In care as", code(it.care_status)),
        ("Placement", it.placement.as_ref().map(|it| code(Some(it.setting)).unwrap_or_default())),
        ("Placement with", it.placement.as_ref().and_then(|it| it.provider_name.clone())),
    ];
    said(rows)
}

fn event(it: &PacketEvent, zone: Zone) -> Rows {
    let at = |it: Option<DateTime<Utc>>| it.map(|it| instant(it, zone));
    let rows = [
        ("Agency was told", at(it.agency_information_received_at)),
        ("Absence began", at(it.absence_began_at)),
        ("Last contact", at(it.last_contact_at)),
        ("Place of last contact", it.last_contact_place.clone()),
        ("Described as", code(it.missing_type)),
        ("Missing from", code(it.missing_from)),
        ("Whereabouts known", code(it.whereabouts_known)),
        ("Circumstances", it.circumstances.clone()),
    ];
    said(rows)
}

fn items(report: &ReportBody, group: ReportGroup) -> Rows {
    report.items.iter().filter(|it| it.group.0 == group).map(item).collect()
}

fn item(it: &PacketItem) -> (String, String) {
    let value = match it.status.0 {
        ContentStatus::Provided => it.value.clone().unwrap_or_default(),
        ContentStatus::NotKnownAfterAsking => "Not known after asking.".to_owned(),
        ContentStatus::WithheldWithReason => "Withheld by the agency.".to_owned(),
    };
    (words(it.item), value)
}

fn prior(it: &PriorReports, zone: Zone) -> (String, String) {
    let dates = it.reported_at.iter().map(|it| day(zone.local_date(*it))).collect::<Vec<_>>().join("; ");
    let dates = if dates.is_empty() { String::new() } else { format!(" ({dates})") };
    (format!("In the last {} months", it.months), format!("{}{dates}", it.reports))
}

fn police(reports: &[PacketContact], zone: Zone) -> Vec<Block> {
    let row = |it: &PacketContact| {
        let who = [&it.agency_name, &it.person_contacted, &it.badge].into_iter().flatten().cloned();
        let numbers = [("Case", &it.case_number), ("NCIC", &it.ncic_number)];
        let numbers = numbers.into_iter().filter_map(|(name, it)| it.as_ref().map(|it| format!("{name} {it}")));
        vec![instant(it.made_at, zone), who.collect::<Vec<_>>().join(", "), numbers.collect::<Vec<_>>().join(", ")]
    };
    let table = Table {
        summary: "When law enforcement was told, who, and under which numbers".to_owned(),
        heads: vec!["Told", "Who", "Numbers"],
        rows: reports.iter().map(row).collect(),
    };
    titled("Reports to law enforcement", table)
}

fn earlier(episodes: &[PacketEpisode], zone: Zone) -> Vec<Block> {
    let row = |it: &PacketEpisode| {
        let found = it.located_at.or(it.recovered_at).map(|it| day(zone.local_date(it)));
        let how = [code(it.recovery_type), it.recovery_circumstances.clone()].into_iter().flatten();
        vec![
            day(zone.local_date(it.began_at)),
            found.unwrap_or_default(),
            it.recovery_place.clone().unwrap_or_default(),
            how.collect::<Vec<_>>().join(". "),
        ]
    };
    let table = Table {
        summary: "Earlier times missing: when each began, and when, where and how the child was located".to_owned(),
        heads: vec!["Began", "Located", "Where", "How"],
        rows: episodes.iter().map(row).collect(),
    };
    titled("Earlier times missing", table)
}

fn titled(name: &str, table: Table) -> Vec<Block> {
    if table.rows.is_empty() { Vec::new() } else { vec![text(Style::Heading, name), Block::Table(table)] }
}

fn observed(it: &PacketObserved, zone: Zone) -> Vec<Block> {
    let mut blocks = vec![text(Style::Heading, "What people observed"), text(Style::Small, it.caveat)];
    blocks.push(Block::Rows(it.sightings.iter().map(|it| sighting(it, zone)).collect()));
    blocks
}

fn sighting(it: &PacketSighting, zone: Zone) -> (String, String) {
    let known = catalogue().find(it.indicator_code).map_or(it.indicator_code, |it| it.text.as_str());
    let when = it.observed_at.map_or_else(|| "Day not known".to_owned(), |it| instant(it, zone));
    let who = format!("{}, {}; {}", it.observed_by_name, it.observer_role, words(it.source.0.code()).to_lowercase());
    (when, format!("{known}\n{}\n{who}", it.context))
}

fn foot(report: &ReportBody) -> Vec<Block> {
    let mut blocks = Vec::new();
    if let Some(note) = &report.note {
        blocks.extend([text(Style::Heading, "Note"), text(Style::Body, note)]);
    }
    blocks.push(text(Style::Heading, "Handling"));
    blocks.push(text(Style::Small, CONFIDENTIAL));
    blocks.push(text(Style::Small, PUBLICITY));
    for (law, basis) in [("42 CFR part 2", &report.part2_basis), ("34 CFR part 99", &report.ferpa_basis)] {
        let said = basis.as_ref().map(|it| format!("Holds records under {law}, disclosed on this basis: {it}"));
        blocks.extend(said.map(|it| text(Style::Small, &it)));
    }
    blocks
}

fn text(style: Style, words: &str) -> Block {
    Block::Text(style, words.to_owned())
}

fn said<const N: usize>(rows: [(&str, Option<String>); N]) -> Rows {
    rows.into_iter().filter_map(|(name, value)| value.map(|value| (name.to_owned(), value))).collect()
}

fn code<T: Vocabulary>(member: Option<Code<T>>) -> Option<String> {
    member.map(|it| words(it.0.code()))
}

/// A code as people read it.
pub fn words(code: &str) -> String {
    let words = code.replace('_', " ").replace(" ori", " ORI").replace("amber ", "AMBER ");
    let mut letters = words.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}

/// As it is written in the United States.
pub fn day(it: NaiveDate) -> String {
    it.format("%B %-d, %Y").to_string()
}

fn instant(at: DateTime<Utc>, zone: Zone) -> String {
    zone.wall_clock(at).format("%B %-d, %Y, %-I:%M %p %Z").to_string()
}
