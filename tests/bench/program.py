"""The program under test, and who is signed in to it."""

import atexit
import http.client
import json
import os
import shutil
import signal
import socket
import statistics
import subprocess
import time
from pathlib import Path

from common import LISTEN, OUT, PASSWORD, PROGRAM, database_url, psql


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((LISTEN, 0))
        return probe.getsockname()[1]


class Program:
    """`homeward serve`, as it is shipped: every default stands unless `environment` says otherwise, but that one may ask
    for more in a minute than people do."""

    def __init__(self, address: str, **environment: str):
        self.port = free_port()
        settings = {
            "DATABASE_URL": address,
            "HOMEWARD_LISTEN": f"{LISTEN}:{self.port}",
            "HOMEWARD_DATA_DIR": str(OUT / "program"),
            "HOMEWARD_REQUESTS_A_MINUTE": "1000000",
            **environment,
        }
        self.began = time.monotonic()
        self.log = open(OUT / "program.log", "ab")
        self.process = subprocess.Popen(
            [PROGRAM, "serve"], env={**os.environ, **settings}, stdout=self.log, stderr=self.log
        )
        # Also where the measurement fails half-way.
        atexit.register(self.process.kill)

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
    """An access token of every supervisor, in a file for wrk. They work 5 minutes, and are refreshed in time."""

    def __init__(self, program: Program):
        self.program = program
        self.emails = psql("select email from sign_ins where email like 'supervisor-%@bench%' order by email").split(
            "\n"
        )
        self.get("login", [{"email": email, "password": PASSWORD} for email in self.emails])

    def get(self, how: str, proofs: list[dict]):
        self.at = time.monotonic()
        answers = [json.loads(self.program.request("POST", f"/v1/auth/{how}", body=json.dumps(it))) for it in proofs]
        self.all = [it["access_token"] for it in answers]
        self.refresh_tokens = [it["refresh_token"] for it in answers]
        (OUT / "tokens").write_text("\n".join(self.all) + "\n")

    def keep_fresh(self):
        if time.monotonic() - self.at > 200:
            self.get("refresh", [{"refresh_token": it} for it in self.refresh_tokens])


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
