//! What a person may do: one type per act, not per endpoint.

/// One act. The set is closed: see [`ActionKind`].
pub trait Action: 'static {
    /// Its place in the policy.
    const KIND: ActionKind;
    /// Its name in the access log.
    const NAME: &'static str;
}

macro_rules! actions {
    ($($(#[$doc:meta])* $name:ident = $code:literal,)+) => {
        /// Every act the policy knows.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ActionKind { $($(#[$doc])* $name,)+ }

        impl ActionKind {
            /// Every act, in the order of the definition, with its name.
            pub const ALL: &'static [(Self, &'static str)] = &[$((Self::$name, $code),)+];
        }

        $(
            $(#[$doc])*
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
    /// Read what people stated of a child's looks and names for a report.
    ReadDescription = "read_description",
    /// State it.
    StateDescription = "state_description",
    /// Read what people stated of health and dangers.
    ReadEndangerment = "read_endangerment",
    /// State it.
    StateEndangerment = "state_endangerment",
    /// Read how a child can be reached.
    ReadContacts = "read_contacts",
    /// State it.
    StateContacts = "state_contacts",
    /// Read what is particular to one missing episode.
    ReadParticulars = "read_particulars",
    /// State it.
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
    /// List and search children.
    ListChildren = "list_children",
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
    /// Close an episode whose duties are done.
    CloseEpisode = "close_episode",
    /// Close an episode with duties undone, with a reason for each.
    CloseUndone = "close_undone",
    /// Record or retract an observation.
    Observe = "observe",
    /// Read the compliance figures and the rows behind them.
    ReadCompliance = "read_compliance",
    /// Read who looked at a child.
    ReadAccessLog = "read_access_log",
    /// Bring in an agency's records. No role may: only the command line does.
    Import = "import",
    /// Read the audit trail.
    ReadAudit = "read_audit",
}
