//! Who may do what, as a table that a supervisor can read and sign: `rights.txt`.

use expect_test::expect_file;
use uuid::Uuid;

use super::*;
use crate::id::Id;
use crate::machine_key::Scope;

const TIES: [Tie; 3] = [Tie::Assigned, Tie::SameUnit, Tie::WholeAgency];

fn id<T>(number: u128) -> Id<T> {
    Id::from_uuid(Uuid::from_u128(number))
}

fn caller(role: Role) -> Caller {
    Caller { user: id(1), agency: id(2), role, reach: Reach::Units(vec![id(3)]), session: SessionKind::Human }
}

fn of_the_whole_agency(role: Role) -> Caller {
    Caller { reach: Reach::WholeAgency, ..caller(role) }
}

/// One act, asked of the policy in both ways.
struct Asked {
    act: &'static str,
    passes_restriction: bool,
    for_one_child: fn(&Caller, Tie) -> Result<(), Denied>,
    for_a_list: fn(&Caller) -> Result<(), Denied>,
}

fn asked<A: Action>() -> Asked {
    Asked {
        act: A::NAME,
        passes_restriction: passes_restriction::<A>(),
        for_one_child: |caller, tie| decide::<A>(caller, id(4), tie).map(drop),
        for_a_list: |caller| grant::<A>(caller).map(drop),
    }
}

impl ActVisitor for Vec<Asked> {
    fn visit<A: Action>(&mut self) {
        self.push(asked::<A>());
    }
}

/// Every act there is, so that none is left out of a table.
fn every_act() -> Vec<Asked> {
    let mut all = Vec::new();
    ActionKind::visit_all(&mut all);
    all
}

#[test]
fn who_may_do_what() {
    expect_file!["rights.txt"].assert_eq(&table());
}

#[test]
fn the_table_is_what_is_decided() {
    for (asked, (kind, name, _)) in every_act().iter().zip(ActionKind::ALL) {
        assert_eq!(asked.act, *name);
        for role in Role::ALL {
            assert_eq!((asked.for_a_list)(&of_the_whole_agency(*role)).is_ok(), allows(*role, *kind), "{role} {name}");
        }
    }
}

#[test]
fn for_one_child_the_table_holds_for_everyone_who_is_tied_to_it() {
    for asked in every_act() {
        for role in Role::ALL.iter().copied().filter(|it| *it != Role::Administrator) {
            let listed = (asked.for_a_list)(&caller(role));
            let answers = TIES.map(|tie| (asked.for_one_child)(&caller(role), tie));
            let told = if asked.passes_restriction { listed.map_err(|_| Denied::Hidden) } else { listed };
            assert_eq!(answers, [told; 3], "{role} {}", asked.act);
        }
    }
}

#[test]
fn without_a_tie_there_is_no_such_child_whatever_the_role() {
    for asked in every_act() {
        for role in Role::ALL {
            assert_eq!((asked.for_one_child)(&caller(*role), Tie::None), Err(Denied::Hidden), "{role} {}", asked.act);
        }
    }
}

#[test]
fn an_administrator_sees_no_child() {
    for asked in every_act() {
        let answers = TIES.map(|tie| (asked.for_one_child)(&caller(Role::Administrator), tie));
        assert_eq!(answers, [Err(Denied::Hidden); 3], "{}", asked.act);
    }
}

#[test]
fn who_is_tied_and_may_not_is_told_so() {
    let forbidden = decide::<CloseUndone>(&caller(Role::Caseworker), id(4), Tie::Assigned);
    assert_eq!(forbidden.map(drop), Err(Denied::Forbidden));
}

#[test]
fn a_child_is_ones_own_by_assignment_even_outside_ones_unit() {
    assert_eq!(tie(&caller(Role::Caseworker), id(99), Some(id(1))), Tie::Assigned);
}

#[test]
fn a_child_of_ones_unit_is_within_reach() {
    assert_eq!(tie(&caller(Role::Caseworker), id(3), None), Tie::SameUnit);
    assert_eq!(tie(&caller(Role::Caseworker), id(3), Some(id(77))), Tie::SameUnit);
}

#[test]
fn a_child_of_another_unit_and_another_worker_is_not() {
    assert_eq!(tie(&caller(Role::Caseworker), id(99), None), Tie::None);
    assert_eq!(tie(&caller(Role::Supervisor), id(99), Some(id(77))), Tie::None);
}

#[test]
fn who_works_for_the_whole_agency_is_tied_to_every_child_of_it() {
    let whole = Caller { reach: Reach::WholeAgency, ..caller(Role::Auditor) };
    assert_eq!(tie(&whole, id(99), Some(id(77))), Tie::WholeAgency);
}

#[test]
fn who_has_no_unit_reaches_only_what_is_assigned() {
    let alone = Caller { reach: Reach::Units(Vec::new()), ..caller(Role::Caseworker) };
    assert_eq!(tie(&alone, id(3), None), Tie::None);
    assert_eq!(tie(&alone, id(3), Some(id(1))), Tie::Assigned);
}

#[test]
fn a_permit_is_for_the_child_it_was_asked_for() {
    let permit = decide::<ReadChild>(&caller(Role::Caseworker), id(4), Tie::Assigned).unwrap();
    assert_eq!((permit.child(), permit.actor(), permit.agency()), (id(4), id(1), id(2)));
    assert_eq!(permit.saw().children(), [id(4)]);
    assert_eq!(permit.did(Change::ChildChanged { fields: vec!["hair_color"] }).child(), Some(id(4)));
}

#[test]
fn a_list_that_was_read_names_every_child_once() {
    let grant = grant::<ListChildren>(&caller(Role::Caseworker)).unwrap();
    assert_eq!(grant.saw(vec![id(6), id(5), id(6)]).children(), [id(5), id(6)]);
}

#[test]
fn no_role_imports_but_the_command_line_can() {
    assert!(Role::ALL.iter().all(|role| grant::<Import>(&caller(*role)).is_err()));
    assert_eq!(importer(id(2), id(1)).agency(), id(2));
}

#[test]
fn t19_no_machine_records_a_determination_whatever_its_role_and_reach() {
    for role in Role::ALL.iter().copied() {
        for reach in [Reach::WholeAgency, Reach::Units(vec![id(3)])] {
            for session in [SessionKind::Machine, SessionKind::Key(Scope::ALL.iter().copied().collect())] {
                let machine = Caller { reach: reach.clone(), session, ..caller(role) };
                assert!(TIES.iter().all(|tie| decide::<Determine>(&machine, id(4), *tie).is_err()), "{role}");
                assert_eq!(grant::<Determine>(&machine).map(drop), Err(Denied::Forbidden), "{role}");
            }
        }
    }
    assert!(decide::<Determine>(&caller(Role::Caseworker), id(4), Tie::Assigned).is_ok());
}

/// What no key may ever hold.
const FOR_NO_KEY: [ActionKind; 16] = [
    ActionKind::OpenInEmergency,
    ActionKind::RestrictRecord,
    ActionKind::ReviewEmergencies,
    ActionKind::ReviewLooks,
    ActionKind::Determine,
    ActionKind::ReadDeterminations,
    ActionKind::CountDeterminations,
    ActionKind::ManagePeople,
    ActionKind::ReadPeople,
    ActionKind::MakeKeys,
    ActionKind::KeepKeys,
    ActionKind::ConfigureWebhooks,
    ActionKind::ConfigureRules,
    ActionKind::ReadAudit,
    ActionKind::ReadAccessLog,
    ActionKind::OwnFactor,
];

fn with_key(role: Role, scopes: &[Scope]) -> Caller {
    Caller { session: SessionKind::Key(scopes.iter().copied().collect()), ..of_the_whole_agency(role) }
}

#[test]
fn ky_06_no_key_opens_in_an_emergency_restricts_concludes_judges_administers_or_reads_the_trail() {
    for role in Role::ALL {
        let caller = with_key(*role, Scope::ALL);
        for (asked, (kind, name, _)) in every_act().iter().zip(ActionKind::ALL) {
            let let_in = (asked.for_a_list)(&caller).is_ok();
            assert!(!let_in || !FOR_NO_KEY.contains(kind), "{role} {name}");
        }
    }
}

#[test]
fn ky_02_a_key_does_what_its_scopes_and_its_owners_role_both_allow() {
    for role in Role::ALL {
        for scope in Scope::ALL {
            let (key, person) = (with_key(*role, &[*scope]), of_the_whole_agency(*role));
            let mut acts = 0;
            for asked in every_act() {
                let by_key = (asked.for_a_list)(&key).is_ok();
                assert!(!by_key || (asked.for_a_list)(&person).is_ok(), "{role} {scope} {}", asked.act);
                acts += usize::from(by_key);
            }
            let has_acts = !matches!(scope, Scope::StatisticsRead | Scope::EventsRead);
            assert!(!has_acts || !may_give(*role, *scope) || 0 < acts, "{role} {scope}");
        }
    }
    let reads = |role| grant::<ReadCompliance>(&with_key(role, &[Scope::ComplianceRead])).is_ok();
    assert_eq!([Role::Auditor, Role::Supervisor, Role::Caseworker].map(reads), [true, true, false]);
    assert!(grant::<AddChild>(&with_key(Role::Supervisor, &[Scope::ComplianceRead])).is_err());
}

#[test]
fn az_13_a_key_of_an_administrator_reaches_no_child_and_is_given_no_scope_that_does() {
    let key = with_key(Role::Administrator, Scope::ALL);
    for asked in every_act() {
        assert_eq!((asked.for_one_child)(&key, Tie::WholeAgency), Err(Denied::Hidden), "{}", asked.act);
    }
    let given: Vec<Scope> = Scope::ALL.iter().copied().filter(|it| may_give(Role::Administrator, *it)).collect();
    assert_eq!(given, [Scope::StatisticsRead, Scope::EventsRead]);
}

#[test]
fn a_key_has_its_scopes_and_nothing_that_is_everyones() {
    assert_eq!(admit_person(&with_key(Role::Supervisor, Scope::ALL)), Err(Denied::Forbidden));
    assert_eq!(admit_person(&caller(Role::Supervisor)), Ok(()));
}

#[test]
fn keys_are_seen_by_their_owner_and_by_whoever_administers_people() {
    let whose = |role| grant::<KeepKeys>(&caller(role)).unwrap().keys_of();
    assert_eq!(whose(Role::Supervisor), Some(id(1)));
    assert_eq!(whose(Role::Administrator), None);
}

#[test]
fn whom_a_provider_signed_in_is_a_person_who_cannot_touch_the_factor_that_they_have_here() {
    for role in Role::ALL.iter().copied() {
        let there = Caller { session: SessionKind::Provider, ..of_the_whole_agency(role) };
        for asked in every_act() {
            let here = (asked.for_a_list)(&of_the_whole_agency(role));
            let expected = if asked.act == OwnFactor::NAME { Err(Denied::Forbidden) } else { here };
            assert_eq!((asked.for_a_list)(&there), expected, "{role} {}", asked.act);
        }
    }
}

#[test]
fn the_import_is_a_machine() {
    assert_eq!(importer(id(2), id(1)).caller().session, SessionKind::Machine);
}

#[test]
fn determinations_are_counted_for_the_whole_agency_or_not_at_all() {
    for role in Role::ALL {
        assert!(grant::<CountDeterminations>(&caller(*role)).is_err(), "{role}");
    }
    assert!(grant::<CountDeterminations>(&of_the_whole_agency(Role::Auditor)).is_ok());
}

#[test]
fn who_may_be_told_of_a_determination() {
    let roles: Vec<Role> = roles_that_may::<ReadDeterminations>().collect();
    assert_eq!(roles, [Role::Caseworker, Role::Supervisor, Role::OnCall, Role::PrivacyOfficer]);
}
