//! The commands about the trail as evidence.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use homeward_store::Store;
use homeward_store::audit::trail::{Beginning, Report};

use super::keys::admitted;
use super::{Database, Failure, fail, print};
use crate::cli::{AuditCommand, Verification};
use crate::clock::{Clock, SystemClock};
use crate::config::Config;
use crate::trail::{self, Anchors, Notary, Trusted};

/// What says that the trail was tampered with, and not that it could not be verified.
const TAMPERED: u8 = 4;

pub(super) async fn audit(command: AuditCommand, config: &Config, database: &Database) -> Result<ExitCode, Failure> {
    match command {
        AuditCommand::Verify(verification) => {
            let beginning = verification.from.map_or(Beginning::First, Beginning::Link);
            let report = trail::verify(&database.url, &trusted(verification, config), beginning).await?;
            return Ok(told(&report));
        }
        AuditCommand::Export { file } => {
            let lines = trail::export(&database.url, &file).await?;
            print(&format!("{lines} lines written to {}", file.display()));
        }
        AuditCommand::Checkpoint => {
            notary(admitted(config, database).await?, Arc::new(SystemClock), config)?.round().await?;
            print("all that was written is signed and anchored");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Verifies copies. No database is opened.
pub fn verify_copies(verification: Verification, config: &Config) -> ExitCode {
    let files: Vec<PathBuf> = verification.dump.clone();
    let mut trusted = trusted(verification, config);
    if trusted.anchors == Anchors::new(config.audit.anchors.clone()) && !config.audit.are_named {
        // Who verifies a copy elsewhere has no anchors but those they name.
        trusted.anchors = trusted.anchors.there();
    }
    match trail::verify_copies(&files, &trusted) {
        Ok(report) => told(&report),
        Err(error) => fail(&error),
    }
}

/// Whoever signs, with the key of the file.
pub(super) fn notary(store: Store, clock: Arc<dyn Clock>, config: &Config) -> Result<Notary, Failure> {
    let anchors = Anchors::new(config.audit.anchors.clone());
    if anchors.count() < 2 {
        tracing::warn!("the trail has fewer than two anchors: set HOMEWARD_AUDIT_ANCHORS (docs/runbook.md)");
    }
    Ok(Notary { store, clock, signer: trail::load_or_create(&config.audit.key_file)?, anchors })
}

fn trusted(verification: Verification, config: &Config) -> Trusted {
    let Verification { anchors, key: keys, .. } = verification;
    let folders = if anchors.is_empty() { config.audit.anchors.clone() } else { anchors };
    Trusted { anchors: Anchors::new(folders), keys }
}

fn told(report: &Report) -> ExitCode {
    print(&report.to_string());
    if report.is_clean() { ExitCode::SUCCESS } else { TAMPERED.into() }
}
