//! What can be broken on purpose, so that the checkers are seen to find it.

/// One thing that is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bug {
    /// A message is marked as sent before it is.
    MarksBeforeSending,
    /// Whoever lost a message may still mark it.
    MarksWithoutFence,
    /// Whoever lost a rung may still deliver it.
    DeliversWithoutFence,
    /// A crash keeps what it held.
    LeaseNeverEnds,
    /// What somebody holds is leased all the same.
    LeasesWhatIsHeld,
    /// A lease from a clock that was ahead holds until then.
    StrayLeaseHolds,
    /// A delivered rung has no successor.
    NextRungNotQueued,
    /// Nobody looks whether a rung was seen.
    FollowUpForgotten,
    /// Who climbs, climbs to the supervisor and no further.
    ClimbStopsAtSupervisor,
    /// Where everyone has it and nobody saw it, nothing is raised.
    NoAlarm,
    /// It climbs although someone has seen it.
    ClimbsThoughSeen,
    /// The next rung begins low again although nobody saw the one before.
    BeginsLowAgain,
    /// Two rungs of a duty are followed up.
    OldRungFollowedUp,
    /// A refused message ends, and nothing follows.
    BounceGivesUp,
    /// A relay that always asks to come back is never given up on.
    PatienceNeverEnds,
    /// The pause doubles without end.
    PauseWithoutCap,
    /// A digest leaves at eight, whatever the limit says.
    DigestPastTheLimit,
    /// What one person gets ends what another waits for.
    SupersedesOthers,
    /// Each try has a message id of its own.
    NewMessageIdEachTry,
    /// The inbox and the mark are two transactions.
    InboxAndMarkApart,
    /// The inbox takes a rung for a person again and again.
    InboxTakesTwice,
    /// What was done meanwhile is sent all the same.
    SendsWhatIsDone,
    /// A changed plan cancels a rung and queues none.
    PlanQueuesNothing,
    /// What is done keeps its rung.
    DoneKeepsItsRung,
    /// The ladder goes on by number where the limit moved.
    LadderByNumber,
    /// A rung keeps the weight it had when it was queued.
    WeightIsKept,
    /// Every rung that was missed is told one by one.
    TellsEveryMissedRung,
    /// What two addresses of a person are to get leaves in one mail to the first.
    MixesAddresses,
    /// An endpoint that took an event counts as a person who got the mail.
    EndpointCountsAsMail,
    /// A widening that reaches nobody new ends there.
    WideningStops,
    /// Who wants no mail for aims gets none for the law either.
    ChoiceSilencesLaw,
    /// Nobody stands in for who is away.
    SubstitutesForgotten,
    /// A message that has left is not asked for any more, whether it was taken or not.
    LaterIsForgotten,
    /// What a clock that was ahead left behind waits until then.
    ClockIsBelieved,
    /// A ladder that ran ahead with a clock is silent until that time comes.
    LadderRanAhead,
    /// The worker that a child was handed to does not hear of the rung that fired before.
    HandOverUnheard,
    /// What waits for the worker before leaves for them all the same.
    CalledBackLeaves,
    /// What waits for the worker before never leaves, though they stand on the rung by another name.
    CalledBackForGood,
    /// What a relay took and could not deliver counts as delivered.
    LateBounceIgnored,
}

impl Bug {
    pub const ALL: [Self; 39] = [
        Self::MarksBeforeSending,
        Self::MarksWithoutFence,
        Self::DeliversWithoutFence,
        Self::LeaseNeverEnds,
        Self::LeasesWhatIsHeld,
        Self::StrayLeaseHolds,
        Self::NextRungNotQueued,
        Self::FollowUpForgotten,
        Self::ClimbStopsAtSupervisor,
        Self::NoAlarm,
        Self::ClimbsThoughSeen,
        Self::BeginsLowAgain,
        Self::OldRungFollowedUp,
        Self::BounceGivesUp,
        Self::PatienceNeverEnds,
        Self::PauseWithoutCap,
        Self::DigestPastTheLimit,
        Self::SupersedesOthers,
        Self::NewMessageIdEachTry,
        Self::InboxAndMarkApart,
        Self::InboxTakesTwice,
        Self::SendsWhatIsDone,
        Self::PlanQueuesNothing,
        Self::DoneKeepsItsRung,
        Self::LadderByNumber,
        Self::WeightIsKept,
        Self::TellsEveryMissedRung,
        Self::MixesAddresses,
        Self::EndpointCountsAsMail,
        Self::WideningStops,
        Self::ChoiceSilencesLaw,
        Self::SubstitutesForgotten,
        Self::LaterIsForgotten,
        Self::ClockIsBelieved,
        Self::LadderRanAhead,
        Self::HandOverUnheard,
        Self::CalledBackLeaves,
        Self::CalledBackForGood,
        Self::LateBounceIgnored,
    ];
}
