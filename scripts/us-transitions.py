#!/usr/bin/env python3
"""Write crates/domain/src/zone/us_transitions.csv: when US clocks change, 2000 to 2060.

The tests of `domain::zone` hold chrono-tz to this file. It is made by another implementation
(Python's zoneinfo reading the system's compiled tzdata), so a mistake in one shows in the other.

    python3 scripts/us-transitions.py > crates/domain/src/zone/us_transitions.csv

One line per change of the UTC offset: zone, instant (UTC), seconds east of UTC before and after it.
Each zone opens with a line for the start of 2000, where nothing changes: the offset it begins with.
"""

import sys
import zoneinfo
from datetime import datetime, timedelta, timezone
from pathlib import Path

ZONES = """
America/Adak America/Anchorage America/Boise America/Chicago America/Denver America/Detroit
America/Indiana/Indianapolis America/Indiana/Knox America/Indiana/Marengo America/Indiana/Petersburg
America/Indiana/Tell_City America/Indiana/Vevay America/Indiana/Vincennes America/Indiana/Winamac
America/Juneau America/Kentucky/Louisville America/Kentucky/Monticello America/Los_Angeles
America/Menominee America/Metlakatla America/New_York America/Nome America/North_Dakota/Beulah
America/North_Dakota/Center America/North_Dakota/New_Salem America/Phoenix America/Puerto_Rico
America/Sitka America/St_Thomas America/Yakutat Pacific/Guam Pacific/Honolulu Pacific/Pago_Pago
""".split()

START = datetime(2000, 1, 1, tzinfo=timezone.utc)
END = datetime(2061, 1, 1, tzinfo=timezone.utc)
STEP = timedelta(hours=12)  # no US zone changed its clocks twice in half a day
SECOND = timedelta(seconds=1)


def offset(zone, at):
    return int(at.astimezone(zone).utcoffset().total_seconds())


def first_instant_after(zone, low, high):
    """The change lies in (low, high]: halve until it is one second wide."""
    before = offset(zone, low)
    while high - low > SECOND:
        middle = low + timedelta(seconds=int((high - low).total_seconds()) // 2)
        if offset(zone, middle) == before:
            low = middle
        else:
            high = middle
    return high


def transitions(zone):
    at = START
    while at < END:
        later = at + STEP
        if offset(zone, at) != offset(zone, later):
            yield first_instant_after(zone, at, later)
        at = later


def tzdata_version():
    for folder in zoneinfo.TZPATH:
        listing = Path(folder) / "tzdata.zi"
        if listing.exists():
            return listing.read_text().split("\n", 1)[0].removeprefix("# version ")
    return "unknown"


def row(name, zone, at, before):
    print(f"{name},{at:%Y-%m-%dT%H:%M:%SZ},{before},{offset(zone, at)}")


def main():
    print(f"# scripts/us-transitions.py: Python {sys.version.split()[0]} zoneinfo, tzdata {tzdata_version()}")
    print("zone,at,offset_before,offset_after")
    for name in ZONES:
        zone = zoneinfo.ZoneInfo(name)
        row(name, zone, START, offset(zone, START))
        for at in transitions(zone):
            row(name, zone, at, offset(zone, at - SECOND))


if __name__ == "__main__":
    main()
