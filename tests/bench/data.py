"""The data: loaded, picked from, tidied up."""

import hashlib
import json
import os
import subprocess
import time

from capture import Script
from common import DATABASE, HERE, NAMES, OUT, PASSWORD, PROGRAM, ROOT, SCALE, SCALES, database_url, psql, say
from program import Program, Tokens


def load():
    """Creates and fills the database, unless the last run left one of the same making."""
    agencies, children = SCALES[SCALE]
    making = hashlib.sha256((HERE / "load.sql").read_bytes())
    for path in sorted((ROOT / "migrations").rglob("*.sql")):
        making.update(path.read_bytes())
    stamp = f"{making.hexdigest()[:16]}"
    if (
        psql(f"select shobj_description(oid, 'pg_database') from pg_database where datname = '{DATABASE}'", "postgres")
        == stamp
    ):
        say("the data of the last run is there")
        return 0.0
    say(f"loading {children:,} children")
    began = time.monotonic()
    psql(f'drop database if exists "{DATABASE}"', "postgres")
    psql(f'create database "{DATABASE}"', "postgres")
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "HOMEWARD_DEMO_PASSWORD": PASSWORD,
        "HOMEWARD_DATA_DIR": str(OUT / "program"),
    }

    def run(*command):
        subprocess.run([PROGRAM, *command], env=environment, check=True, stdout=subprocess.DEVNULL)

    # SQL cannot seal, so the rows are loaded as they were before, and sealed by the program as an upgrade would.
    run("migrate", "--before-sealing")
    psql(
        "",
        DATABASE,
        "-1",
        "-v",
        f"agencies={agencies}",
        "-v",
        f"children={children}",
        "-f",
        str(HERE / "load.sql"),
    )
    say("sealing")
    run("migrate")
    run("demo")
    psql("""
        update agencies set second_factor_required = false;
        update sign_ins set used_at = null, password_hash = (
            select password_hash from sign_ins where email = 'supervisor@demo.homeward.test')
        where email like 'supervisor-%@bench.homeward.test'
    """)
    psql("vacuum (freeze, analyze)")
    psql(f"comment on database \"{DATABASE}\" is '{stamp}'", "postgres")
    return time.monotonic() - began


def tidy():
    """Takes out what a run has written, so that the next one finds the same."""
    psql("""
        set session_replication_role = replica;
        create temporary table opened as select agency_id, id from missing_episodes
            where created_at > (select loaded_at from bench.settings);
        delete from rungs r using opened o where r.agency_id = o.agency_id and r.episode_id = o.id;
        delete from duties d using opened o where d.agency_id = o.agency_id and d.episode_id = o.id;
        delete from missing_episodes e using opened o where e.agency_id = o.agency_id and e.id = o.id;
        delete from audit_unlinked u using audit_entries e, bench.settings
            where e.at > loaded_at and u.agency_id = e.agency_id and u.id = e.id;
        delete from audit_unlinked u using looks l, bench.settings
            where l.at > loaded_at and u.agency_id = l.agency_id and u.id = l.id;
        delete from audit_entries where at > (select loaded_at from bench.settings);
        delete from look_children c using looks l, bench.settings
            where l.at > loaded_at and c.agency_id = l.agency_id and c.look_id = l.id;
        delete from looks where at > (select loaded_at from bench.settings);
        delete from idempotency_keys where claimed_at > (select loaded_at from bench.settings);
    """)
    psql("vacuum analyze rungs, duties, missing_episodes, audit_entries, looks, look_children, idempotency_keys")
    psql("vacuum analyze audit_unlinked")
    psql("checkpoint")


def settings():
    """Nothing of durability is touched. What happens by itself is kept out of the slices, for both sides alike."""
    for setting in ("autovacuum = off", "checkpoint_timeout = '1h'", "max_wal_size = '16GB'"):
        psql(f"alter system set {setting}", "postgres")
    psql("select pg_reload_conf()", "postgres")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if psql(f"show {name}", "postgres") != "on":
            raise SystemExit(f"{name} is off: this would measure a database that forgets")


PICKS = {
    "R1": "c.id in (select child_id from missing_episodes)",
    "W": "not exists (select from missing_episodes e where e.agency_id = c.agency_id and e.child_id = c.id "
    "and e.recovered_at is null and e.returned_to_care_at is null and e.placed_elsewhere_at is null "
    "and e.closed_at is null)",
}


def pick(program: Program, tokens: Tokens):
    """Who asks for what: the same for wrk and for pgbench, in the same random order."""
    # The newest session of each caller is the one in the token.
    psql("""
        drop table if exists bench.callers;
        create table bench.callers as
        select distinct on (email) dense_rank() over (order by email) - 1 as number, s.agency_id as agency,
            s.user_id as caller, s.id as session, uu.unit_id as unit, u.code
        from sign_ins i join sessions s using (agency_id, user_id) join user_units uu using (agency_id, user_id)
            join units u on u.agency_id = uu.agency_id and u.id = uu.unit_id
        where email like 'supervisor-%@bench%' order by email, s.id desc;
    """)
    pick_children("R1", "")
    pick_children("W", "/missing-episodes")
    pick_pages("R2", "/v1/duties", program, tokens)
    pick_pages("R5", "/v1/missing-episodes", program, tokens)
    for operation in NAMES:
        table = f"bench.pick_{operation.lower()}"
        psql(f"alter table {table} add primary key (n); grant select on {table} to homeward_app; analyze {table}")
    psql("create sequence if not exists bench.next_w; grant usage, update on sequence bench.next_w to homeward_app")


def pick_children(operation: str, rest: str):
    """Rows of a caller and some children of their unit."""
    table, batch = f"bench.pick_{operation.lower()}", range(Script.BATCH)
    each = ", ".join(
        f"(array_agg(id))[{i + 1}] as child_{i}, (array_agg(worker))[{i + 1}] as worker_{i}" for i in batch
    )
    psql(f"""
        select setseed(0.5);
        drop table if exists {table};
        create table {table} as
        select row_number() over (order by random()) as n, f.* from (
            select number, agency, caller, session, unit, code, {each} from (
                select k.*, c.id, c.assigned_to as worker,
                    (row_number() over (partition by k.unit order by random()) - 1) / {len(batch)} as part
                from bench.callers k join children c on c.agency_id = k.agency and c.unit_id = k.unit
                where {PICKS[operation]}) d
            group by number, agency, caller, session, unit, code, part having count(*) = {len(batch)}) f;
    """)
    children = ", ".join(f"child_{i}" for i in batch)
    lines = psql(
        f"select number || ' /v1/children/' || child || '{rest}' from {table}, "
        f"unnest(array[{children}]) with ordinality u(child, i) order by n, i"
    )
    (OUT / operation).write_text(lines + "\n")


def pick_pages(operation: str, route: str, program: Program, tokens: Tokens):
    """Rows of a caller and the children that their page shows."""
    callers = psql("select number, agency, caller, session, unit, code from bench.callers order by random()")
    rows, lines = [], []
    for n, caller in enumerate(callers.split("\n"), 1):
        number, *ids, code = caller.split("|")
        path = f"{route}?unit_code={code}&limit=50"
        page = json.loads(program.request("GET", path, tokens.all[int(number)]))["data"]
        if len(page) < 50:
            raise SystemExit(f"{path} shows only {len(page)} rows")
        shown = "{" + ",".join(sorted({it["child_id"] for it in page})) + "}"
        rows.append(f"({n}, '" + "', '".join([*ids, code, shown]) + "')")
        lines.append(f"{number} {path}")
    table = f"bench.pick_{operation.lower()}"
    psql(f"""
        drop table if exists {table};
        create table {table} (n bigint, agency uuid, caller uuid, session uuid, unit uuid, code text, shown text);
        insert into {table} values {", ".join(rows)};
    """)
    (OUT / operation).write_text("\n".join(lines) + "\n")
