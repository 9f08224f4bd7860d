#!/usr/bin/env python3
"""What an agency hears in a year, worked out once more from the law and the documents.

Reads the facts (facts.csv: episode, recorded at, what, to whom, kind, at), writes what has to be sent: episode, duty,
recipient, sequence, rung, instant, audience, weight, when its mail leaves. It shares no code, no data and no way of
working with the program: it does not keep a queue, it looks at each stretch of time in which nothing was recorded, and
lists what falls into it.

From docs/reminders.md (the ladder, what presses, the digest), docs/law.md and rules/federal.toml (what is owed, from
when, by when), 42 U.S.C. 671(a)(35), 34 U.S.C. 41308.

A name as second argument breaks one rule on purpose.
"""

import csv
import sys
from datetime import datetime, time, timedelta, timezone
from itertools import groupby
from zoneinfo import ZoneInfo

BROKEN = sys.argv[2] if len(sys.argv) > 2 else ""
CHICAGO = ZoneInfo("America/Chicago")
END = datetime(2027, 1, 1, 6, tzinfo=timezone.utc)
WORKER, BACK_UP, SUPERVISOR, ON_CALL, CONTACT = range(5)
AUDIENCES = ["assigned_worker", "back_up", "supervisor", "on_call", "agency_contact"]
FEDERAL = ["law_enforcement", "ncmec"]


def hours(number):
    return timedelta(hours=number)


def days(number):
    return timedelta(days=number)


class Duty:
    """One thing owed: from when, by when, and whether it is the law that says so."""

    def __init__(self, start, law=None, aim=None, comes_round=False, over=False):
        self.start, self.law, self.aim = start, law, aim
        self.comes_round, self.over = comes_round, over

    @property
    def limit(self):
        return self.law or self.aim


def owed(facts):
    """What is owed by the federal floor, from what was recorded, by (kind, recipient, sequence)."""
    received = [f["at"] for f in facts if f["what"] == "received"][-1]
    recovered = next((f["at"] for f in facts if f["what"] == "recovered"), None)
    closed = any(f["what"] == "closed" for f in facts)
    told = sorted((f for f in facts if f["what"] == "told"), key=lambda f: f["at"])
    done = {f["kind"]: True for f in facts if f["what"] == "done"}

    def contacts(whom):
        return [f for f in told if f["whom"] == whom]

    def first(whom, kind):
        return next((f["at"] for f in contacts(whom) if f["kind"] == kind), None)

    duties = {}
    for whom in FEDERAL:
        reported = first(whom, "initial_report") is not None
        duties["initial_report", whom, 0] = Duty(received, law=received + hours(24), over=reported or closed)
        missing = [f["at"] for f in contacts(whom) if recovered is None or f["at"] < recovered]
        for number, start in enumerate(missing):
            answered = number + 1 < len(missing)
            over = answered or recovered is not None or closed
            aim = start + (days(8) if BROKEN == "contact" else days(7))
            duties["regular_communication", whom, number] = Duty(start, aim=aim, comes_round=True, over=over)
        if recovered is not None:
            noticed = first(whom, "recovery_notice") is not None
            aim = recovered + hours(24)
            duties["recovery_notice", whom, 0] = Duty(recovered, aim=aim, over=noticed or closed)
    report = first("law_enforcement", "initial_report")
    if report is not None:
        ended = recovered is not None or closed
        confirmed = first("law_enforcement", "ncic_confirmation") is not None
        updated = first("law_enforcement", "record_30_day_update") is not None
        aim = report + hours(24)
        duties["ncic_confirmation", "law_enforcement", 0] = Duty(report, aim=aim, over=confirmed or ended)
        duties["record_update", "law_enforcement", 0] = Duty(
            report, law=report + days(30), aim=report + days(25), comes_round=True, over=updated or ended
        )
    if recovered is not None:
        for task in ["return_interview", "screening"]:
            aim = recovered + (hours(71) if BROKEN == "aim" else hours(72))
            duties[task, "", 0] = Duty(recovered, aim=aim, over=task in done or closed)
    return {key: duty for key, duty in duties.items() if not duty.over}


def ladder(duty, until):
    """The rungs up to an instant: (when, who hears it, name)."""
    span = duty.limit - duty.start
    by_law = duty.law is not None
    rungs = []
    if span <= hours(24):
        if not duty.comes_round:
            for hour in [0, 1, 4, 8, 12, 18, 22, 23]:
                if hour == 0 or hours(hour) < span:
                    who = SUPERVISOR if by_law and hour >= 18 else WORKER
                    shift = hours(1) if BROKEN == "eighteenth_hour" and hour == 18 else hours(0)
                    rungs.append((duty.start + hours(hour) + shift, who, f"after_{hour}_hours" if hour else "at_once"))
    else:
        if not duty.comes_round:
            rungs.append((duty.start, WORKER, "at_once"))
        if by_law and duty.aim is not None and duty.limit - duty.aim > hours(24):
            before = (duty.limit - duty.aim) // hours(1)
            rungs.append((duty.aim, WORKER, f"before_{before}_hours"))
        rungs.append((duty.limit - hours(24), WORKER, "before_24_hours"))
    rungs.append((duty.limit, SUPERVISOR if by_law else WORKER, "due"))
    hour = 0
    while duty.limit + hours(hour) < until:
        hour += 1 if by_law and hour < 24 else 24
        third = 72 if BROKEN == "climb" else 48
        who = SUPERVISOR if hour <= 24 else ON_CALL if hour <= third else CONTACT
        rungs.append((duty.limit + hours(hour), who, f"past_{hour}_hours"))
    return [(max(when, duty.start), who, name) for when, who, name in rungs]


def presses(duty, who):
    within_a_day = duty.law is not None and duty.law - duty.start <= days(1)
    return within_a_day or (duty.law is not None and who >= SUPERVISOR) or who >= ON_CALL


def leaves(duty, who, now):
    if presses(duty, who):
        return now
    hour = time(9) if BROKEN == "digest" else time(8)
    local = now.astimezone(CHICAGO)
    morning = datetime.combine(local.date(), hour, CHICAGO).astimezone(timezone.utc)
    if morning < now:
        tomorrow = local.date() + days(1)
        morning = datetime.combine(tomorrow, hour, CHICAGO).astimezone(timezone.utc)
    return morning if morning < duty.limit else now


def stretch(duty, said, begin, end):
    """What goes out for a duty between two records: (now, rung). What is past at the beginning is told once."""
    rungs = [r for r in ladder(duty, end) if r[0] < end or r[0] <= begin]

    def unsaid(rung):
        return said is None or rung[0] > said[0] or rung[1] > said[1]

    past = [r for r in rungs if r[0] <= begin and unsaid(r)]
    for rung in past if BROKEN == "fold" else past[-1:]:
        yield begin, rung
        said = rung
    for rung in rungs:
        if begin < rung[0] and unsaid(rung):
            yield rung[0], rung
            said = rung


def stamp(at):
    return at.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def read(path):
    names = ["episode", "recorded", "what", "whom", "kind", "at"]
    for row in csv.DictReader(open(path, newline=""), fieldnames=names):
        row["recorded"] = datetime.fromisoformat(row["recorded"])
        row["at"] = datetime.fromisoformat(row["at"])
        yield row


def main():
    out = []
    for episode, rows in groupby(read(sys.argv[1]), key=lambda row: row["episode"]):
        facts = list(rows)
        said = {}
        for place, fact in enumerate(facts):
            begin = fact["recorded"]
            end = min(facts[place + 1]["recorded"] if place + 1 < len(facts) else END, END)
            if begin >= end:
                continue
            for key, duty in owed(facts[: place + 1]).items():
                for now, rung in stretch(duty, said.get(key), begin, end):
                    said[key] = rung
                    when, who, name = rung
                    weight = "high" if presses(duty, who) else "low"
                    kind, whom, number = key
                    line = [episode, kind, whom, str(number), name, stamp(now), AUDIENCES[who], weight]
                    out.append(",".join(line + [stamp(leaves(duty, who, now))]))
    sys.stdout.write("\n".join(out) + "\n")


main()
