"""Measures the program over HTTP beside pgbench with the same statements, and writes target/bench/report.md.

Started by tests/bench/run inside a private, durable cluster: DATABASE_URL names it.
"""

import os
import platform
import shutil
import statistics
import subprocess
import time
from pathlib import Path

from common import AIMS, CONNECTIONS, NAMES, OPERATIONS, OUT, SCALE, database_url, psql, say
from data import load, pick, settings, tidy
from program import Program, Tokens, own_start, starts
from sent import body, check, record, scripts
from slices import Cursor, compare, livez


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
    # What pgbench has written is sealed for the row that was recorded, and the program opens it in no other.
    tidy()
    cursor = Cursor()
    rows = []
    for operation in OPERATIONS:
        for connections in CONNECTIONS:
            tokens.keep_fresh()
            here, there, ratio = compare(program, operation, connections, made, session, cursor)
            rows.append((operation, connections, here, there, ratio))
            rates = f"{here.rate:8,.0f}/s, pgbench {there.rate:8,.0f}/s"
            say(f"{operation} {connections:3} connections: {rates}, ratio {ratio:.2f}")
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
    most_foreign = max(max(here.foreign, there.foreign) for _, _, here, there, _ in rows)
    if most_foreign > 0.1:
        lines.append(f"Somebody else used up to {most_foreign:.0%} of the processors: read the ratios, not the rates.")
    if loaded:
        lines.append(f"Loading the data took {loaded:.0f} s.")
    text = "\n".join(lines) + "\n"
    (OUT / "report.md").write_text(text)
    return text


if __name__ == "__main__":
    main()
