//! What a person may do: one type per act, not per endpoint.

/// One act. The set is closed: see [`ActionKind`].
pub trait Action: 'static {
    /// Its place in the policy.
    const KIND: ActionKind;
    /// Its name in the access log.
    const NAME: &'static str;
}

/// Whoever wants to see every act by its type.
#[cfg(test)]
pub(super) trait ActVisitor {
    fn visit<A: Action>(&mut self);
}

macro_rules! actions {
    ($(#[doc = $does:literal] $name:ident = $code:literal,)+) => {
        /// Every act the policy knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ActionKind { $(#[doc = $does] $name,)+ }

        impl ActionKind {
            /// Every act, in the order of the definition, with its name and what it does.
            pub const ALL: &'static [(Self, &'static str, &'static str)] = &[$((Self::$name, $code, $does),)+];

            /// Shows every act to `visitor`, by its type.
            #[cfg(test)]
            pub(super) fn visit_all(visitor: &mut impl ActVisitor) {
                $(visitor.visit::<$name>();)+
            }
        }

        $(
            #[doc = $does]
            #[derive(Debug)]
            pub enum $name {}

            impl Action for $name {
                const KIND: ActionKind = ActionKind::$name;
                const NAME: &'static str = $code;
            }
        )+
    };
}

actions! {
    /// Read a child's record, episodes, duties, contacts and timeline.
    ReadChild = "read_child",
    /// Read what people observed.
    ReadObservations = "read_observations",
    /// Read what a child said in a return interview.
    ReadInterviews = "read_interviews",
    /// Read what led to an absence, and what is done about it.
    ReadFactors = "read_factors",
    /// Read what people stated of a child's looks and names for a report.
    ReadDescription = "read_description",
    /// State a child's looks and names for a report.
    StateDescription = "state_description",
    /// Read what people stated of health and dangers.
    ReadEndangerment = "read_endangerment",
    /// State health and dangers.
    StateEndangerment = "state_endangerment",
    /// Read how a child can be reached.
    ReadContacts = "read_contacts",
    /// State how a child can be reached.
    StateContacts = "state_contacts",
    /// Read what is particular to one missing episode.
    ReadParticulars = "read_particulars",
    /// State what is particular to one missing episode.
    StateParticulars = "state_particulars",
    /// Read what a report contains, each part as far as one may.
    ReadReport = "read_report",
    /// Make a packet or a poster.
    MakePacket = "make_packet",
    /// Read what is in a packet.
    ReadPacket = "read_packet",
    /// Record that a packet went out.
    RecordDisclosure = "record_disclosure",
    /// See photos, and whether they may be published.
    ReadPhotos = "read_photos",
    /// Add a photo.
    AddPhoto = "add_photo",
    /// Record that consent to publish was given or withdrawn.
    RecordPublicationConsent = "record_publication_consent",
    /// List children.
    ListChildren = "list_children",
    /// Search children by who they are.
    SearchChildren = "search_children",
    /// List episodes across children.
    ListEpisodes = "list_episodes",
    /// Read the list of what is owed.
    ReadWorklist = "read_worklist",
    /// Read and acknowledge one's own reminders.
    OwnReminders = "own_reminders",
    /// Add a child.
    AddChild = "add_child",
    /// Change a child's record.
    ChangeChild = "change_child",
    /// Record a placement.
    RecordPlacement = "record_placement",
    /// Open a missing episode.
    OpenEpisode = "open_episode",
    /// Change the facts of an episode.
    ChangeEpisode = "change_episode",
    /// Move the receipt later, with a reason (CLK-5).
    MoveReceiptLater = "move_receipt_later",
    /// Record a contact, or take one back.
    Notify = "notify",
    /// Record a location, recovery or return.
    RecordRecovery = "record_recovery",
    /// Record a finished task.
    CompleteTask = "complete_task",
    /// Record what was done to find a child, or take it back.
    LogSearch = "log_search",
    /// Record a return interview.
    RecordInterview = "record_interview",
    /// Record what led to an absence, and what is done about it.
    RecordFactors = "record_factors",
    /// Close an episode whose duties are done.
    CloseEpisode = "close_episode",
    /// Close an episode with duties undone, with a reason for each.
    CloseUndone = "close_undone",
    /// Take back a closure.
    ReopenEpisode = "reopen_episode",
    /// Record or retract an observation.
    Observe = "observe",
    /// Record what a person concluded. Never a machine's.
    Determine = "determine",
    /// Read what people concluded.
    ReadDeterminations = "read_determinations",
    /// Count children for the yearly report, over the whole agency only.
    CountDeterminations = "count_determinations",
    /// List what two records tell differently.
    ReadDataQuality = "read_data_quality",
    /// Read the compliance figures and the rows behind them.
    ReadCompliance = "read_compliance",
    /// Read which looks are unusual, and record that they were reviewed.
    ReviewLooks = "review_looks",
    /// Read who looked at a child.
    ReadAccessLog = "read_access_log",
    /// Say who alone may open a record, and who may not.
    RestrictRecord = "restrict_record",
    /// Open a restricted record in an emergency, for an hour.
    OpenInEmergency = "open_in_emergency",
    /// Read and judge what was opened in an emergency.
    ReviewEmergencies = "review_emergencies",
    /// Choose how one is reached: further addresses, when the digest leaves, one's own absence.
    OwnSettings = "own_settings",
    /// Set up and renew one's own second factor.
    OwnFactor = "own_factor",
    /// Read who works where, who stands in for whom and who is away.
    ReadPeople = "read_people",
    /// Arrange who stands in for whom, who is on call and who is away.
    ArrangeRoster = "arrange_roster",
    /// Hand children from one worker to another.
    HandOver = "hand_over",
    /// Add people, change what they may do, and disable them.
    ManagePeople = "manage_people",
    /// Read what the agency has chosen.
    ReadAgency = "read_agency",
    /// Choose whom the agency calls when a report is refused.
    ChooseEscalation = "choose_escalation",
    /// Choose whose rules the agency goes by, and its own pack on top.
    ConfigureRules = "configure_rules",
    /// Propose, approve and keep the endpoints that the agency's own systems listen at.
    ConfigureWebhooks = "configure_webhooks",
    /// Make and renew keys for programs that act in one's own name.
    MakeKeys = "make_keys",
    /// See and revoke keys of programs: one's own; whoever administers people, everyone's.
    KeepKeys = "keep_keys",
    /// Bring in an agency's records. No role may: only the command line does.
    Import = "import",
    /// Plan what is owed. No role may: only the change of a fact does.
    Plan = "plan",
    /// Read the audit trail.
    ReadAudit = "read_audit",
}
