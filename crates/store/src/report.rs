//! What a report contains: the records, and what people stated, each part as far as the caller may read it.

use futures_util::try_join;
use homeward_domain::policy::{Action, Permit, ReadContacts, ReadDescription, ReadEndangerment, ReadParticulars};
use homeward_domain::report::ReportGroup;

use crate::children::{self, Child};
use crate::consents::{self, Consent};
use crate::episodes::{self, Episode};
use crate::error::StoreResult;
use crate::photos::{self, Photo};
use crate::tx::ReadTx;

mod statements;

pub use statements::{Group, Saying, Scope, Stated, group, history, state};

/// Everything that a report on one episode can contain.
#[derive(Clone, Debug)]
pub struct Content {
    /// The child's record.
    pub child: Child,
    /// The episode.
    pub episode: Episode,
    /// The episodes that began before it, newest first; duplicates left out.
    pub earlier: Vec<Episode>,
    /// What the child looks like and is called.
    pub description: Group,
    /// Health and dangers: without words where the caller may not read them.
    pub endangerment: Group,
    /// How the child can be reached: without words where the caller may not read them.
    pub contacts: Group,
    /// What is particular to this episode.
    pub particulars: Group,
    /// The newest photo.
    pub photo: Option<Photo>,
    /// The decisions about publication, the newest first.
    pub consents: Vec<Consent>,
}

/// Loads it. A group that the caller may not read comes with its standing and without its words.
pub async fn load<A: Action>(tx: &ReadTx, permit: &Permit<A>, episode: Episode) -> StoreResult<Content> {
    let scope = Scope::Episode(episode.id);
    let (child, all, mut groups, photos, consents) = try_join!(
        children::find(tx, permit),
        episodes::of_child(tx, permit),
        statements::all(tx, permit, scope),
        photos::of_child(tx, permit),
        consents::of_child(tx, permit),
    )?;
    let mut take = |group, may: bool| {
        let mut taken = groups.remove(&group).unwrap_or_else(|| Group::nothing(group));
        if !may {
            taken.hide();
        }
        taken
    };
    let description = take(ReportGroup::Description, tx.also::<ReadDescription>().is_ok());
    let endangerment = take(ReportGroup::Endangerment, tx.also::<ReadEndangerment>().is_ok());
    let contacts = take(ReportGroup::Contacts, tx.also::<ReadContacts>().is_ok());
    let particulars = take(ReportGroup::Event, tx.also::<ReadParticulars>().is_ok());
    let earlier = all.into_iter().filter(|it| it.number < episode.number && it.merged_into.is_none()).collect();
    let photo = photos.into_iter().next();
    Ok(Content { child, episode, earlier, description, endangerment, contacts, particulars, photo, consents })
}
