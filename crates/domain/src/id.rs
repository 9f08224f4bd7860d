//! Identifiers that know what they name.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A UUID that knows what it names, so an `EpisodeId` cannot stand in for a `ChildId`.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub struct Id<T>(Uuid, #[serde(skip)] PhantomData<fn() -> T>);

/// Names an agency: the tenant, and the outer wall.
pub type AgencyId = Id<names::Agency>;
/// Names an organisational unit of an agency.
pub type UnitId = Id<names::Unit>;
/// Names a person who works for an agency.
pub type UserId = Id<names::User>;
/// Names one sign-in and everything refreshed from it.
pub type SessionId = Id<names::Session>;
/// Names a provider that says who somebody is.
pub type IssuerId = Id<names::Issuer>;
/// Names whom an issuer means by a subject.
pub type IdentityId = Id<names::Identity>;
/// Names a child.
pub type ChildId = Id<names::Child>;
/// Names a placement of a child.
pub type PlacementId = Id<names::Placement>;
/// Names one missing episode of a child.
pub type EpisodeId = Id<names::Episode>;
/// Names one contact with a recipient.
pub type NotificationId = Id<names::Notification>;
/// Names one task a person finished.
pub type CompletionId = Id<names::Completion>;
/// Names one thing owed to one recipient.
pub type DutyId = Id<names::Duty>;
/// Names one rung of the ladder that keeps people on a duty.
pub type RungId = Id<names::Rung>;
/// Names one message to one person.
pub type ReminderId = Id<names::Reminder>;
/// Names what a person concluded.
pub type DeterminationId = Id<names::Determination>;
/// Names one thing a person saw or was told.
pub type ObservationId = Id<names::Observation>;

/// Names one thing that was done to find a child.
pub type SearchEffortId = Id<names::SearchEffort>;
/// Names one statement of whether someone knows where a child is.
pub type WhereaboutsId = Id<names::Whereabouts>;
/// Names one offer of a conversation to a child who is back.
pub type InterviewId = Id<names::Interview>;
/// Names one screening that was given.
pub type ScreeningId = Id<names::Screening>;
/// Names one thing that is done about a factor.
pub type FactorResponseId = Id<names::FactorResponse>;
/// Names one statement for a report.
pub type StatementId = Id<names::Statement>;
/// Names one version of a packet or a poster.
pub type PacketId = Id<names::Packet>;
/// Names one record that a packet went out.
pub type DisclosureId = Id<names::Disclosure>;
/// Names one photo, and its picture in the object store.
pub type PhotoId = Id<names::Photo>;
/// Names one decision about publication.
pub type ConsentId = Id<names::Consent>;
/// Names one endpoint of an agency.
pub type WebhookId = Id<names::Webhook>;
/// Names one calendar feed of a person.
pub type CalendarFeedId = Id<names::CalendarFeed>;
/// Names one key of a program.
pub type MachineKeyId = Id<names::MachineKey>;

/// Names one turn of being on call.
pub type ShiftId = Id<names::Shift>;
/// Names one time that somebody is away.
pub type AbsenceId = Id<names::Absence>;
/// Names one handing over of children.
pub type HandOverId = Id<names::HandOver>;
/// Names one further address of a person.
pub type AddressId = Id<names::Address>;
/// Names one refusal of an address.
pub type BounceId = Id<names::Bounce>;

/// Names one restriction of a record.
pub type RestrictionId = Id<names::Restriction>;
/// Names one opening of a restricted record in an emergency.
pub type EmergencyId = Id<names::Emergency>;

/// What an [`Id`] can name. These types have no values.
pub mod names {
    /// See [`super::AgencyId`].
    pub enum Agency {}
    /// See [`super::UnitId`].
    pub enum Unit {}
    /// See [`super::UserId`].
    pub enum User {}
    /// See [`super::SessionId`].
    pub enum Session {}
    /// See [`super::IssuerId`].
    pub enum Issuer {}
    /// See [`super::IdentityId`].
    pub enum Identity {}
    /// See [`super::RestrictionId`].
    pub enum Restriction {}
    /// See [`super::EmergencyId`].
    pub enum Emergency {}
    /// See [`super::ChildId`].
    pub enum Child {}
    /// See [`super::PlacementId`].
    pub enum Placement {}
    /// See [`super::EpisodeId`].
    pub enum Episode {}
    /// See [`super::NotificationId`].
    pub enum Notification {}
    /// See [`super::CompletionId`].
    pub enum Completion {}
    /// See [`super::DutyId`].
    pub enum Duty {}
    /// See [`super::RungId`].
    pub enum Rung {}
    /// See [`super::ReminderId`].
    pub enum Reminder {}
    /// See [`super::DeterminationId`].
    pub enum Determination {}
    /// See [`super::ObservationId`].
    pub enum Observation {}
    /// See [`super::PacketId`].
    pub enum Packet {}
    /// See [`super::DisclosureId`].
    pub enum Disclosure {}
    /// See [`super::SearchEffortId`].
    pub enum SearchEffort {}
    /// See [`super::WhereaboutsId`].
    pub enum Whereabouts {}
    /// See [`super::InterviewId`].
    pub enum Interview {}
    /// See [`super::ScreeningId`].
    pub enum Screening {}
    /// See [`super::FactorResponseId`].
    pub enum FactorResponse {}
    /// See [`super::StatementId`].
    pub enum Statement {}
    /// See [`super::PhotoId`].
    pub enum Photo {}
    /// See [`super::ConsentId`].
    pub enum Consent {}
    /// See [`super::ShiftId`].
    pub enum Shift {}
    /// See [`super::AbsenceId`].
    pub enum Absence {}
    /// See [`super::HandOverId`].
    pub enum HandOver {}
    /// See [`super::AddressId`].
    pub enum Address {}
    /// See [`super::BounceId`].
    pub enum Bounce {}
    /// See [`super::WebhookId`].
    pub enum Webhook {}
    /// See [`super::CalendarFeedId`].
    pub enum CalendarFeed {}
    /// See [`super::MachineKeyId`].
    pub enum MachineKey {}
}

impl<T> Id<T> {
    /// Gives a UUID its meaning.
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self(uuid, PhantomData)
    }

    /// The bare UUID, for a row or for the wire.
    pub const fn uuid(self) -> Uuid {
        self.0
    }
}

impl<T> Clone for Id<T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for Id<T> {}

impl<T> PartialEq for Id<T> {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0
    }
}

impl<T> Eq for Id<T> {}

impl<T> PartialOrd for Id<T> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl<T> Ord for Id<T> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.0.cmp(&other.0)
    }
}

impl<T> Hash for Id<T> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl<T> fmt::Debug for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T> fmt::Display for Id<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl<T> FromStr for Id<T> {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        Uuid::parse_str(text).map(Self::from_uuid)
    }
}
