"""What every part of the measurement knows: the sizes, the places, the database."""

import os
import subprocess
import sys
import time
import urllib.parse
from pathlib import Path

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
BEGAN = time.monotonic()


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
