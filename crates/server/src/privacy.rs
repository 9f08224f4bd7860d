//! A process that holds opened values leaves no copy of its memory, and lets nobody look into it (LG-06).

use rustix::io;
use rustix::process::{DumpableBehavior, Resource, Rlimit, set_dumpable_behavior, setrlimit};

/// No core file is written, and nobody but root may attach.
pub fn keep_memory_private() -> io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    set_dumpable_behavior(DumpableBehavior::NotDumpable)
}

#[cfg(test)]
mod tests {
    use rustix::process::{DumpableBehavior, dumpable_behavior};

    use super::keep_memory_private;

    #[test]
    fn lg_06_no_core_is_written_and_nobody_attaches() {
        keep_memory_private().expect("less is always allowed");
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        let limits = std::fs::read_to_string("/proc/self/limits").expect("the limits");
        let core = limits.lines().find(|it| it.starts_with("Max core file size")).expect("one of them");
        assert_eq!(core.split_whitespace().skip(4).take(2).collect::<Vec<_>>(), ["0", "0"]);
    }
}
