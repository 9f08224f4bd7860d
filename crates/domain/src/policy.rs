//! Who may do what: the one place where access is decided.
//!
//! Rows are reached only with a [`Permit`] (one child) or a [`Grant`] (a collection), and only the functions here
//! make one. What is not listed is refused.

use std::marker::PhantomData;

use crate::audit::{Change, Entry, Look, LookKind};
use crate::id::{AgencyId, ChildId, UnitId, UserId};
use crate::machine_key::Scopes;
use crate::vocabulary::{Vocabulary as _, vocabulary};

mod actions;
mod rights;
mod scopes;
mod table;
#[cfg(test)]
mod tests;

pub use actions::*;
use rights::allows;
pub use scopes::may_give;
pub use table::table;

vocabulary! {
    /// What a person does for the agency.
    Role {
        Caseworker = "caseworker",
        Supervisor = "supervisor",
        OnCall = "on_call",
        Auditor = "auditor",
        PrivacyOfficer = "privacy_officer",
        Administrator = "administrator",
    }
}

/// Who is at the other end of the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// A person who signed in.
    Human,
    /// A person who signed in with one factor and has to set up the second before anything else (MF-01).
    Enrolling,
    /// A person who signed in at a provider that the agency trusts.
    Provider,
    /// A program of the agency's with a key, in the name of whoever made it.
    Key(Scopes),
    /// A program: a job, an import.
    Machine,
}

/// A signed-in person, as the database knows them at this moment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// Who.
    pub user: UserId,
    /// Of which agency.
    pub agency: AgencyId,
    /// In what role.
    pub role: Role,
    /// How far they reach.
    pub reach: Reach,
    /// Whether it is a person.
    pub session: SessionKind,
}

/// How much of the agency a person works for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reach {
    /// All of it.
    WholeAgency,
    /// These units, and the children assigned to them.
    Units(Vec<UnitId>),
}

impl Reach {
    /// Whether someone of this reach works where someone of `other` does: who may arrange for them, and stand in for them.
    pub fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::WholeAgency, _) => true,
            (Self::Units(_), Self::WholeAgency) => false,
            (Self::Units(mine), Self::Units(theirs)) => mine.iter().any(|unit| theirs.contains(unit)),
        }
    }
}

/// How a person is bound to one child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tie {
    /// Not at all, or there is no such child: the two look the same.
    None,
    /// The child is assigned to them.
    Assigned,
    /// The child is in one of their units.
    SameUnit,
    /// They work for the whole agency.
    WholeAgency,
}

/// Why someone is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    /// They may not know that the record exists.
    #[error("there is no such record")]
    Hidden,
    /// They are bound to the record, and this is not theirs to do.
    #[error("your role does not allow this")]
    Forbidden,
    /// They have to set up a second factor first.
    #[error("set up a second factor first")]
    FactorDue,
    /// They have to prove anew who they are.
    #[error("prove again who you are")]
    ProofDue,
    /// The key may not be used from where it was.
    #[error("this key may not be used from there")]
    OutsideNetwork,
}

/// The right to do `A` to one child. The child comes out of the permit and is never an argument.
///
/// ```compile_fail,E0451
/// use homeward_domain::policy::{Permit, ReadChild};
/// fn forge(it: Permit<ReadChild>) -> Permit<ReadChild> {
///     Permit { agency: it.agency(), actor: it.actor(), child: it.child(), action: std::marker::PhantomData }
/// }
/// ```
#[derive(Debug)]
pub struct Permit<A> {
    agency: AgencyId,
    actor: UserId,
    child: ChildId,
    action: PhantomData<fn() -> A>,
}

/// The right to do `A` to what lies within a person's reach.
#[derive(Debug)]
pub struct Grant<A> {
    caller: Caller,
    action: PhantomData<fn() -> A>,
}

/// Whether they may do anything at all but set up a second factor. Asked before a record is looked for.
pub fn admit(caller: &Caller) -> Result<(), Denied> {
    if caller.session == SessionKind::Enrolling { Err(Denied::FactorDue) } else { Ok(()) }
}

/// The same for what takes no right of its own: the rules, the catalogue. A key has its scopes, and nothing beside them.
pub fn admit_person(caller: &Caller) -> Result<(), Denied> {
    admit(caller)?;
    if matches!(caller.session, SessionKind::Key(_)) { Err(Denied::Forbidden) } else { Ok(()) }
}

/// Whether changing something by this act asks for a fresh proof of who somebody is: what gives rights, lets data out,
/// or changes how one proves oneself (SE-09).
pub fn takes_fresh_proof<A: Action>() -> bool {
    matches!(
        A::KIND,
        ActionKind::ManagePeople
            | ActionKind::ConfigureWebhooks
            | ActionKind::MakeKeys
            | ActionKind::OwnFactor
            | ActionKind::RestrictRecord
            | ActionKind::OpenInEmergency
    )
}

/// Decides about one child: the policy.
pub fn decide<A: Action>(caller: &Caller, child: ChildId, tie: Tie) -> Result<Permit<A>, Denied> {
    admit(caller)?;
    if tie == Tie::None || !reads_children(caller.role) {
        return Err(Denied::Hidden);
    }
    if !may(caller, A::KIND) {
        // Where the wall was passed, the record may be one that they must not know of.
        return Err(if passes_restriction::<A>() { Denied::Hidden } else { Denied::Forbidden });
    }
    Ok(Permit { agency: caller.agency, actor: caller.user, child, action: PhantomData })
}

/// Decides about a collection: the same policy, within the person's reach.
pub fn grant<A: Action>(caller: &Caller) -> Result<Grant<A>, Denied> {
    if A::KIND != ActionKind::OwnFactor {
        admit(caller)?;
    }
    if may(caller, A::KIND) {
        Ok(Grant { caller: caller.clone(), action: PhantomData })
    } else {
        Err(Denied::Forbidden)
    }
}

/// How a person is bound to a child, from what the row says. The database is asked for nothing else.
pub fn tie(caller: &Caller, unit: UnitId, assigned_to: Option<UserId>) -> Tie {
    if assigned_to == Some(caller.user) {
        return Tie::Assigned;
    }
    match &caller.reach {
        Reach::WholeAgency => Tie::WholeAgency,
        Reach::Units(units) if units.contains(&unit) => Tie::SameUnit,
        Reach::Units(_) => Tie::None,
    }
}

/// What is recorded where somebody was refused.
pub fn refused(caller: &Caller, child: Option<ChildId>, denied: Denied) -> Entry {
    Entry::new(caller.agency, caller.user, child, Change::Refused { denied })
}

/// The right of the import to add to an agency's records, in the name of `user`. Only the import asks for it.
pub fn importer(agency: AgencyId, user: UserId) -> Grant<Import> {
    let (role, reach, session) = (Role::Administrator, Reach::WholeAgency, SessionKind::Machine);
    let caller = Caller { user, agency, role, reach, session };
    Grant { caller, action: PhantomData }
}

/// The right to read what is recorded in order to plan what is owed, in the transaction of whoever changed a fact: they need
/// not be able to read it. It shows nobody anything. Only the planning asks for it.
pub fn planner(caller: &Caller, child: ChildId) -> Permit<Plan> {
    Permit { agency: caller.agency, actor: caller.user, child, action: PhantomData }
}

/// Who may be told of something, wherever they are bound to the child.
pub fn roles_that_may<A: Action>() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|role| allows(*role, A::KIND))
}

/// Whether the act passes the wall around a restricted record. It shows nothing of the record.
pub fn passes_restriction<A: Action>() -> bool {
    matches!(A::KIND, ActionKind::RestrictRecord | ActionKind::OpenInEmergency | ActionKind::ReviewEmergencies)
}

/// The roles of those who work with children.
pub fn roles_who_work() -> impl Iterator<Item = Role> {
    Role::ALL.iter().copied().filter(|role| works_with_children(*role))
}

/// Whether a child can be the work of someone in this role: they can do what is owed, and may know all it is owed for.
pub fn works_with_children(role: Role) -> bool {
    allows(role, ActionKind::Notify) && allows(role, ActionKind::ReadDeterminations)
}

/// What the role allows now, within what the session and the reach do: of a key, its scopes (KY-02).
fn may(caller: &Caller, action: ActionKind) -> bool {
    let is_theirs = match action {
        // Only a person concludes (domain 12.2): no right of a machine, now or later, comes to this.
        ActionKind::Determine => matches!(caller.session, SessionKind::Human | SessionKind::Provider),
        // What a provider says of somebody changes nothing of what they prove here themselves (MF-08).
        ActionKind::OwnFactor => caller.session != SessionKind::Provider,
        // A count of a unit would point at its children.
        ActionKind::CountDeterminations | ActionKind::ReviewLooks => caller.reach == Reach::WholeAgency,
        _ => true,
    };
    let is_covered = match caller.session {
        SessionKind::Key(scopes) => scopes::cover(scopes, action),
        _ => true,
    };
    is_theirs && is_covered && allows(caller.role, action)
}

fn reads_children(role: Role) -> bool {
    role != Role::Administrator
}

impl<A: Action> Permit<A> {
    /// The agency.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }

    /// Who acts.
    pub fn actor(&self) -> UserId {
        self.actor
    }

    /// The child it is about.
    pub fn child(&self) -> ChildId {
        self.child
    }

    /// The entry that explains a write.
    pub fn did(&self, change: Change) -> Entry {
        Entry::new(self.agency, self.actor, Some(self.child), change)
    }

    /// The record that the child was looked at.
    pub fn saw(&self) -> Look {
        Look::new(self.agency, self.actor, LookKind(A::NAME), vec![self.child])
    }
}

impl Permit<MakePacket> {
    /// No look: what was read stays inside and becomes a packet, and the entry about its making says so.
    pub fn kept_inside(&self) -> Look {
        Look::new(self.agency, self.actor, LookKind(MakePacket::NAME), Vec::new())
    }
}

impl Grant<AddChild> {
    /// Whose work a child is that nobody was named for: a caseworker's own, else nobody's yet.
    pub fn assignee(&self) -> Option<UserId> {
        (self.caller.role == Role::Caseworker).then_some(self.caller.user)
    }
}

impl Grant<KeepKeys> {
    /// Whose keys they see and revoke: their own; everyone's where they administer people.
    pub fn keys_of(&self) -> Option<UserId> {
        (!may(&self.caller, ActionKind::ManagePeople)).then_some(self.caller.user)
    }
}

impl<A: Action> Grant<A> {
    /// Whose collection it is.
    pub fn caller(&self) -> &Caller {
        &self.caller
    }

    /// The agency.
    pub fn agency(&self) -> AgencyId {
        self.caller.agency
    }

    /// Who acts.
    pub fn actor(&self) -> UserId {
        self.caller.user
    }

    /// The entry that explains a write about `child`, or about no child.
    pub fn did(&self, child: Option<ChildId>, change: Change) -> Entry {
        Entry::new(self.caller.agency, self.caller.user, child, change)
    }

    /// The record of every child that a list showed.
    pub fn saw(&self, children: Vec<ChildId>) -> Look {
        Look::new(self.caller.agency, self.caller.user, LookKind(A::NAME), children)
    }
}
