//! Which acts each scope of a machine key lets a program do, as far as its owner may. What is not listed is refused: no
//! scope opens a restricted record, concludes, judges, administers or reads the trail (KY-06).

use super::Role;
use super::actions::ActionKind as A;
use super::rights::allows;
use crate::machine_key::{Scope, Scopes};

/// A program that writes finds the child it is about, and reads nothing else: what it does not see it does not overwrite.
const CHILDREN: &[A] = &[A::SearchChildren, A::AddChild, A::ChangeChild, A::RecordPlacement];

/// That somebody was told ends what is owed: a person says so, and no program.
const EPISODES: &[A] = &[A::SearchChildren, A::OpenEpisode, A::ChangeEpisode, A::RecordRecovery];

fn acts(scope: Scope) -> &'static [A] {
    match scope {
        Scope::ComplianceRead => &[A::ReadCompliance],
        Scope::ChildrenWrite => CHILDREN,
        Scope::EpisodesWrite => EPISODES,
        // What they are for has no act yet.
        Scope::StatisticsRead | Scope::EventsRead => &[],
    }
}

/// Whether one of the scopes has the act.
pub(super) fn cover(scopes: Scopes, action: A) -> bool {
    scopes.iter().any(|it| acts(it).contains(&action))
}

/// Whether someone in this role can give a key this scope: nobody gives what is not theirs (KY-02).
pub fn may_give(role: Role, scope: Scope) -> bool {
    acts(scope).iter().all(|it| allows(role, *it))
}
