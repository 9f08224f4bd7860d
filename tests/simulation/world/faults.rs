//! What can go wrong, and how often it did.

use std::collections::BTreeMap;

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fault {
    CrashWhileIdle,
    CrashAfterLease,
    CrashBeforeCompose,
    CrashBeforeSend,
    CrashBetweenSendAndMark,
    CrashBetweenTwoMarks,
    EveryWorkerDown,
    SlowDelivery,
    SlowSending,
    LeaseAborted,
    DeliveryAborted,
    ComposeAborted,
    MarkAborted,
    RelayAsksToComeBack,
    RelayTakesNothing,
    ReplyLost,
    AddressRefuses,
    MessageDoubledOnTheWay,
    EndpointAsksToComeBack,
    EndpointTakesNothing,
    EndpointGone,
    ClockForward,
    ClockBack,
    Absence,
    AbsenceWithoutSubstitute,
    NobodyAtAll,
    PersonLeaves,
    AddressTakenBack,
    BounceCleared,
    LateBounce,
    HandedOver,
    LimitMovedEarlier,
    LimitMovedLater,
    RulesChanged,
    ReportTakenBack,
    ClosedUndone,
    Recovered,
}

pub const ALL: [Fault; 37] = [
    Fault::CrashWhileIdle,
    Fault::CrashAfterLease,
    Fault::CrashBeforeCompose,
    Fault::CrashBeforeSend,
    Fault::CrashBetweenSendAndMark,
    Fault::CrashBetweenTwoMarks,
    Fault::EveryWorkerDown,
    Fault::SlowDelivery,
    Fault::SlowSending,
    Fault::LeaseAborted,
    Fault::DeliveryAborted,
    Fault::ComposeAborted,
    Fault::MarkAborted,
    Fault::RelayAsksToComeBack,
    Fault::RelayTakesNothing,
    Fault::ReplyLost,
    Fault::AddressRefuses,
    Fault::MessageDoubledOnTheWay,
    Fault::EndpointAsksToComeBack,
    Fault::EndpointTakesNothing,
    Fault::EndpointGone,
    Fault::ClockForward,
    Fault::ClockBack,
    Fault::Absence,
    Fault::AbsenceWithoutSubstitute,
    Fault::NobodyAtAll,
    Fault::PersonLeaves,
    Fault::AddressTakenBack,
    Fault::BounceCleared,
    Fault::LateBounce,
    Fault::HandedOver,
    Fault::LimitMovedEarlier,
    Fault::LimitMovedLater,
    Fault::RulesChanged,
    Fault::ReportTakenBack,
    Fault::ClosedUndone,
    Fault::Recovered,
];

/// How often each happened, where it had an effect.
#[derive(Clone, Debug, Default)]
pub struct Coverage(pub BTreeMap<Fault, u64>);

impl Coverage {
    pub fn count(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    pub fn add(&mut self, other: &Self) {
        for (fault, times) in &other.0 {
            *self.0.entry(*fault).or_default() += times;
        }
    }
}
