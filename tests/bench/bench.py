"""Measures the program over HTTP beside pgbench with the same statements, and writes target/bench/report.md.

Started by tests/bench/run inside a private, durable cluster: DATABASE_URL names it.
"""

import hashlib
import http.client
import json
import os
import platform
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import time
import urllib.parse
import uuid
from dataclasses import dataclass
from pathlib import Path

from capture import Captured, Proxy, Script, capture, normal, read_log

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
OUT = Path(os.environ["BENCH_OUT"])
PROGRAM = os.environ["BENCH_PROGRAM"]
# Agencies and children. Every write needs a child who is not missing, so a smaller set would be used up at once.
SCALES = {"small": (10, 50_000), "medium": (50, 400_000)}
SCALE = os.environ.get("BENCH_SCALE") or "medium"
SECONDS = int(os.environ.get("BENCH_SECONDS") or {"small": 2, "medium": 5}[SCALE])
REPEATS = int(os.environ.get("BENCH_REPEATS") or 3)
CONNECTIONS = [int(it) for it in (os.environ.get("BENCH_CONNECTIONS") or "1 16 64").split()]
OPERATIONS = (os.environ.get("BENCH_OPERATIONS") or "R1 R2 R5 W").split()
NAMES = {"W": "open an episode", "R1": "child page", "R2": "worklist of 50", "R5": "50 episodes of a unit"}
PASSWORD = "correct horse battery staple"
LISTEN = "127.0.0.1"
TICK = os.sysconf("SC_CLK_TCK")
# What the ratio is to reach: good enough at 16 connections, and where we are going at 16 and at 64.
AIMS = {
    "R1": ("0.70", "0.90", "1.0"),
    "R2": ("0.70", "0.90", "1.0"),
    "R5": ("0.70", "0.90", "1.0"),
    "W": ("0.60", "", "1.3"),
}

url = urllib.parse.urlsplit(os.environ["DATABASE_URL"])
SOCKETS = urllib.parse.parse_qs(url.query)["host"][0]
DATABASE = f"bench_{SCALE}"
SUPERUSER = url.username


def say(text: str):
    print(f"[{time.monotonic() - BEGAN:6.1f} s] {text}", file=sys.stderr, flush=True)


def database_url(sockets: str = SOCKETS, options: str = "") -> str:
    query = {"host": sockets, "port": "5432", **({"options": options} if options else {})}
    return f"postgresql://{SUPERUSER}@/{DATABASE}?{urllib.parse.urlencode(query, quote_via=urllib.parse.quote)}"


def psql(statement: str, database: str = DATABASE, *arguments: str) -> str:
    command = ["psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-h", SOCKETS, "-U", SUPERUSER, "-d", database]
    done = subprocess.run([*command, *arguments], input=statement, text=True, capture_output=True)
    if done.returncode:
        raise SystemExit(done.stderr)
    return done.stdout.strip()


# --- the data --------------------------------------------------------------------------------------------------


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
    for command in ("migrate", "demo"):
        subprocess.run([PROGRAM, command], env=environment, check=True, stdout=subprocess.DEVNULL)
    password_hash = psql("select password_hash from sign_ins where email = 'supervisor@demo.homeward.test'")
    psql(
        "",
        DATABASE,
        "-1",
        "-v",
        f"agencies={agencies}",
        "-v",
        f"children={children}",
        "-v",
        f"hash={password_hash}",
        "-f",
        str(HERE / "load.sql"),
    )
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
        delete from audit_entries where at > (select loaded_at from bench.settings);
        delete from look_children c using looks l, bench.settings
            where l.at > loaded_at and c.agency_id = l.agency_id and c.look_id = l.id;
        delete from looks where at > (select loaded_at from bench.settings);
        truncate idempotency_keys;
    """)
    psql("vacuum analyze rungs, duties, missing_episodes, audit_entries, looks, look_children, idempotency_keys")
    psql("checkpoint")


def settings():
    """Nothing of durability is touched. What happens by itself is kept out of the slices, for both sides alike."""
    for setting in ("autovacuum = off", "checkpoint_timeout = '1h'", "max_wal_size = '16GB'"):
        psql(f"alter system set {setting}", "postgres")
    psql("select pg_reload_conf()", "postgres")
    for name in ("fsync", "synchronous_commit", "full_page_writes"):
        if psql(f"show {name}", "postgres") != "on":
            raise SystemExit(f"{name} is off: this would measure a database that forgets")


# --- the program -----------------------------------------------------------------------------------------------


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LISTEN, 0))
        return probe.getsockname()[1]


class Program:
    """`homeward serve`, as it is shipped: every default stands unless `environment` says otherwise."""

    def __init__(self, address: str, **environment: str):
        self.port = free_port()
        settings = {
            "DATABASE_URL": address,
            "HOMEWARD_LISTEN": f"{LISTEN}:{self.port}",
            "HOMEWARD_DATA_DIR": str(OUT / "program"),
            **environment,
        }
        self.began = time.monotonic()
        self.log = open(OUT / "program.log", "ab")
        self.process = subprocess.Popen(
            [PROGRAM, "serve"], env={**os.environ, **settings}, stdout=self.log, stderr=self.log
        )

    def request(self, method: str, path: str, token: str = "", body: str | None = None, **headers: str):
        connection = http.client.HTTPConnection(LISTEN, self.port, timeout=20)
        if token:
            headers["Authorization"] = f"Bearer {token}"
        if body is not None:
            headers["Content-Type"] = "application/json"
        connection.request(method, path, body, {name.replace("_", "-"): it for name, it in headers.items()})
        answer = connection.getresponse()
        text = answer.read().decode()
        connection.close()
        if answer.status >= 300:
            raise SystemExit(f"{method} {path}: {answer.status} {text}")
        return text

    def wait(self, path: str = "/livez", token: str = "") -> float:
        while True:
            try:
                with socket.create_connection((LISTEN, self.port), timeout=1):
                    pass
                self.request("GET", path, token)
                return time.monotonic() - self.began
            except OSError:
                if self.process.poll() is not None or time.monotonic() - self.began > 60:
                    raise SystemExit(f"the program does not answer: see {self.log.name}")
                time.sleep(0.001)

    def memory(self) -> tuple[float, float]:
        """What it holds now and has held at most, in MB."""
        status = Path(f"/proc/{self.process.pid}/status").read_text().splitlines()
        lines = dict(it.split(":", 1) for it in status)
        return tuple(int(lines[name].split()[0]) / 1024 for name in ("VmRSS", "VmHWM"))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=20)
        self.log.close()


class Tokens:
    """An access token of every supervisor, in a file for wrk. They work for 15 minutes, so they are got anew in time."""

    def __init__(self, program: Program):
        self.program = program
        self.emails = psql("select email from sign_ins where email like 'supervisor-%@bench%' order by email").split(
            "\n"
        )
        self.get()

    def get(self):
        self.at = time.monotonic()
        self.all = []
        for email in self.emails:
            credentials = json.dumps({"email": email, "password": PASSWORD})
            self.all.append(
                json.loads(self.program.request("POST", "/v1/auth/login", body=credentials))["access_token"]
            )
        (OUT / "tokens").write_text("\n".join(self.all) + "\n")

    def keep_fresh(self):
        if time.monotonic() - self.at > 600:
            self.get()


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


# --- what is sent ----------------------------------------------------------------------------------------------


def body() -> str:
    now = time.time()
    at = lambda hours: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now - hours * 3600))
    return json.dumps(
        {
            "agency_information_received_at": at(1),
            "absence_began_at": at(4),
            "last_contact_at": at(5),
            "last_contact_place": "At the bus stop",
            "caregiver_learned_at": at(2),
            "determined_missing_at": at(1),
            "missing_type": "absent_without_permission",
            "missing_from": "foster_family_home",
            "whereabouts_known": "no",
            "circumstances": "Did not come home from school. Synthetic.",
        }
    )


def log_file() -> Path:
    return Path(psql("show data_directory", "postgres")).parent / "postgres.log"


LOGGED = "-c log_statement=all -c log_error_verbosity=default"


def record(tokens: Tokens) -> tuple[dict[str, Captured], str]:
    """One request of each kind through a program whose statements are logged, and how it sets its connections up."""
    log, proxy = log_file(), Proxy(OUT / "proxy", f"{SOCKETS}/.s.PGSQL.5432")
    offset = log.stat().st_size
    program = Program(database_url(str(OUT / "proxy"), LOGGED), HOMEWARD_CONNECTIONS="1")
    program.wait()
    captured = {}
    for operation in OPERATIONS:
        lines = (OUT / operation).read_text().splitlines()

        def send(line: int):
            caller, path = lines[line].split(" ", 1)
            if operation == "W":
                key = str(uuid.uuid4())
                program.request("POST", path, tokens.all[int(caller)], (OUT / "body").read_text(), Idempotency_Key=key)
            else:
                program.request("GET", path, tokens.all[int(caller)])

        # The first of a kind prepares its statements.
        for line in range(3):
            send(line * Script.BATCH)
        last = 3 * Script.BATCH
        captured[operation] = capture(operation, last, proxy, log, lambda: send(last))
    program.stop()
    set_up = next((it.text for it in read_log(log, offset) if it.text.startswith("set role")), "")
    if not set_up:
        raise SystemExit("the program sets its connections up in another way: bench.py does not see how")
    options = re.findall(r"set (\w+)(?: =| to)? '?(\w+)'?", set_up)
    return captured, " ".join(f"-c {name}={value}" for name, value in options)


def scripts(captured: dict[str, Captured]) -> dict[str, tuple[Path, Path, dict[str, str]]]:
    """Writes the pgbench scripts, and what was sent in readable form."""
    made = {}
    for operation, it in captured.items():
        of_children = operation in PICKS
        n = it.line // Script.BATCH + 1 if of_children else it.line + 1
        columns = "agency, caller, session, unit, code" + (
            ", child_0 as child, worker_0 as worker" if of_children else ", shown"
        )
        table = f"bench.pick_{operation.lower()}"
        row = json.loads(psql(f"select row_to_json(r) from (select {columns} from {table} where n = {n}) r"))
        shown = row.pop("shown", "{}").strip("{}")
        known = {value: name for name, value in row.items() if value}
        script, fetch, constants = Script(it, known, shown.split(",") if shown else []).build()
        constants["rows"] = psql(f"select count(*) from {table}")
        paths = OUT / f"{operation}.pgbench", OUT / f"{operation}.fetch.pgbench"
        paths[0].write_text(script)
        paths[1].write_text(fetch)
        lines = [f"{operation}: {len(it.statements)} statements in {it.round_trips} round trips"]
        for statement in it.statements:
            lines.append(f"[{statement.turn + 1}] {statement.text}")
            values = zip(statement.types, statement.parameters)
            lines += [f"      ${i} {kind} = {value}" for i, (kind, value) in enumerate(values, 1)]
        (OUT / f"{operation}.statements").write_text("\n".join(lines) + "\n")
        made[operation] = (*paths, constants)
    return made


def check(captured: dict[str, Captured], made, session: str):
    """What pgbench really sends is what the program sent, statement by statement; else nothing here is worth printing."""
    log = log_file()
    for operation, (script, _, constants) in made.items():
        psql("select setval('bench.next_w', 5)")
        offset = log.stat().st_size
        command = pgbench_command(script, constants, 1) + ["-t", "1", DATABASE]
        done = subprocess.run(
            command, text=True, capture_output=True, env={**os.environ, "PGOPTIONS": f"{session} {LOGGED}"}
        )
        if done.returncode or "aborted" in done.stderr:
            raise SystemExit(done.stdout[-2000:] + done.stderr[-2000:])
        time.sleep(0.3)
        # The first one fetches the ids.
        sent, told = normal(read_log(log, offset)[1:]), normal(captured[operation].statements)
        if sent != told:
            differing = [f"  program: {a}\n  pgbench: {b}" for a, b in zip(told, sent) if a != b]
            raise SystemExit(
                f"{operation}: pgbench sends {len(sent)} statements, the program {len(told)}\n" + "\n".join(differing)
            )


# --- a slice ---------------------------------------------------------------------------------------------------


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


# --- the run ---------------------------------------------------------------------------------------------------


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


def starts(tokens: Tokens) -> list[float]:
    """From the start of the process to its first answer to a signed-in person, tables in place."""
    times = []
    number, path = (OUT / "R1").read_text().split("\n", 1)[0].split(" ", 1)
    for _ in range(5):
        program = Program(database_url())
        times.append(program.wait(path, tokens.all[int(number)]))
        program.stop()
    return times


def own_start() -> float:
    """The same with a PostgreSQL of its own, which the program starts too, up to the first answer at all."""
    folder = OUT / "own"
    environment = {"HOMEWARD_DATA_DIR": str(folder)}
    clean = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"}
    subprocess.run([PROGRAM, "migrate"], env={**clean, **environment}, check=True, stdout=subprocess.DEVNULL)
    times = []
    for _ in range(3):
        program = Program("", **environment)
        times.append(program.wait("/readyz"))
        program.stop()
    shutil.rmtree(folder, ignore_errors=True)
    return statistics.median(times)


def machine() -> str:
    model = next(
        (it.split(":")[1].strip() for it in Path("/proc/cpuinfo").read_text().split("\n") if "model name" in it), "?"
    )
    memory = int(Path("/proc/meminfo").read_text().split()[1]) // (1 << 20)
    flush = "?"
    program = shutil.which("pg_test_fsync") or next(
        map(str, Path("/usr/lib/postgresql").glob("*/bin/pg_test_fsync")), None
    )
    if program:
        done = subprocess.run([program, "-s", "1", "-f", str(OUT / "flush")], text=True, capture_output=True)
        line = next((it for it in done.stdout.split("\n") if it.strip().startswith("fdatasync")), "")
        flush = line.split()[-2] + " µs" if line else "?"
        (OUT / "flush").unlink(missing_ok=True)
    return (
        f"{os.cpu_count()} cores ({model}), {memory} GB, {platform.system()} {platform.release()}, "
        f"PostgreSQL {psql('show server_version', 'postgres')}, a flush of the log takes {flush}; "
        "the program, PostgreSQL and the load generator share the cores"
    )


def main():
    settings()
    where = machine()
    loaded = load()
    tidy()
    (OUT / "body").write_text(body())
    program = Program(database_url())
    program.wait()
    at_start = program.memory()[0]
    say("signing in")
    tokens = Tokens(program)
    pick(program, tokens)
    say("recording what the program sends")
    captured, session = record(tokens)
    made = scripts(captured)
    check(captured, made, session)
    cursor = Cursor()
    rows = []
    for operation in OPERATIONS:
        for connections in CONNECTIONS:
            tokens.keep_fresh()
            here, there, ratio = compare(program, operation, connections, made, session, cursor)
            rows.append((operation, connections, here, there, ratio))
            say(
                f"{operation} {connections:3} connections: {here.rate:8,.0f}/s, pgbench {there.rate:8,.0f}/s, ratio {ratio:.2f}"
            )
    held, most = program.memory()
    ceiling = livez(program)
    program.stop()
    say("starting and stopping")
    started = statistics.median(starts(tokens))
    own = own_start()
    report = write_report(rows, captured, ceiling, (at_start, held, most), (started, own), loaded, where)
    tidy()
    print(report)


def write_report(rows, captured, ceiling, memory, start, loaded, where) -> str:
    lines = [
        f"# Measured on {time.strftime('%Y-%m-%d', time.gmtime())}, data set *{SCALE}*",
        "",
        where + ".",
        "",
        "| | conn. | HTTP/s | pgbench/s | ratio | HTTP p50 ms | p99 | max | pgbench p50 | p99 | max "
        "| CPU µs: database + program | pgbench: database | others |",
        "|---|---|---|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for operation, connections, here, there, ratio in rows:
        others = max(here.foreign, there.foreign)
        lines.append(
            f"| {operation} {NAMES[operation]} | {connections} | {here.rate:,.0f} | {there.rate:,.0f} | **{ratio:.2f}** "
            f"| {here.p50:.2f} | {here.p99:.2f} | {here.most:.1f} | {there.p50:.2f} | {there.p99:.2f} | {there.most:.1f} "
            f"| {here.database_us:.0f} + {here.program_us:.0f} | {there.database_us:.0f} | {others:.0%} |"
        )
    ratios = {(operation, connections): ratio for operation, connections, *_, ratio in rows}
    shown = lambda *key: f"{ratios[key]:.2f}" if key in ratios else ""
    lines += [
        "",
        "| | ratio at 16 | good enough | aim | ratio at 64 | aim | statements | round trips | prepared anew |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for operation, it in captured.items():
        enough, aim, most = AIMS[operation]
        lines.append(
            f"| {operation} | {shown(operation, 16)} | {enough} | {aim} | {shown(operation, 64)} | {most} "
            f"| {len(it.statements)} | {it.round_trips} | {it.prepared_again} |"
        )
    lines += [
        "",
        f"`/livez`, 64 connections: {ceiling:,.0f} requests a second.",
        f"Memory: {memory[0]:.0f} MB after the start, {memory[1]:.0f} MB after the load, {memory[2]:.0f} MB at most.",
        f"Start to the first answer for a signed-in person: {start[0] * 1000:.0f} ms; "
        f"with a PostgreSQL of its own to start first, to `/readyz`: {start[1] * 1000:.0f} ms.",
    ]
    if loaded:
        lines.append(f"Loading the data took {loaded:.0f} s.")
    text = "\n".join(lines) + "\n"
    (OUT / "report.md").write_text(text)
    return text


BEGAN = time.monotonic()

if __name__ == "__main__":
    main()
