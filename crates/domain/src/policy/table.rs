//! The policy as a table that a supervisor can read and sign.

use std::fmt::Write as _;

use super::rights::allows;
use super::{ActionKind, Role};
use crate::vocabulary::Vocabulary as _;

const HEAD: &str = "\
Who may do what in Homeward. A tick lets someone in this role do it; what has none is refused.

How far it reaches: a child who is assigned to them, a child of their units, or of the whole agency where they work for
all of it. Beyond that there is no child, as far as they can know. An administrator reaches no child at all.
A restricted record is there only for the people named in it, and for whom it opens in an emergency.
A program with a key does what the scopes of the key allow, as far as whoever made it may do that now.
To conclude takes a person who signed in. To count conclusions, and to review looks, takes someone who works for the
whole agency.

";

/// Every act, who may do it, and what it is.
pub fn table() -> String {
    let mut table = format!("{HEAD}{:26}", "");
    for role in Role::ALL {
        let _ = write!(table, "  {role}");
    }
    for (action, name, does) in ActionKind::ALL {
        let _ = write!(table, "\n{name:26}");
        for role in Role::ALL {
            let tick = if allows(*role, *action) { "✓" } else { "·" };
            let _ = write!(table, "  {tick:<width$}", width = role.code().len());
        }
        let _ = write!(table, " {does}");
    }
    table
}
