"""A few seconds of load, over HTTP or by pgbench, and what they cost."""

import json
import os
import resource
import shutil
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from capture import Script
from common import DATABASE, HERE, LISTEN, OUT, REPEATS, SECONDS, SOCKETS, SUPERUSER, psql, say
from data import tidy
from program import Program

TICK = os.sysconf("SC_CLK_TCK")


@dataclass
class Slice:
    rate: float
    p50: float
    p99: float
    most: float
    database_us: float
    program_us: float
    foreign: float


class Usage:
    """Processor time: of PostgreSQL, of the program, of the load generator, and of everybody."""

    def __init__(self, program: Program | None):
        self.program = program
        self.postmaster = int((Path(psql("show data_directory", "postgres")) / "postmaster.pid").read_text().split()[0])
        self.before = self.now()

    def now(self):
        def stat(pid):
            return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()

        database = 0
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit():
                try:
                    it = stat(entry.name)
                except (FileNotFoundError, ProcessLookupError):
                    continue
                own = int(entry.name) == self.postmaster
                if own or int(it[1]) == self.postmaster:
                    # The dead are in the postmaster's account.
                    database += sum(int(x) for x in it[11 : 15 if own else 13])
        program = sum(int(x) for x in stat(self.program.process.pid)[11:13]) if self.program else 0
        generator = sum(resource.getrusage(resource.RUSAGE_CHILDREN)[:2]) * TICK
        everybody = [int(x) for x in Path("/proc/stat").read_text().split("\n")[0].split()[1:]]
        return database, program, generator, sum(everybody) - everybody[3] - everybody[4], sum(everybody)

    def since(self, requests: int):
        database, program, generator, busy, all_ = (b - a for a, b in zip(self.before, self.now()))
        foreign = max(0.0, busy - database - program - generator) / max(all_, 1)
        return database / TICK * 1e6 / requests, program / TICK * 1e6 / requests, foreign


class Cursor:
    """How far the writes have come in their list of children; a row of the list holds eight."""

    def __init__(self):
        self.row = 10
        self.rows = int(psql("select count(*) from bench.pick_w"))

    def have(self, rows: int):
        if self.row + min(rows, self.rows // 2) > self.rows:
            say("every child is missing: tidying up")
            tidy()
            self.row = 0


def pgbench_command(script: Path, constants: dict[str, str], connections: int) -> list[str]:
    defined = [it for name, value in constants.items() for it in ("-D", f"{name}={value}")]
    return [
        "pgbench",
        "-n",
        "-M",
        "prepared",
        "-c",
        str(connections),
        "-j",
        "1",
        "-f",
        str(script),
        "-h",
        SOCKETS,
        "-U",
        SUPERUSER,
        *defined,
    ]


def over_http(program: Program, operation: str, connections: int, seconds: int, cursor: Cursor) -> Slice:
    start = 0
    if operation == "W":
        cursor.have(9_000 * seconds // Script.BATCH)
        start = cursor.row * Script.BATCH
    command = [
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--timeout",
        "20s",
        "-s",
        str(HERE / "requests.lua"),
        f"http://{LISTEN}:{program.port}",
        "--",
        str(OUT),
        operation,
        str(start),
        str(time.monotonic_ns()),
    ]
    usage = Usage(program)
    done = subprocess.run(command, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stdout + done.stderr)
    found = json.loads(done.stdout.strip().split("\n")[-1])
    if found["refused"] or found["broken"] or not found["requests"]:
        raise SystemExit(
            f"{operation} over HTTP: {found['refused']} of {found['requests']} refused, {found['broken']} broken"
        )
    if operation == "W":
        cursor.row += (found["requests"] + 2 * connections) // Script.BATCH + 2
    rate = found["requests"] / found["microseconds"] * 1e6
    return Slice(rate, found["p50"] / 1000, found["p99"] / 1000, found["max"] / 1000, *usage.since(found["requests"]))


def by_pgbench(
    script: Path,
    constants: dict[str, str],
    session: str,
    operation: str,
    connections: int,
    seconds: int,
    cursor: Cursor,
) -> Slice:
    if operation == "W":
        cursor.have(15_000 * seconds // Script.BATCH)
        psql(f"select setval('bench.next_w', {cursor.row + 1})")
    logs = OUT / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir()
    command = pgbench_command(script, constants, connections)
    command += ["-T", str(seconds), "-l", "--log-prefix", str(logs / "log"), DATABASE]
    usage = Usage(None)
    # A connection of the program has long come to its generic plans; one of pgbench lasts seconds.
    options = f"{session} -c plan_cache_mode=force_generic_plan"
    done = subprocess.run(command, text=True, capture_output=True, env={**os.environ, "PGOPTIONS": options})
    if done.returncode or "aborted" in done.stderr:
        raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
    # PostgreSQL takes a moment to take leave of its clients.
    time.sleep(0.2)
    transactions = []
    for path in logs.iterdir():
        for line in path.read_text().splitlines():
            client, number, took, _, at, fraction = line.split()[:6]
            transactions.append((int(at) + int(fraction) / 1e6, int(took), int(number), client))
    transactions.sort()
    database, _, foreign = usage.since(len(transactions))
    # Until each client has prepared every copy of its statements, and for a second at least.
    ready = {}
    for at, _, number, client in transactions:
        if number > Script.BATCH:
            ready.setdefault(client, at)
    from_ = max(max(ready.values()), transactions[0][0] + 1)
    to = transactions[-1][0]
    if len(ready) < connections or to - from_ < seconds / 2:
        raise SystemExit(
            f"{operation}: pgbench took {from_ - transactions[0][0]:.1f} s to warm up; make BENCH_SECONDS longer"
        )
    counted = sorted(took for at, took, _, _ in transactions if at > from_)
    if operation == "W":
        cursor.row = int(psql("select last_value from bench.next_w")) + 1
    return Slice(
        len(counted) / (to - from_),
        counted[len(counted) // 2] / 1000,
        counted[len(counted) * 99 // 100] / 1000,
        counted[-1] / 1000,
        database,
        0,
        foreign,
    )


def median(slices: list[Slice]) -> Slice:
    return Slice(*(statistics.median(getattr(it, name) for it in slices) for name in Slice.__dataclass_fields__))


def compare(program, operation, connections, made, session, cursor):
    """HTTP and pgbench in turn, slice by slice, so that whoever else uses the machine disturbs both alike."""
    script, fetch, constants = made[operation]
    over_http(program, operation, connections, 1, cursor)
    http_slices, pgbench_slices, ratios = [], [], []
    fetched = by_pgbench(fetch, constants, session, "fetch", connections, 3, cursor)
    for _ in range(REPEATS):
        here = over_http(program, operation, connections, SECONDS, cursor)
        there = by_pgbench(script, constants, session, operation, connections, SECONDS + 1, cursor)
        # What fetching the ids for pgbench costs is no part of the request.
        there.rate = 1 / (1 / there.rate - 1 / (fetched.rate * Script.BATCH))
        http_slices.append(here)
        pgbench_slices.append(there)
        ratios.append(here.rate / there.rate)
    return median(http_slices), median(pgbench_slices), statistics.median(ratios)


def livez(program: Program) -> float:
    command = ["wrk", "-t1", "-c64", "-d3s", f"http://{LISTEN}:{program.port}/livez"]
    done = subprocess.run(command, text=True, capture_output=True, check=True)
    return float(next(it for it in done.stdout.split("\n") if it.startswith("Requests/sec")).split()[1])
