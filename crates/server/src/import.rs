//! `homeward import`: an agency's records from a folder of CSV files.
//!
//! A bad row is refused alone and told of; every good row lands; what is there already changes nothing.

mod fields;
mod reject;
mod rows;
mod sift;
mod table;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use homeward_store::StoreError;
use homeward_store::call::Agency;
use homeward_store::import::{Arrival, Asked, Content, Importer};
use homeward_store::seal::Keyring;
use indicatif::{ProgressBar, ProgressStyle};

use reject::RejectsFile;
use rows::Reader;
use sift::Sift;
use table::Table;

pub use reject::{Reason, Reject};
pub use sift::Tally;
pub use table::Kind;

/// The agency that an import is for where none is named and there are several.
const DEFAULT_AGENCY: &str = "Demo State";
/// Children in one transaction. The audit triggers look through the entries of the whole transaction for each row, so
/// four times as many children take four times as long for each.
const BATCH: usize = 50;

/// What to import, and where to.
#[derive(Clone, Debug)]
pub struct Options {
    /// The folder with the files.
    pub dir: PathBuf,
    /// The agency's name; the demo agency or the only one where left out.
    pub agency: Option<String>,
    /// Where refused rows are written; `rejects.csv` in the folder where left out.
    pub rejects: Option<PathBuf>,
    /// Report the same, and write nothing to the database.
    pub dry_run: bool,
    /// As whoever owns the tables.
    pub database_url: String,
    /// What seals the records.
    pub keyring: Keyring,
    /// When.
    pub now: DateTime<Utc>,
}

/// What came of it.
#[derive(Clone, Debug)]
pub struct Report {
    /// The agency's name.
    pub agency: String,
    /// What came of each file that was there.
    pub files: BTreeMap<Kind, Tally>,
    /// Every refused row, in the order of the files.
    pub rejects: Vec<Reject>,
    /// Where they are written.
    pub rejects_file: PathBuf,
    /// Whether nothing was written to the database.
    pub dry_run: bool,
}

/// Why nothing, or not everything, was imported.
#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    /// A file or a folder is at fault.
    #[error("{file}: {what}")]
    File {
        /// Which.
        file: String,
        /// What is wrong with it.
        what: String,
    },
    /// It is not clear which agency is meant.
    #[error("{0}")]
    Agency(String),
    /// Someone else recorded the same at this moment.
    #[error("the records changed while they were imported ({0}); import again to go on")]
    Changed(StoreError),
    /// The database failed. What landed before stays, and importing again goes on from there.
    #[error("the database: {}", chain(.0))]
    Database(StoreError),
}

impl ImportError {
    fn file(path: &Path, what: impl fmt::Display) -> Self {
        Self::File { file: path.display().to_string(), what: what.to_string() }
    }
}

impl From<StoreError> for ImportError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken(_) => Self::Changed(error),
            _ => Self::Database(error),
        }
    }
}

/// A command line shows an error once, so it says the cause too.
fn chain(error: &StoreError) -> String {
    match std::error::Error::source(error) {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

/// Imports a folder.
pub async fn run(options: Options) -> Result<Report, ImportError> {
    let tables = read(&options.dir)?;
    let rejects_file = options.rejects.clone().unwrap_or_else(|| options.dir.join("rejects.csv"));
    let rejects_file = RejectsFile::begin(rejects_file)?;
    let importer = Importer::connect(&options.database_url, &options.keyring).await?;
    let agency = choose(importer.agencies().await?, options.agency.as_deref())?;
    if !options.dry_run {
        importer.hold(agency.id).await?;
    }
    let sift = sift(&importer, &agency, &tables, options.now).await?;
    if !options.dry_run {
        land(&importer, &agency, &sift, options.now).await?;
    }
    rejects_file.keep(&sift.rejects)?;
    Ok(Report {
        agency: agency.name,
        files: sift.tallies,
        rejects: sift.rejects,
        rejects_file: rejects_file.path().to_owned(),
        dry_run: options.dry_run,
    })
}

fn read(dir: &Path) -> Result<Vec<Table>, ImportError> {
    let tables = Kind::ALL.map(|kind| Table::read(dir, kind)).into_iter().collect::<Result<Vec<_>, _>>()?;
    let there: Vec<Table> = tables.into_iter().filter(Table::is_there).collect();
    if there.is_empty() {
        let names = Kind::ALL.map(Kind::file).join(", ");
        return Err(ImportError::file(dir, format!("holds none of {names}")));
    }
    Ok(there)
}

fn choose(agencies: Vec<Agency>, name: Option<&str>) -> Result<Agency, ImportError> {
    let names: Vec<&str> = agencies.iter().map(|it| it.name.as_str()).collect();
    let names = names.join(", ");
    let only = agencies.len() == 1;
    let wanted = name.unwrap_or(DEFAULT_AGENCY);
    let is_meant = |it: &Agency| it.name == wanted || only && name.is_none();
    agencies.into_iter().find(is_meant).ok_or_else(|| {
        ImportError::Agency(match name {
            _ if names.is_empty() => "there is no agency yet; `homeward demo` makes one".to_owned(),
            Some(name) => format!("there is no agency `{name}`, but: {names}"),
            None => format!("there are several agencies; name one with --agency: {names}"),
        })
    })
}

async fn sift(importer: &Importer, agency: &Agency, tables: &[Table], now: DateTime<Utc>) -> Result<Sift, ImportError> {
    let known = importer.known(agency.id, &asked(tables)).await?;
    let mut sift = Sift::new(agency.id, Reader { zone: agency.zone, now }, known);
    for table in tables {
        sift.table(table);
    }
    let by_content = [
        (Kind::Placements, Content::Placements),
        (Kind::Notifications, Content::Notifications),
        (Kind::Observations, Content::Observations),
    ];
    for (kind, content) in by_content {
        let present = importer.present(agency.id, content, sift.ids(kind)).await?;
        sift.set_aside(kind, &present);
    }
    sift.arrivals.retain(|_, it| 0 < it.rows());
    Ok(sift)
}

/// Every child and episode that any row names.
fn asked(tables: &[Table]) -> Asked {
    let named = |column: &str| -> Vec<String> {
        let names: BTreeSet<&str> = tables.iter().flat_map(Table::rows).filter_map(|it| it.cell(column)).collect();
        names.into_iter().map(str::to_owned).collect()
    };
    Asked { agency_person_ids: named("agency_person_id"), agency_episode_ids: named("agency_episode_id") }
}

async fn land(importer: &Importer, agency: &Agency, sift: &Sift, now: DateTime<Utc>) -> Result<(), ImportError> {
    if sift.arrivals.is_empty() {
        return Ok(());
    }
    let clerk = importer.enlist(agency, &sift.workers(), now).await?;
    let arrivals: Vec<Arrival> = sift.arrivals.values().cloned().collect();
    let bar = progress(arrivals.len());
    for (batch, number) in arrivals.chunks(BATCH).zip(1_usize..) {
        importer.import_batch(&clerk, batch).await?;
        if number.is_power_of_two() {
            importer.analyze().await?;
        }
        bar.inc(u64::try_from(batch.len()).unwrap_or(0));
    }
    bar.finish_and_clear();
    Ok(())
}

/// It shows itself on a terminal only.
fn progress(children: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{wide_bar} {pos} of {len} children, {eta} left");
    let bar = ProgressBar::new(u64::try_from(children).unwrap_or(u64::MAX));
    bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (what, landed) = if self.dry_run { ("Dry run", "would land") } else { ("Import", "landed") };
        writeln!(f, "{what} for {}", self.agency)?;
        for (kind, tally) in &self.files {
            let Tally { landed: new, already_there, refused } = tally;
            let file = kind.file();
            writeln!(f, "  {file:18} {new:>7} {landed}, {already_there:>7} already there, {refused:>5} refused")?;
        }
        if self.rejects.is_empty() {
            return write!(f, "No row was refused.");
        }
        let mut reasons: BTreeMap<Reason, usize> = BTreeMap::new();
        for it in &self.rejects {
            *reasons.entry(it.code).or_default() += 1;
        }
        for (reason, count) in reasons {
            writeln!(f, "  {count:>7} {reason}")?;
        }
        write!(f, "Refused rows: {}", self.rejects_file.display())
    }
}
