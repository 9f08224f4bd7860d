//! What named people concluded, as they said it.

use homeward_domain::vocabulary::Vocabulary as _;
use homeward_domain::zone::Zone;

use super::super::PacketDetermination;
use super::{instant, text, words};
use crate::pdf::{Block, Style};

const LAW: &str = "Reported under 42 U.S.C. 671(a)(34)(A). Each was concluded by the person named with it.";

pub(super) fn blocks(all: &[PacketDetermination], zone: Zone) -> Vec<Block> {
    if all.is_empty() {
        return Vec::new();
    }
    let rows = all.iter().map(|it| row(it, zone)).collect();
    vec![text(Style::Heading, "What people concluded"), text(Style::Small, LAW), Block::Rows(rows)]
}

fn row(it: &PacketDetermination, zone: Zone) -> (String, String) {
    let by = format!("{}, {}, {}", it.determined_by_name, it.determined_by_role, it.determined_by_agency);
    let received = instant(it.agency_information_received_at, zone);
    let what = words(it.determination_type.0.code());
    (instant(it.determined_at, zone), format!("{what}\n{}\n{by}. The agency was told {received}.", it.basis))
}
