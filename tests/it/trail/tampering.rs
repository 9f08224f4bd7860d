//! The owner of the database tampers with the trail, each time in another way, on a real database (M-14).

use homeward_store::audit::trail::{Beginning, Report, Tampering};
use tokio_postgres::Client;

use super::Signed;
use homeward_server::trail::verify;

const TABLES: [&str; 6] =
    ["audit_entries", "looks", "look_children", "audit_links", "audit_checkpoints", "audit_unlinked"];

/// Past every trigger, as whoever owns the tables can go.
const PAST_ALL: &str = "set session_replication_role = replica";

/// What is done, what has to be found, and at which link.
struct Way {
    name: &'static str,
    sql: &'static str,
    tampering: Tampering,
    link: Option<i64>,
}

const fn way(name: &'static str, tampering: Tampering, link: Option<i64>, sql: &'static str) -> Way {
    Way { name, sql, tampering, link }
}

const WAYS: [Way; 24] = [
    way(
        "another action",
        Tampering::Changed,
        Some(1),
        "update audit_entries set action = 'x' where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 1)",
    ),
    way(
        "another detail",
        Tampering::Changed,
        Some(2),
        "update audit_entries set detail = detail || '{\"x\": 1}' where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 2)",
    ),
    way(
        "another actor",
        Tampering::Changed,
        Some(1),
        "update audit_entries set actor_id = gen_random_uuid() where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 1)",
    ),
    way(
        "another time",
        Tampering::Changed,
        Some(1),
        "update audit_entries set at = at + interval '1 microsecond' where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 1)",
    ),
    way(
        "another child",
        Tampering::Changed,
        Some(1),
        "update audit_entries set child_id = gen_random_uuid() where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 1)",
    ),
    way(
        "another kind of look",
        Tampering::Changed,
        None,
        "update looks set kind = 'x' where (agency_id, id) = \
            (select agency_id, trace_id from chain where kind = 'look' order by sequence limit 1)",
    ),
    way(
        "a child that was shown is taken out",
        Tampering::Changed,
        None,
        "delete from look_children where (agency_id, look_id) = \
            (select agency_id, trace_id from chain where kind = 'look' order by sequence limit 1)",
    ),
    way(
        "a child that was not shown is put in",
        Tampering::Changed,
        None,
        "insert into look_children select agency_id, gen_random_uuid(), trace_id \
            from chain where kind = 'look' order by sequence limit 1",
    ),
    way(
        "the first entry is deleted",
        Tampering::Missing,
        Some(1),
        "delete from audit_entries where (agency_id, id) = \
            (select agency_id, trace_id from chain where sequence = 1)",
    ),
    way(
        "one in the middle is deleted with its link",
        Tampering::Gap,
        Some(3),
        "delete from looks where id = (select trace_id from chain where sequence = 3); \
            delete from audit_entries where id = (select trace_id from chain where sequence = 3); \
            delete from chain where sequence = 3",
    ),
    way(
        "the first is deleted with its link, and the others are numbered anew",
        Tampering::Replaced,
        Some(1),
        "delete from audit_entries where id = (select trace_id from chain where sequence = 1); \
            delete from chain where sequence = 1; \
            update chain set sequence = sequence + 1000; update chain set sequence = sequence - 1001",
    ),
    way(
        "the last three are deleted with their links",
        Tampering::Cut,
        None,
        "delete from chain where sequence > (select max(sequence) - 3 from chain); \
            delete from looks l where not exists (select from audit_links k where k.trace_id = l.id); \
            delete from audit_entries l where not exists (select from audit_links k where k.trace_id = l.id)",
    ),
    way(
        "the database is put back to what it was",
        Tampering::RolledBack,
        None,
        "delete from audit_checkpoints where number > 1; \
            delete from audit_links k where sequence > \
                (select size from audit_checkpoints c where c.agency_id = k.agency_id); \
            delete from looks l where not exists (select from audit_links k where k.trace_id = l.id); \
            delete from audit_entries l where not exists (select from audit_links k where k.trace_id = l.id)",
    ),
    way(
        "a look is inserted",
        Tampering::Unlinked,
        None,
        "insert into looks select agency_id, gen_random_uuid(), at, actor_id, kind, request_id from looks limit 1",
    ),
    way(
        "an entry is inserted with a link",
        Tampering::Unsigned,
        None,
        "with one as (insert into audit_entries (agency_id, id, at, actor_id, action, detail) \
            select agency_id, gen_random_uuid(), at, actor_id, action, detail from audit_entries where agency_id = (select agency_id from chain limit 1) limit 1 \
            returning agency_id, id) insert into audit_links select agency_id, \
            (select max(sequence) + 1 from chain), 'change', id, decode(repeat('00', 32), 'hex') from one",
    ),
    way(
        "two entries change what they say",
        Tampering::Changed,
        Some(1),
        "with two as (select trace_id as id, sequence from chain where sequence in (1, 2)) \
            update audit_entries e set child_id = o.child_id from two, two other, audit_entries o \
            where e.id = two.id and o.id = other.id and two.id <> other.id",
    ),
    way(
        "two links change places",
        Tampering::Replaced,
        Some(2),
        "update chain set sequence = sequence + 1000 where sequence in (2, 4); \
            update chain set sequence = case sequence when 1002 then 4 else 2 end where 1000 < sequence",
    ),
    way(
        "a hash is changed",
        Tampering::HashChanged,
        Some(3),
        "update chain set hash = decode(repeat('ab', 32), 'hex') where sequence = 3",
    ),
    way(
        "a row and its hash are changed",
        Tampering::Replaced,
        Some(1),
        "update chain set hash = decode(repeat('ab', 32), 'hex') where sequence = 1; \
            update audit_entries set action = 'x' where id = (select trace_id from chain where sequence = 1)",
    ),
    way("a checkpoint is deleted", Tampering::CheckpointRemoved, None, "delete from signed where number = 2"),
    way(
        "a checkpoint says less than it did",
        Tampering::Forged,
        None,
        "update signed set size = size - 1 where number = 3 and 0 < size",
    ),
    way(
        "a signature is changed",
        Tampering::Forged,
        None,
        "update signed set signature = decode(repeat('00', 64), 'hex') where number = 2",
    ),
    way(
        "the rows of one agency are given to another",
        Tampering::Cut,
        None,
        "update audit_links set sequence = sequence + 100, agency_id = (select id from agencies where name = 'Other State') \
            where agency_id = (select id from agencies where name = 'Demo State'); \
            update looks set agency_id = (select id from agencies where name = 'Other State'); \
            update look_children set agency_id = (select id from agencies where name = 'Other State'); \
            update audit_entries set agency_id = (select id from agencies where name = 'Other State')",
    ),
    way(
        "the whole trail is gone",
        Tampering::RolledBack,
        None,
        "delete from looks; delete from look_children; delete from audit_entries; \
            delete from audit_links; delete from audit_checkpoints",
    ),
];

async fn keep(owner: &Client) {
    owner.batch_execute("create schema kept").await.unwrap();
    for (view, table) in [("chain", "audit_links"), ("signed", "audit_checkpoints")] {
        let of_one = "where agency_id = (select id from agencies where name = 'Demo State')";
        owner.batch_execute(&format!("create view {view} as select * from {table} {of_one}")).await.unwrap();
    }
    for table in TABLES {
        owner.batch_execute(&format!("create table kept.{table} as table public.{table}")).await.unwrap();
    }
}

async fn put_back(owner: &Client) {
    for table in TABLES {
        let back = format!("delete from public.{table}; insert into public.{table} select * from kept.{table}");
        owner.batch_execute(&back).await.unwrap();
    }
}

fn first(report: &Report) -> Option<i64> {
    report.findings.iter().filter_map(|it| it.sequence).min().map(|it| i64::try_from(it).unwrap())
}

#[tokio::test]
async fn ad_09_the_owner_of_the_database_is_found_out_in_every_way() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    owner.batch_execute(PAST_ALL).await.unwrap();
    keep(&owner).await;
    let first_look = signed.count("select min(sequence) from chain where kind = 'look'").await;
    for Way { name, sql, tampering, link } in WAYS {
        owner.batch_execute(sql).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
        let report = signed.verified().await;
        let found: Vec<Tampering> = report.findings.iter().map(|it| it.tampering).collect();
        assert!(found.contains(&tampering), "{name}: {report}");
        let of_a_look = tampering == Tampering::Changed && link.is_none();
        let link = if of_a_look { Some(first_look) } else { link };
        assert!(link.is_none() || first(&report) == link, "{name}: {report}");
        let mut of_it = report.findings.iter().filter(|it| it.tampering == tampering);
        let placed = of_it.all(|it| it.sequence.is_none() || it.checkpoint.is_some());
        assert!(placed || tampering == Tampering::Unsigned, "{name}: {report}");
        put_back(&owner).await;
        let control = signed.verified().await;
        assert!(control.is_clean(), "{name}, put back: {control}");
    }
}

#[tokio::test]
async fn ad_07_an_anchor_that_was_cut_is_found_and_the_trail_is_proven_by_the_other() {
    let signed = Signed::new().await;
    let folder = &signed.folders()[1];
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|it| it.path());
    for file in files {
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(&file, text.split_inclusive('\n').take(1).collect::<String>()).unwrap();
    }
    let report = signed.verified().await;
    assert!(report.findings.iter().all(|it| it.tampering == Tampering::AnchorCut), "{report}");
    assert!(!report.is_clean());
}

#[tokio::test]
async fn ad_07_a_database_that_is_older_than_its_anchors_is_signed_no_more() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    owner.batch_execute(PAST_ALL).await.unwrap();
    owner
        .batch_execute(
            "delete from audit_checkpoints where number > 1; delete from audit_links k where sequence > \
            (select size from audit_checkpoints c where c.agency_id = k.agency_id)",
        )
        .await
        .unwrap();
    signed.live().await;
    let error = signed.sign().await.unwrap_err().to_string();
    assert!(error.contains("that the database does not have"), "{error}");
    assert_eq!(signed.count("select max(number) from audit_checkpoints").await, 1);
}

#[tokio::test]
async fn ad_11_what_is_newer_than_the_last_anchor_can_be_dropped_and_invented_and_nothing_older() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    signed.app.set_clock("2026-05-01T08:11:00Z");
    signed.live().await;
    let newer = "from looks where not exists (select from audit_links k where k.trace_id = looks.id)";
    assert!(0 < signed.count(&format!("select count(*) {newer}")).await);
    owner.batch_execute(PAST_ALL).await.unwrap();
    owner.batch_execute(&format!("delete {newer}; delete from audit_unlinked where kind = 'look'")).await.unwrap();
    owner
        .batch_execute(
            "set session_replication_role = origin; insert into looks \
            select agency_id, gen_random_uuid(), '2026-05-01T08:11:00Z', actor_id, kind, 'invented' from looks limit 1",
        )
        .await
        .unwrap();
    signed.sign().await.unwrap();
    let report = signed.verified().await;
    assert!(report.is_clean(), "within a minute this is the limit, and it is said: {report}");
    owner.batch_execute(PAST_ALL).await.unwrap();
    owner.batch_execute("delete from looks where request_id = 'invented'").await.unwrap();
    let report = signed.verified().await;
    assert_eq!(report.findings[0].tampering, Tampering::Missing, "once it is anchored it stays: {report}");
}

#[tokio::test]
async fn ad_11_an_entry_that_is_invented_with_an_older_time_stands_at_the_end_and_is_told() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    owner
        .batch_execute(
            "insert into looks select agency_id, gen_random_uuid(), at - interval '2 days', actor_id, kind, \
            'invented' from looks limit 1",
        )
        .await
        .unwrap();
    signed.sign().await.unwrap();
    let report = signed.verified().await;
    assert!(report.is_clean());
    assert!(report.remarks[0].contains("1 rows say that they are a day older"), "{report}");
}

#[tokio::test]
async fn ad_09_a_change_in_the_last_hour_is_found_in_the_part_of_it() {
    let signed = Signed::new().await;
    let owner = signed.app.db.owner().await;
    owner.batch_execute(PAST_ALL).await.unwrap();
    owner
        .batch_execute(
            "update looks set kind = 'x' where id = (select trace_id from audit_links where kind = 'look' \
            order by sequence desc limit 1)",
        )
        .await
        .unwrap();
    let hour = Beginning::Instant("2026-05-01T08:06:00Z".parse().unwrap());
    let report = verify(&signed.app.db.url, &signed.trusted(), hour).await.unwrap();
    assert_eq!(report.findings[0].tampering, Tampering::Changed, "{report}");
}
