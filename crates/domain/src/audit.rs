//! What was done, and who was looked at. Entries and looks come only from a permit or a grant, from a refusal, or from a
//! sign-in.

use chrono::{DateTime, Utc};
use serde::Serialize;
use uuid::Uuid;

use crate::disclosure::Destination;
use crate::duty::TaskKind;
use crate::episode::ClosureReason;
use crate::id::{
    AbsenceId, AddressId, AgencyId, BounceId, CalendarFeedId, ChildId, CompletionId, ConsentId, DisclosureId, DutyId,
    EmergencyId, EpisodeId, FactorResponseId, HandOverId, IdentityId, InterviewId, IssuerId, MachineKeyId,
    NotificationId, ObservationId, PacketId, PhotoId, PlacementId, ReminderId, RestrictionId, ScreeningId,
    SearchEffortId, SessionId, ShiftId, UserId, WebhookId, WhereaboutsId,
};
use crate::machine_key::Scope;
use crate::policy::{Action as _, Denied, ReadAccessLog, ReadAudit, ReviewLooks};
use crate::report::ReportGroup;
use crate::restriction::EmergencyCategory;
use crate::vocabulary::vocabulary;

vocabulary! {
    /// What came of it.
    Outcome {
        /// It was done.
        Done = "done",
        /// It did not work.
        Failed = "failed",
        /// It was refused, and whoever asked may not know that there is such a record.
        Hidden = "hidden",
        /// It was refused.
        Forbidden = "forbidden",
    }
}

/// Everything that can be done to a record. A new kind of write needs a new member.
///
/// Members carry ids, field names and instants, never names of people or what was written about them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Change {
    /// A child was added.
    ChildAdded,
    /// Fields of a child were changed.
    ChildChanged { fields: Vec<&'static str> },
    /// A placement was recorded.
    PlacementRecorded { placement_id: PlacementId },
    /// An episode was opened.
    EpisodeOpened { episode_id: EpisodeId },
    /// Fields of an episode were changed.
    EpisodeChanged { episode_id: EpisodeId, fields: Vec<&'static str> },
    /// The receipt was moved, with both values (CLK-5).
    ReceiptMoved { episode_id: EpisodeId, from: DateTime<Utc>, to: DateTime<Utc>, fields: Vec<&'static str> },
    /// Someone was told, or could not be.
    NotificationRecorded { episode_id: EpisodeId, notification_id: NotificationId },
    /// A contact was taken back.
    NotificationRetracted { episode_id: EpisodeId, notification_id: NotificationId },
    /// A location, recovery or return was recorded.
    RecoveryRecorded { episode_id: EpisodeId },
    /// A task was finished.
    TaskCompleted { episode_id: EpisodeId, completion_id: CompletionId, task: TaskKind },
    /// A person ended the episode, perhaps with duties undone.
    EpisodeClosed { episode_id: EpisodeId, reason: ClosureReason, undone: Vec<DutyId> },
    /// A person recorded what they saw or were told.
    ObservationRecorded { observation_id: ObservationId },
    /// An observation was taken back.
    ObservationRetracted { observation_id: ObservationId },
    /// Someone looked for the child.
    SearchEffortRecorded { episode_id: EpisodeId, search_effort_id: SearchEffortId },
    /// A search effort was taken back.
    SearchEffortRetracted { episode_id: EpisodeId, search_effort_id: SearchEffortId },
    /// It was told whether someone knows where the child is.
    WhereaboutsStated { episode_id: EpisodeId, whereabouts_id: WhereaboutsId },
    /// A return interview was offered, declined or held.
    InterviewRecorded { episode_id: EpisodeId, interview_id: InterviewId },
    /// A screening was given.
    ScreeningRecorded { episode_id: EpisodeId, screening_id: ScreeningId },
    /// A finished task was taken back.
    TaskRetracted { episode_id: EpisodeId, completion_id: CompletionId },
    /// A return interview was taken back.
    InterviewRetracted { episode_id: EpisodeId, interview_id: InterviewId },
    /// A screening was taken back.
    ScreeningRetracted { episode_id: EpisodeId, screening_id: ScreeningId },
    /// A person said what led to the absence.
    FactorsRecorded { episode_id: EpisodeId, version: i32 },
    /// A response to a factor was planned.
    FactorResponseRecorded { episode_id: EpisodeId, response_id: FactorResponseId },
    /// A response to a factor was carried out.
    FactorResponseDone { episode_id: EpisodeId, response_id: FactorResponseId },
    /// The agency chose whom to call when a report is refused.
    EscalationContactsChanged { version: i32 },
    /// A person stated items of a report.
    ContentStated { episode_id: Option<EpisodeId>, group: ReportGroup, fields: Vec<&'static str> },
    /// A packet or a poster was made.
    PacketMade { episode_id: EpisodeId, packet_id: PacketId, destination: Destination },
    /// A packet went out.
    DisclosureRecorded { episode_id: EpisodeId, packet_id: PacketId, disclosure_id: DisclosureId },
    /// A photo was added.
    PhotoAdded { photo_id: PhotoId },
    /// A decision about publication was recorded.
    PublicationConsentRecorded { consent_id: ConsentId },
    /// A closure was taken back.
    EpisodeReopened { episode_id: EpisodeId },
    /// A placement was changed.
    PlacementChanged { placement_id: PlacementId, fields: Vec<&'static str> },
    /// Something that fewer people may know of was recorded. The trail does not tell what (12.4 item 19).
    EntryRecorded { entry_id: Uuid },
    /// A person saw a reminder. Seen is not done.
    ReminderAcknowledged { reminder_id: ReminderId },
    /// Other rules were chosen for the agency, and everything open was planned by them.
    RulesChosen { version: i32, jurisdiction: String },
    /// A person said which of a rule's conditions are met.
    ChoicesRecorded { episode_id: EpisodeId, choices: Vec<String> },
    /// A person was added to the agency.
    PersonAdded { user_id: UserId },
    /// A person asked for what is not theirs. By which operation stands beside it.
    Refused {
        /// Why. It is told as what came of it.
        #[serde(skip)]
        denied: Denied,
    },
    /// A person reviewed the unusual looks of a time.
    LooksReviewed { review_id: Uuid, findings: i32 },
    /// A person signed in.
    SignedIn { session_id: SessionId },
    /// A provider that the agency trusts said that a person signed in there.
    SignedInByProvider { session_id: SessionId, issuer_id: IssuerId },
    /// An administrator asked that somebody be known by a subject of a provider, or agreed.
    IdentityAsked { user_id: UserId, identity_id: IdentityId, is_linked: bool },
    /// An administrator took that back. The sessions of it ended.
    IdentityRemoved { user_id: UserId, identity_id: IdentityId },
    /// Somebody gave a wrong password for a person.
    SignInFailed,
    /// A person signed out.
    SignedOut { session_id: SessionId },
    /// A refresh token came twice, and its session ended.
    RefreshTokenReused { session_id: SessionId },
    /// A person chose another password. Their other sessions ended.
    PasswordChanged,
    /// A person set up a second factor; it opens nothing before it is confirmed.
    FactorEnrolled { factor_id: Uuid },
    /// They confirmed it, and have codes to recover with.
    FactorConfirmed { factor_id: Uuid },
    /// A person had their codes to recover with made anew.
    RecoveryCodesMade,
    /// An administrator asked that somebody's second factor be taken away, or agreed.
    FactorResetAsked { user_id: UserId, effective_at: Option<DateTime<Utc>> },
    /// An administrator had a link to choose a password sent to somebody.
    PasswordResetStarted { user_id: UserId },
    /// An administrator let somebody sign in again who was locked out.
    SignInUnlocked { user_id: UserId },
    /// A person ended one of their own sessions.
    SessionEnded { session_id: SessionId },
    /// An administrator ended the sessions of somebody, or of everyone within their reach.
    SessionsEnded { user_id: Option<UserId>, sessions: usize },
    /// What a person does or where they work was changed.
    PersonChanged { user_id: UserId, fields: Vec<&'static str> },
    /// Somebody else stands in for a worker, or nobody does.
    BackUpChosen { user_id: UserId, version: i32, back_up_id: Option<UserId> },
    /// Somebody was put on call.
    ShiftAdded { shift_id: ShiftId },
    /// A shift was called off.
    ShiftCancelled { shift_id: ShiftId },
    /// Somebody will be away.
    AbsenceRecorded { absence_id: AbsenceId, user_id: UserId },
    /// They will not be away.
    AbsenceCancelled { absence_id: AbsenceId, user_id: UserId },
    /// The child was handed from one worker to another.
    ChildHandedOver { hand_over_id: HandOverId, from: UserId, to: UserId },
    /// A person chose what reaches them and when.
    PreferencesChanged { version: i32 },
    /// A person gave a further address.
    AddressAdded { address_id: AddressId },
    /// They took it back.
    AddressRemoved { address_id: AddressId },
    /// They said that an address works again.
    BounceCleared { bounce_id: BounceId },
    /// An endpoint was proposed, approved, proven, given another secret, paused, resumed or removed.
    WebhookChanged { webhook_id: WebhookId, to: WebhookStep },
    /// A message that was not taken is tried again.
    MessageResent { webhook_id: WebhookId, message_id: Uuid },
    /// A person made themselves a calendar feed.
    CalendarFeedMade { feed_id: CalendarFeedId },
    /// A calendar feed was revoked.
    CalendarFeedRevoked { feed_id: CalendarFeedId },
    /// A person made a key for a program.
    MachineKeyMade { key_id: MachineKeyId, scopes: Vec<Scope> },
    /// They gave it another secret; the one before works for a while longer.
    MachineKeyRenewed { key_id: MachineKeyId },
    /// A key was revoked.
    MachineKeyRevoked { key_id: MachineKeyId },
    /// It was said who alone may open the record, or who may not.
    RecordRestricted { restriction_id: RestrictionId },
    /// The record was opened to everyone again who could open it before.
    RestrictionLifted,
    /// A restricted record was opened in an emergency.
    OpenedInEmergency { emergency_id: EmergencyId, category: EmergencyCategory, until: DateTime<Utc> },
    /// Somebody else judged an emergency.
    EmergencyReviewed { emergency_id: EmergencyId, justified: bool },
    /// Rows about the child came with an import.
    Imported { rows: usize },
}

/// What was done about an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum WebhookStep {
    /// One person proposed it.
    Proposed,
    /// Another approved it.
    Approved,
    /// Another approved it to begin at once.
    ApprovedAsEmergency,
    /// It answered the challenge.
    Proven,
    /// It has a new secret; the one before signs for a while longer.
    SecretRotated,
    /// Nothing is sent to it for now.
    Paused,
    /// It is sent to again.
    Resumed,
    /// It is gone.
    Removed,
}

impl Change {
    /// What came of it.
    pub fn outcome(&self) -> Outcome {
        match self {
            Self::Refused { denied: Denied::Hidden } => Outcome::Hidden,
            Self::Refused { .. } => Outcome::Forbidden,
            Self::SignInFailed => Outcome::Failed,
            _ => Outcome::Done,
        }
    }
}

/// A step of somebody who comes or goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignInStep {
    /// They signed in.
    In(SessionId),
    /// A provider said that they signed in there.
    ByProvider(SessionId, IssuerId),
    /// Their password was wrong.
    Failed,
    /// They signed out.
    Out(SessionId),
    /// Their refresh token came twice.
    Reused(SessionId),
}

impl From<SignInStep> for Change {
    fn from(step: SignInStep) -> Self {
        match step {
            SignInStep::In(session_id) => Self::SignedIn { session_id },
            SignInStep::ByProvider(session_id, issuer_id) => Self::SignedInByProvider { session_id, issuer_id },
            SignInStep::Failed => Self::SignInFailed,
            SignInStep::Out(session_id) => Self::SignedOut { session_id },
            SignInStep::Reused(session_id) => Self::RefreshTokenReused { session_id },
        }
    }
}

/// Why a record was looked at: the act of reading, not the endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LookKind(pub &'static str);

/// One change and who made it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    actor: UserId,
    agency: AgencyId,
    child: Option<ChildId>,
    change: Change,
}

/// One act of reading, and every child it showed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look {
    actor: UserId,
    agency: AgencyId,
    kind: LookKind,
    children: Vec<ChildId>,
}

impl LookKind {
    /// Whether it was the trail itself that was read: that is recorded though it showed nobody.
    pub fn is_of_the_trail(self) -> bool {
        [ReadAudit::NAME, ReadAccessLog::NAME, ReviewLooks::NAME].contains(&self.0)
    }
}

impl Entry {
    pub(crate) fn new(agency: AgencyId, actor: UserId, child: Option<ChildId>, change: Change) -> Self {
        Self { actor, agency, child, change }
    }

    /// What somebody did at the door.
    pub fn of_sign_in(agency: AgencyId, user: UserId, step: SignInStep) -> Self {
        Self::new(agency, user, None, step.into())
    }

    /// Who did it.
    pub fn actor(&self) -> UserId {
        self.actor
    }

    /// Whose records.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }

    /// The child concerned.
    pub fn child(&self) -> Option<ChildId> {
        self.child
    }

    /// What was done.
    pub fn change(&self) -> &Change {
        &self.change
    }
}

impl Look {
    pub(crate) fn new(agency: AgencyId, actor: UserId, kind: LookKind, children: Vec<ChildId>) -> Self {
        let mut children = children;
        children.sort_unstable();
        children.dedup();
        Self { actor, agency, kind, children }
    }

    /// Who looked.
    pub fn actor(&self) -> UserId {
        self.actor
    }

    /// In which agency.
    pub fn agency(&self) -> AgencyId {
        self.agency
    }

    /// What kind of reading.
    pub fn kind(&self) -> LookKind {
        self.kind
    }

    /// Every child shown, once each.
    pub fn children(&self) -> &[ChildId] {
        &self.children
    }
}
