//! What was put together for others, and that it went out: by name, without what it says.

use homeward_domain::disclosure::Destination;
use homeward_domain::notification::Recipient;
use homeward_domain::vocabulary::Vocabulary as _;
use homeward_store::disclosures::Disclosure;
use homeward_store::packets::Packet;

use super::items::{at, recipient};
use super::{TimelineDetail, TimelineItem, TimelineKind};
use crate::wire::Code;

pub(super) fn of((packets, disclosures): &(Vec<Packet>, Vec<Disclosure>)) -> Vec<TimelineItem> {
    let sent = |it: &Disclosure| packets.iter().find(|packet| packet.id == it.packet).map(|packet| sent(packet, it));
    packets.iter().map(made).chain(disclosures.iter().filter_map(sent)).collect()
}

fn made(it: &Packet) -> TimelineItem {
    let detail = TimelineDetail { recorded_by: Some(it.made_by.uuid()), ..known(it) };
    at(it.made_at, TimelineKind::PacketMade, format!("{} was made", name(it.destination)), detail)
}

fn sent(packet: &Packet, it: &Disclosure) -> TimelineItem {
    let detail = TimelineDetail {
        recorded_by: Some(it.recorded_by.uuid()),
        disclosure_id: Some(it.id.uuid()),
        method: Some(Code(it.sending.method)),
        ..known(packet)
    };
    let summary = format!("{} went out", name(packet.destination));
    let item = at(it.sending.sent_at, TimelineKind::PacketSent, summary, detail);
    TimelineItem { recorded_at: it.recorded_at, ..item }
}

fn known(it: &Packet) -> TimelineDetail {
    TimelineDetail {
        packet_id: Some(it.id.uuid()),
        recipient: Recipient::parse(it.destination.code()).ok().map(Code),
        version: Some(it.version),
        ..TimelineDetail::default()
    }
}

fn name(destination: Destination) -> String {
    match destination {
        Destination::LawEnforcement => format!("A packet for {}", recipient(Recipient::LawEnforcement)),
        Destination::Ncmec => format!("A packet for {}", recipient(Recipient::Ncmec)),
        Destination::Poster => "A poster".to_owned(),
        Destination::Notice => "A notice".to_owned(),
    }
}
