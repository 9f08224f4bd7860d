//! What the program does not start on: a login that could pass the wall, and a database that may forget what it
//! acknowledged (DB-01, DB-08).

use diesel::QueryableByName;
use diesel::sql_types::Bool;
use diesel_async::RunQueryDsl as _;

use crate::error::StoreResult;
use crate::migrate;
use crate::sql::sql;

/// Asked of the login itself: whoever may become `homeward_app` may also stop being it.
const ASKED: &str = "select r.rolsuper as is_superuser, r.rolbypassrls as passes_the_wall, \
    exists (select from pg_class c join pg_namespace n on n.oid = c.relnamespace \
      where n.nspname = 'public' and c.relkind in ('r', 'p', 'v', 'm') \
      and pg_has_role(session_user, c.relowner, 'member')) as owns_tables, \
    has_schema_privilege(session_user, 'public', 'create') as creates, \
    current_setting('fsync') = 'off' as skips_the_disk, \
    current_setting('full_page_writes') = 'off' as tears_pages, \
    current_setting('synchronous_commit') not in ('on', 'remote_apply') as acknowledges_early, \
    current_setting('data_checksums') = 'off' as sees_no_rot \
    from pg_roles r where r.rolname = session_user";

#[derive(QueryableByName)]
#[expect(clippy::struct_excessive_bools, reason = "each answers one question of the statement")]
struct Asked {
    #[diesel(sql_type = Bool)]
    is_superuser: bool,
    #[diesel(sql_type = Bool)]
    passes_the_wall: bool,
    #[diesel(sql_type = Bool)]
    owns_tables: bool,
    #[diesel(sql_type = Bool)]
    creates: bool,
    #[diesel(sql_type = Bool)]
    skips_the_disk: bool,
    #[diesel(sql_type = Bool)]
    tears_pages: bool,
    #[diesel(sql_type = Bool)]
    acknowledges_early: bool,
    #[diesel(sql_type = Bool)]
    sees_no_rot: bool,
}

/// Why a database is not one to start on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// Nothing binds it.
    #[error("its login is a superuser")]
    Superuser,
    /// Row-level security does not bind it.
    #[error("its login has BYPASSRLS")]
    PassesTheWall,
    /// What owns a table may change it.
    #[error("its login owns tables")]
    OwnsTables,
    /// What creates objects owns them.
    #[error("its login may create objects in the schema `public`")]
    Creates,
    /// A commit is not on the disk.
    #[error("fsync is off")]
    SkipsTheDisk,
    /// A crash leaves half a page.
    #[error("full_page_writes is off")]
    TearsPages,
    /// A commit is acknowledged before it is on the disk.
    #[error("synchronous_commit is neither `on` nor `remote_apply`")]
    AcknowledgesEarly,
    /// A page that went bad is read as if it were good.
    #[error("data checksums are off (`pg_checksums --enable`, while it is stopped)")]
    SeesNoRot,
}

/// Everything that is wrong with a database, as this login finds it.
pub async fn faults(url: &str) -> StoreResult<Vec<Fault>> {
    let mut conn = migrate::connect(url).await?;
    let asked: Asked = sql(ASKED).get_result(&mut conn).await?;
    Ok(asked.faults())
}

impl Asked {
    fn faults(&self) -> Vec<Fault> {
        let held = [
            (self.is_superuser, Fault::Superuser),
            (self.passes_the_wall, Fault::PassesTheWall),
            (self.owns_tables, Fault::OwnsTables),
            (self.creates, Fault::Creates),
            (self.skips_the_disk, Fault::SkipsTheDisk),
            (self.tears_pages, Fault::TearsPages),
            (self.acknowledges_early, Fault::AcknowledgesEarly),
            (self.sees_no_rot, Fault::SeesNoRot),
        ];
        held.into_iter().filter_map(|(is_so, fault)| is_so.then_some(fault)).collect()
    }
}
