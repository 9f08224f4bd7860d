"""What the program sends to PostgreSQL for one request, and the pgbench script that sends the same.

The texts and the parameters come from PostgreSQL's own log (log_statement=all); which of them travel together comes
from a proxy on the socket. So the scripts cannot drift away from the program: they are made from it at each run.
"""

import re
import select
import socket
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
ENTRY = re.compile(r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+ \S+ \[\d+\] ([A-Z]+):  (.*)$")
PARAMETER = re.compile(r"\$(\d+) = (NULL|'(?:[^']|'')*')")
# The types by which the program declares its parameters.
TYPES = {
    16: "bool",
    17: "bytea",
    20: "int8",
    21: "int2",
    23: "int4",
    25: "text",
    114: "json",
    1043: "varchar",
    1082: "date",
    1184: "timestamptz",
    2950: "uuid",
    2951: "uuid[]",
    1009: "text[]",
    3802: "jsonb",
}


class Proxy:
    """Stands between the program and PostgreSQL, and notes which messages came in one go."""

    def __init__(self, folder: Path, upstream: str):
        self.folder, self.upstream = folder, upstream
        self.turns: list[list[str]] = []
        self.parsed: dict[str, list[int]] = {}
        self.prepared_again = 0
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / ".s.PGSQL.5432"
        path.unlink(missing_ok=True)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(path))
        self.listener.listen(8)
        threading.Thread(target=self._accept, daemon=True).start()

    def forget(self):
        self.turns, self.prepared_again = [], 0

    def _accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        server = socket.socket(socket.AF_UNIX)
        server.connect(self.upstream)
        pending, started, answered = b"", False, True
        while True:
            readable, _, _ = select.select([client, server], [], [])
            if server in readable:
                data = server.recv(1 << 16)
                if not data:
                    break
                client.sendall(data)
                answered = True
            if client in readable:
                # What is sent without waiting for an answer arrives within a moment.
                data = b""
                while select.select([client], [], [], 0.005)[0]:
                    more = client.recv(1 << 16)
                    if not more:
                        break
                    data += more
                if not data:
                    break
                if answered:
                    self.turns.append([])
                answered = False
                pending = pending + data
                if not started:
                    pending, started = pending[int.from_bytes(pending[:4], "big") :], True
                pending = self._note(pending)
                server.sendall(data)
        client.close()
        server.close()

    def _note(self, data: bytes) -> bytes:
        bound = ""
        while len(data) >= 5:
            length = 1 + int.from_bytes(data[1:5], "big")
            if len(data) < length:
                break
            kind, payload, data = chr(data[0]), data[5:length], data[length:]
            if kind == "P":
                name, text, rest = payload.split(b"\0", 2)
                count = int.from_bytes(rest[:2], "big")
                self.parsed[name.decode()] = [int.from_bytes(rest[2 + 4 * i : 6 + 4 * i], "big") for i in range(count)]
                self.prepared_again += 1
            elif kind == "B":
                bound = payload.split(b"\0", 2)[1].decode()
            elif kind == "E":
                self.turns[-1].append("E:" + bound)
            elif kind == "Q":
                self.turns[-1].append("Q")
        return data


@dataclass
class Statement:
    text: str
    parameters: list[str | None] = field(default_factory=list)
    types: list[str] = field(default_factory=list)
    turn: int = 0


@dataclass
class Captured:
    operation: str
    statements: list[Statement]
    round_trips: int
    prepared_again: int
    # The line of the prepared file that the request came from.
    line: int


def read_log(path: Path, offset: int) -> list[Statement]:
    """The statements logged after `offset`, in order."""
    with open(path, "rb") as file:
        file.seek(offset)
        text = file.read().decode()
    entries: list[list[str]] = []
    for line in text.split("\n"):
        begin = ENTRY.match(line)
        if begin:
            entries.append([begin[1], begin[2]])
        elif line.startswith("\t") and entries:
            entries[-1][1] += "\n" + line[1:]
    statements: list[Statement] = []
    for level, message in entries:
        if level == "LOG" and message.startswith("statement: "):
            statements.append(Statement(message.removeprefix("statement: ")))
        elif level == "LOG" and (found := re.match(r"execute [^:]*: ", message)):
            # On one line a comment would swallow what stands behind it.
            statements.append(Statement(re.sub(r"--[^\n]*", "", message[found.end() :])))
        elif level == "DETAIL" and message.startswith("parameters: ") and statements:
            values = [value for _, value in PARAMETER.findall(message)]
            statements[-1].parameters = [None if it == "NULL" else it[1:-1].replace("''", "'") for it in values]
    return statements


def capture(operation: str, line: int, proxy: Proxy, log: Path, send) -> Captured:
    """Sends the request once more, now that the program has prepared what it needs for it."""
    proxy.forget()
    offset = log.stat().st_size
    send()
    time.sleep(0.3)
    statements = read_log(log, offset)
    flat = [(turn, what) for turn, whats in enumerate(filter(None, proxy.turns)) for what in whats]
    if len(flat) != len(statements):
        raise SystemExit(f"{operation}: {len(statements)} statements in the log, {len(flat)} on the wire")
    for statement, (turn, what) in zip(statements, flat):
        statement.turn = turn
        oids = proxy.parsed.get(what.removeprefix("E:"), []) if what.startswith("E:") else []
        unknown = [it for it in oids if it not in TYPES]
        if unknown:
            raise SystemExit(f"{operation}: parameters of unknown types {unknown}: add them to capture.TYPES")
        statement.types = [TYPES[it] for it in oids]
    return Captured(operation, statements, flat[-1][0] + 1, proxy.prepared_again, line)


def normal(statements: list[Statement]) -> list[str]:
    """The texts without what pgbench has to write in another way: parameters, their types, and `set local`."""
    texts = []
    for statement in statements:
        for text in statement.text.split(";") if not statement.parameters else [statement.text]:
            text = re.sub(r"set local (\S+) = '[^']*'", r"select set_config('\1', $1, true)", text)
            text = re.sub(r"(\$\d+|\bnull(?=::))(::\w+(\[\])?)*", "$", text)
            texts.append(" ".join(text.split()).rstrip("; "))
    return [it for it in texts if it]


class Script:
    """A pgbench script that does for many callers and children what the program did for one.

    The ids in the parameters are what differs from request to request. Those of the caller and the child (`known`)
    are picked from the table `bench.pick_*`; those that the program made up are made up anew. pgbench can do neither
    by itself, so one statement fetches them for `BATCH` requests; what that costs is measured and taken off.
    """

    BATCH = 4
    # So many children of one caller stand in one row.
    PER_REQUEST = {"child", "worker"}

    def __init__(self, captured: Captured, known: dict[str, str], shown: list[str]):
        self.captured, self.known = captured, known
        self.shown = "{" + ",".join(shown) + "}" if shown else ""
        self.constants: dict[str, str] = {}
        self.fresh: dict[str, str] = {}
        self.fetched: dict[str, str] = {}

    def build(self) -> tuple[str, str, dict[str, str]]:
        """The script, the script that only fetches, and the variables that never change."""
        turns: dict[int, list[str]] = {}
        for statement in self.captured.statements:
            turns.setdefault(statement.turn, []).extend(self._commands(statement))
        request = []
        for commands in turns.values():
            together = len(commands) > 1
            request.extend(["\\startpipeline", *commands, "\\endpipeline"] if together else commands)
        random = "1 + (random() * (:rows - 1))::bigint"
        # A child can be found missing only once.
        next_row = "nextval('bench.next_w')" if self.captured.operation == "W" else random
        fetch = self._fetch(next_row)
        lines = [f"\\set i (:i + 1) % {self.BATCH}", "\\if :i = 0", fetch, "\\endif"]
        for number in range(self.BATCH):
            lines.append(("\\elif" if number else "\\if") + f" :i = {number}")
            lines.extend(command.replace("@", f"_{number}") for command in request)
        lines.append("\\endif")
        constants = {"i": str(self.BATCH - 1), **self.constants}
        return "\n".join(lines) + "\n", self._fetch(random) + "\n", constants

    def _commands(self, statement: Statement) -> list[str]:
        if not statement.parameters:
            return [self._simple(part.strip()) for part in statement.text.split(";") if part.strip()]
        if "@" in statement.text:
            raise SystemExit("a statement has an @ in it: capture.py needs another mark")

        def argument(found):
            at = int(found[1]) - 1
            value, kind = statement.parameters[at], statement.types[at]
            return f"null::{kind}" if value is None else f":{self._variable(value)}::{kind}"

        return [re.sub(r"\$(\d+)", argument, statement.text).replace("\n", " ") + ";"]

    def _simple(self, text: str) -> str:
        """A setting cannot be a parameter of `set`, so `set local` becomes the function that does the same."""
        found = re.fullmatch(r"set local (\S+) = '([^']*)'", text)
        if not found:
            return text + ";"
        return f"select set_config('{found[1]}', :{self._variable(found[2])}::text, true);"

    def _variable(self, value: str) -> str:
        """The pgbench variable that stands for `value`; an @ at its end becomes the number of the request."""
        if not UUID.search(value) and value not in self.known:
            return self._constant("k", value)
        if value == self.shown:
            expression = "p.shown"
        elif UUID.fullmatch(value) or value in self.known:
            expression = self._slot(value)
        else:
            slots = list(dict.fromkeys(self._slot(it) for it in UUID.findall(value)))
            place = lambda found: f"%{slots.index(self._slot(found[0])) + 1}$s"
            template = self._constant("t", UUID.sub(place, value.replace("%", "%%")))
            expression = f"format(:{template}::text, {', '.join(slots)})"
        name = self.fetched.setdefault(expression, f"v{len(self.fetched)}")
        return name + "@" if "@" in expression else name

    def _constant(self, kind: str, value: str) -> str:
        for name, known in self.constants.items():
            if known == value and name[0] == kind:
                return name
        name = f"{kind}{len(self.constants)}"
        self.constants[name] = value
        return name

    def _slot(self, uuid: str) -> str:
        if uuid in self.known:
            name = self.known[uuid]
            return f"p.{name}@" if name in self.PER_REQUEST else f"p.{name}"
        return f"s.{self.fresh.setdefault(uuid, f'f{len(self.fresh)}')}@"

    def _fetch(self, row: str) -> str:
        batch = [f"_{number}" for number in range(self.BATCH)]
        columns = []
        for expression, name in self.fetched.items():
            each = batch if "@" in expression else [""]
            columns += [f"{expression.replace('@', it)} as {name}{it}" for it in each]
        ids = [f"bench.new_id() as {name}{it}" for name in self.fresh.values() for it in batch]
        table = f"bench.pick_{self.captured.operation.lower()}"
        return (
            f"select {', '.join(columns)} from (select {', '.join(ids) or 'null'} offset 0) s, {table} p "
            f"where p.n = (select {row}) \\gset"
        )
