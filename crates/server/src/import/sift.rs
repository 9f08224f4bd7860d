//! Good rows from bad ones, and new ones from those that are there.

use std::collections::{BTreeMap, HashMap, HashSet};

use homeward_domain::id::{AgencyId, ChildId, Id};
use homeward_domain::notification::check_made_at;
use homeward_store::import::{
    Absence, Arrival, EpisodeLine, Known, KnownChild, KnownEpisode, Line, Unnamed, Worker, child_id, content,
    content_id, episode_id,
};
use uuid::Uuid;

use super::reject::{Flaw, Reason, Reject};
use super::rows::Reader;
use super::table::{Kind, Row, Table};

/// What came of the rows of one file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Good and new.
    pub landed: usize,
    /// Good, and there before.
    pub already_there: usize,
    /// Bad.
    pub refused: usize,
}

/// Whether a good row brings anything.
enum Good {
    New,
    AlreadyThere,
}

/// Rows on their way to two heaps: what lands, and what is refused.
pub(super) struct Sift {
    agency: AgencyId,
    reader: Reader,
    known: Known,
    seen: HashMap<String, usize>,
    pub(super) arrivals: BTreeMap<ChildId, Arrival>,
    pub(super) tallies: BTreeMap<Kind, Tally>,
    pub(super) rejects: Vec<Reject>,
}

impl Sift {
    pub(super) fn new(agency: AgencyId, reader: Reader, known: Known) -> Self {
        Self {
            agency,
            reader,
            known,
            seen: HashMap::new(),
            arrivals: BTreeMap::new(),
            tallies: BTreeMap::new(),
            rejects: Vec::new(),
        }
    }

    /// Sifts the rows of one file. Whoever they name must have been sifted before.
    pub(super) fn table(&mut self, table: &Table) {
        let mut tally = Tally::default();
        self.seen.clear();
        for row in table.rows() {
            match self.row(&row) {
                Ok(Good::New) => tally.landed += 1,
                Ok(Good::AlreadyThere) => tally.already_there += 1,
                Err(flaw) => {
                    tally.refused += 1;
                    self.refuse(&row, flaw);
                }
            }
        }
        self.tallies.insert(table.kind, tally);
    }

    fn refuse(&mut self, row: &Row<'_>, flaw: Flaw) {
        let name = row.cell("agency_episode_id").or_else(|| row.cell("agency_person_id"));
        let Flaw { code, text } = match name {
            Some(name) => flaw.of(name),
            None => flaw,
        };
        self.rejects.push(Reject { file: row.kind.file(), line: row.line, code, text });
    }

    fn row(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        row.readable()?;
        match row.kind {
            Kind::Children => self.child(row),
            Kind::Placements => self.placement(row),
            Kind::Episodes => self.episode(row),
            Kind::Notifications => self.notification(row),
            Kind::Observations => self.observation(row),
        }
    }

    fn child(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        let facts = self.reader.child(row, &self.known)?;
        if let Some(known) = self.known.children.get(&facts.agency_person_id) {
            return same(known.forms.contains(&facts), "the child");
        }
        let id = child_id(self.agency, &facts.agency_person_id);
        let known = KnownChild { id, forms: vec![facts.clone()] };
        self.known.children.insert(facts.agency_person_id.clone(), known);
        self.arrival(id).record = Some(facts);
        Ok(Good::New)
    }

    fn placement(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        let child = self.child_named(row)?;
        let facts = self.reader.placement(row)?;
        let id = self.id_of(child, &facts);
        self.arrival(child).placements.push(Line { id, facts });
        Ok(Good::New)
    }

    fn episode(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        let child = self.child_named(row)?;
        let facts = self.reader.episode(row)?;
        if let Some(known) = self.known.episodes.get(&facts.agency_episode_id) {
            return same(known.child == child && known.forms.contains(&facts), "the episode");
        }
        let began_at = facts.absence_began_at.unwrap_or(facts.received_at);
        let absence = Absence { began_at, ended_at: facts.returned_to_care_at };
        let others = self.known.absences.entry(child).or_default();
        if others.iter().any(|it| it.overlaps(&absence)) {
            let text = "the child was away in another episode at the same time";
            return Err(Flaw::new(Reason::OverlapsAnotherEpisode, text));
        }
        others.push(absence);
        let id = episode_id(self.agency, &facts.agency_episode_id);
        let known = KnownEpisode { id, child, received_at: facts.received_at, forms: vec![facts.clone()] };
        self.known.episodes.insert(facts.agency_episode_id.clone(), known);
        self.arrival(child).episodes.push(Line { id, facts });
        Ok(Good::New)
    }

    fn notification(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        let KnownEpisode { id: episode, child, received_at, .. } = *self.episode_named(row)?;
        let facts = self.reader.notification(row)?;
        // The future was looked at before, by the import's own measure.
        let before = |error| Flaw::new(Reason::ConflictsWithExisting, error);
        check_made_at(facts.made_at, received_at, facts.made_at).map_err(before)?;
        let id = self.id_of(child, &facts);
        self.arrival(child).notifications.push(EpisodeLine { id, episode, facts });
        Ok(Good::New)
    }

    fn observation(&mut self, row: &Row<'_>) -> Result<Good, Flaw> {
        let child = self.child_named(row)?;
        let episode = match row.cell("agency_episode_id") {
            Some(_) => Some(self.episode_named(row)?),
            None => None,
        };
        if episode.is_some_and(|it| it.child != child) {
            return Err(Flaw::new(Reason::UnknownEpisode, "the episode is another child's"));
        }
        let episode = episode.map(|it| it.id);
        let facts = self.reader.observation(row)?;
        let id = self.id_of(child, &facts);
        self.arrival(child).observations.push(EpisodeLine { id, episode, facts });
        Ok(Good::New)
    }

    /// The child that the row names; an empty cell is for the reader to tell of.
    fn child_named(&self, row: &Row<'_>) -> Result<ChildId, Flaw> {
        let Some(name) = row.cell("agency_person_id") else { return Err(incomplete(row)) };
        let unknown = || Flaw::new(Reason::UnknownChild, format!("no child is known as `{name}`"));
        self.known.children.get(name).map(|it| it.id).ok_or_else(unknown)
    }

    fn episode_named(&self, row: &Row<'_>) -> Result<&KnownEpisode, Flaw> {
        let Some(name) = row.cell("agency_episode_id") else { return Err(incomplete(row)) };
        let unknown = || Flaw::new(Reason::UnknownEpisode, format!("no episode is known as `{name}`"));
        self.known.episodes.get(name).ok_or_else(unknown)
    }

    fn arrival(&mut self, child: ChildId) -> &mut Arrival {
        self.arrivals.entry(child).or_insert_with(|| Arrival::of(child))
    }

    /// Equal rows are told apart by how many came before them.
    fn id_of<F: Unnamed>(&mut self, child: ChildId, facts: &F) -> Id<F::Name> {
        let content = content(child, facts);
        let before = self.seen.entry(content.clone()).or_default();
        let id = content_id::<F>(self.agency, &content, *before);
        *before += 1;
        id
    }

    /// The ids of all rows of a file that are known by what they say.
    pub(super) fn ids(&self, kind: Kind) -> Vec<Uuid> {
        let ids = |it: &Arrival| -> Vec<Uuid> {
            match kind {
                Kind::Placements => it.placements.iter().map(|it| it.id.uuid()).collect(),
                Kind::Notifications => it.notifications.iter().map(|it| it.id.uuid()).collect(),
                Kind::Observations => it.observations.iter().map(|it| it.id.uuid()).collect(),
                Kind::Children | Kind::Episodes => Vec::new(),
            }
        };
        self.arrivals.values().flat_map(ids).collect()
    }

    /// Sets aside the rows of a file that are there already.
    pub(super) fn set_aside(&mut self, kind: Kind, present: &HashSet<Uuid>) {
        for it in self.arrivals.values_mut() {
            it.placements.retain(|it| !present.contains(&it.id.uuid()));
            it.notifications.retain(|it| !present.contains(&it.id.uuid()));
            it.observations.retain(|it| !present.contains(&it.id.uuid()));
        }
        if let Some(tally) = self.tallies.get_mut(&kind) {
            tally.landed = tally.landed.saturating_sub(present.len());
            tally.already_there += present.len();
        }
    }

    /// The workers of new children.
    pub(super) fn workers(&self) -> Vec<Worker> {
        let records = self.arrivals.values().filter_map(|it| it.record.as_ref());
        records.filter_map(|it| Some(Worker { email: it.worker.clone()?, unit: it.unit })).collect()
    }
}

fn incomplete(row: &Row<'_>) -> Flaw {
    row.complete().err().unwrap_or_else(|| Flaw::new(Reason::MissingRequiredField, "a name is missing"))
}

fn same(is_same: bool, what: &str) -> Result<Good, Flaw> {
    if is_same {
        return Ok(Good::AlreadyThere);
    }
    Err(Flaw::new(Reason::ConflictsWithExisting, format!("{what} is here already, and the record says otherwise")))
}
