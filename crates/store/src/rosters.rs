//! Rosters: who stands in for whom, who is on call and who is away. The worker reads them when a rung is delivered.

mod absences;
mod back_ups;
mod gaps;
mod shifts;

pub use absences::{
    Absence, arranged_by as may_arrange_absence, cancel as cancel_absence, find as find_absence, list as absences,
    record as record_absence, unfit_substitute,
};
pub use back_ups::{BackUp, choose as choose_back_up, chosen as back_up};
pub use gaps::{Gap, gaps};
pub use shifts::{
    NewShift, Shift, add as add_shift, arranged_by as may_arrange_shift, cancel as cancel_shift, find as find_shift,
    list as shifts,
};
