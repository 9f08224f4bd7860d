"""What it costs a worker to claim 100 due rungs of 10,000 and of 1,000,000 that wait.

The statements are those that the program sends: they are read from PostgreSQL's log of a worker that runs. The two
queues are claimed from in turn, each time in a transaction that is taken back, so that nothing differs but their size.
"""

import os
import re
import statistics
import subprocess
import time

from capture import read_log
from common import OUT, PROGRAM, SOCKETS, SUPERUSER, psql, say
from sent import LOGGED, log_file

SIZES = {"claim_small": 10_000, "claim_large": 1_000_000}
DUE = 100
ROUNDS = 25
AIM = 1.5

# Half of what waits presses. The foreign keys and triggers are those of duties, which are not what is measured.
FILL = """
set session_replication_role = replica;
truncate rungs, reminders, deliveries, delivery_attempts;
insert into rungs (agency_id, id, duty_id, ordinal, step, audience, pressing, fire_at, fence)
    select md5((i % 50)::text)::uuid, gen_random_uuid(), gen_random_uuid(), 0, 'at_once', 'assigned_worker', i % 2 = 0,
        now() + interval '1 hour' + i * interval '1 second', 0
    from generate_series(1, {size}) i;
insert into rungs (agency_id, id, duty_id, ordinal, step, audience, pressing, fire_at, fence)
    select md5((i % 50)::text)::uuid, gen_random_uuid(), gen_random_uuid(), 0, 'at_once', 'assigned_worker', i % 2 = 0,
        now() - interval '1 hour', 0
    from generate_series(1, {due}) i;
"""


def url(database: str, options: str = "") -> str:
    extra = f"&options={options.replace(' ', '%20').replace('=', '%3D')}" if options else ""
    return f"postgresql://{SUPERUSER}@/{database}?host={SOCKETS}&port=5432{extra}"


def run(arguments: list[str], address: str, **more) -> subprocess.Popen:
    settings = {"DATABASE_URL": address, "HOMEWARD_DATA_DIR": str(OUT / "claim"), "HOMEWARD_CONNECTIONS": "1"}
    return subprocess.Popen([PROGRAM, *arguments], env={**os.environ, **settings}, stdout=subprocess.DEVNULL, **more)


def prepare(database: str, size: int):
    psql(f"drop database if exists {database} with (force)", "postgres")
    psql(f"create database {database}", "postgres")
    if run(["migrate"], url(database)).wait():
        raise SystemExit("the tables could not be made")
    psql(FILL.format(size=size, due=DUE), database)
    psql("vacuum analyze rungs", database)


def claims(database: str) -> list[str]:
    """The statements of one claim, with what the worker bound in its place."""
    log = log_file()
    offset = log.stat().st_size
    worker = run(["work"], url(database, LOGGED))
    time.sleep(4)
    worker.terminate()
    worker.wait(timeout=20)
    found = {}
    for statement in read_log(log, offset):
        if statement.text.startswith("update rungs r set leased_until"):
            kind = (statement.text, statement.parameters[2] in ("t", "f") and statement.parameters[2])
            found.setdefault(kind, statement)
    if len(found) != 3:
        raise SystemExit(f"a claim is {len(found)} statements, not three: claim.py does not see how")
    return [bound(it.text, it.parameters) for it in found.values()]


def bound(text: str, values: list[str]) -> str:
    literal = lambda at: "'" + values[int(at) - 1].replace("'", "''") + "'"
    text = re.sub(r"\$(\d+)", lambda found: literal(found[1]), text)
    # As many as are due, whatever the worker's batch is.
    return re.sub(r"limit '\d+'", f"limit {DUE}", text)


def once(database: str, statements: list[str]) -> float:
    """Milliseconds for one claim."""
    script = "\\timing on\n" + "".join(f"{it};\n" for it in statements)
    script = f"begin; set local role homeward_app; set local homeward.sweep = 'on'; \n{script}\\timing off\nrollback;"
    answer = psql(script, database)
    claimed = sum(line.count("|") == 3 for line in answer.split("\n"))
    if claimed != DUE:
        raise SystemExit(f"{claimed} rungs were claimed, not {DUE}")
    return sum(float(it) for it in re.findall(r"Time: ([\d.]+) ms", answer))


def main():
    for database, size in SIZES.items():
        say(f"{size:,} rungs wait")
        prepare(database, size)
    statements = {database: claims(database) for database in SIZES}
    for database, size in SIZES.items():
        psql(FILL.format(size=size, due=DUE), database)
        psql("vacuum analyze rungs", database)
    times = {database: [] for database in SIZES}
    for turn in range(ROUNDS + 3):
        for database in SIZES:
            spent = once(database, statements["claim_small"])
            # The first ones read the tables from the disk.
            if 3 <= turn:
                times[database].append(spent)
    small, large = (statistics.median(times[it]) for it in SIZES)
    verdict = "reached" if large / small <= AIM else "missed"
    print(
        f"\n## Claiming {DUE} due rungs\n\n"
        "| waiting | ms, median | ms, slowest |\n|---|---|---|\n"
        + "".join(f"| {SIZES[it]:,} | {statistics.median(times[it]):.2f} | {max(times[it]):.2f} |\n" for it in SIZES)
        + f"\nRatio {large / small:.2f}; the aim of {AIM} is {verdict}. {ROUNDS} claims of each, in turn."
    )
    for database in SIZES:
        psql(f"drop database {database} with (force)", "postgres")


if __name__ == "__main__":
    main()
