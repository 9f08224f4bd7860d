"""What is sent: recorded from the program, given to pgbench, and compared."""

import json
import os
import re
import subprocess
import time
import uuid
from pathlib import Path

from capture import Captured, Proxy, Script, capture, normal, read_log
from common import DATABASE, OPERATIONS, OUT, SOCKETS, database_url, psql
from data import PICKS
from program import Program, Tokens
from slices import pgbench_command


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
    """What pgbench really sends is what the program sent, statement by statement; else there is no report."""
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
