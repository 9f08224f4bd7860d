//! Which role may do what: lists of acts, and the lists that each role has. What is not listed is refused.

use super::Role;
use super::actions::ActionKind as A;

/// What anyone who works with children, or audits that work, may see.
const LOOKS: &[A] = &[
    A::ReadChild,
    A::ReadObservations,
    A::ReadFactors,
    A::ListChildren,
    A::SearchChildren,
    A::ListEpisodes,
    A::ReadWorklist,
    A::OwnReminders,
    A::OwnSettings,
    A::OwnFactor,
    A::ReadAgency,
    A::ReadDataQuality,
];

/// What a report contains, but for how the child is reached.
const READS_REPORTS: &[A] = &[A::ReadDescription, A::ReadParticulars, A::ReadReport, A::ReadPhotos];

/// Health, dangers, what the child said and what people concluded: for those who work with the child.
const WORKS: &[A] = &[
    A::ReadContacts,
    A::ReadEndangerment,
    A::ReadInterviews,
    A::ReadDeterminations,
    A::StateEndangerment,
    A::StateDescription,
    A::StateContacts,
    A::StateParticulars,
    A::AddPhoto,
    A::MakePacket,
    A::ReadPacket,
    A::RecordDisclosure,
    A::AddChild,
    A::ChangeChild,
    A::RecordPlacement,
    A::OpenEpisode,
    A::ChangeEpisode,
    A::Notify,
    A::RecordRecovery,
    A::CompleteTask,
    A::LogSearch,
    A::RecordInterview,
    A::RecordFactors,
    A::CloseEpisode,
    A::Observe,
    A::Determine,
    A::OpenInEmergency,
];

/// What gives time, ends what is undone, or answers for others.
const SUPERVISES: &[A] = &[
    A::MoveReceiptLater,
    A::CloseUndone,
    A::ReopenEpisode,
    A::ReadCompliance,
    A::ReadAccessLog,
    A::CountDeterminations,
    A::RecordPublicationConsent,
    A::ReadPeople,
    A::ArrangeRoster,
    A::HandOver,
    A::MakeKeys,
    A::KeepKeys,
];

const AUDITS: &[A] = &[A::ReadCompliance, A::ReadAccessLog, A::ReadAudit, A::MakeKeys, A::KeepKeys];

const COUNTS: &[A] = &[A::CountDeterminations];

const GUARDS: &[A] = &[
    A::ReadChild,
    A::OwnReminders,
    A::OwnSettings,
    A::OwnFactor,
    A::ReadContacts,
    A::ReadDeterminations,
    A::ReadAgency,
    A::RestrictRecord,
    A::ReviewEmergencies,
    A::ReviewLooks,
];

const ADMINISTERS: &[A] = &[
    A::OwnReminders,
    A::OwnSettings,
    A::OwnFactor,
    A::ReadAgency,
    A::ChooseEscalation,
    A::ConfigureRules,
    A::ConfigureWebhooks,
    A::ReadPeople,
    A::ArrangeRoster,
    A::ManagePeople,
    A::MakeKeys,
    A::KeepKeys,
];

fn lists(role: Role) -> &'static [&'static [A]] {
    match role {
        Role::Caseworker | Role::OnCall => &[LOOKS, READS_REPORTS, WORKS],
        Role::Supervisor => &[LOOKS, READS_REPORTS, WORKS, SUPERVISES],
        Role::Auditor => &[LOOKS, READS_REPORTS, AUDITS, COUNTS],
        Role::PrivacyOfficer => &[READS_REPORTS, AUDITS, GUARDS],
        Role::Administrator => &[ADMINISTERS],
    }
}

/// Whether the role has the act in one of its lists.
pub(super) fn allows(role: Role, action: A) -> bool {
    lists(role).iter().any(|list| list.contains(&action))
}
