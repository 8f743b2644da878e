"""Files of 25,000, 100,000 and 200,000 rows through `manage.py import_labs`: time and memory."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

from labs.models import Laboratory, Panel, Result
from tests.benchmarks import installation, panels
from tests.benchmarks.conftest import free_port, say
from tests.benchmarks.installation import Study
from tests.benchmarks.measure import show
from tests.factories import study as factory
from trial import database
from trial.audit.models import Event
from trial.processes import MANAGE

PEOPLE = 200
SIZES = (25_000, 100_000, 200_000)
MOST_GROWTH_KB = 60_000  # from the smallest to the largest file, of eight times its rows


def test_import_time_and_memory(environment, folder, django_db_blocker):
    admin = database.elsewhere(environment["ADMIN_DATABASE_URL"], "postgres")
    passwords = database.from_environment(environment)[2]
    database.prepare(admin, "imports", passwords)
    study = Study(PEOPLE, installation.on(environment, "imports", free_port()))
    installation.migrate(study.environment)
    rows, peaks = [], []
    with django_db_blocker.unblock(), study.here():
        say(f"{PEOPLE} participants for the imports")
        site = factory.make_site()
        laboratory = factory.make_laboratory(site, "LAB01")
        people = [factory.enrolled(site) for _ in range(PEOPLE)]
        for number, size in enumerate(SIZES):
            path = folder / f"import-{size}.csv"
            count = write(path, people, size, first_day=number * 100)
            peak = import_file(path, study, laboratory)
            peaks.append(peak)
            rows.append((count, f"{path.stat().st_size / 1e6:.1f}", *spent(), peak // 1_000))
        assert Result.objects.count() == sum(row[0] for row in rows)
        assert Panel.objects.count() == Result.objects.count() // len(panels.VALUES)
    head = ("rows", "MB", "check, s", "import (one transaction), s", "peak memory, MB")
    show("Import of a laboratory's file", head, rows)
    assert max(peaks) - min(peaks) < MOST_GROWTH_KB


def write(path: Path, people: Sequence, size: int, *, first_day: int) -> int:
    """Unscheduled samples of 14 analytes, everybody's first, then everybody's second, ..."""
    samples = size // len(panels.VALUES) // len(people)
    with path.open("w", encoding="utf-8") as file:
        file.write("participant,visit,collected_on,analyte,value,unit\n")
        for number in range(samples):
            day = factory.DAY0 - timedelta(days=10) + timedelta(days=first_day + number)
            for person in people:
                for code, text in panels.VALUES.items():
                    unit = panels.unit(code)
                    file.write(f"{person.code},UNS,{day},{code},{text},{unit}\n")
    return samples * len(people) * len(panels.VALUES)


def import_file(path: Path, study: Study, laboratory: Laboratory) -> int:
    """Run the command in a process of its own; its peak memory in kB."""
    command = [sys.executable, MANAGE, "import_labs", str(path), "--site", "01"]
    pid = os.posix_spawn(command[0], command, {**os.environ, **study.environment})
    _pid, status, used = os.wait4(pid, 0)
    assert status == 0
    assert laboratory.imports.latest("id").status == "applied"
    return used.ru_maxrss


def spent() -> tuple[str, str]:
    """Seconds of the last file's check and of its import, by the audit trail's clock."""
    last = Event.objects.filter(table_name="labs_importbatch").latest("id").record_id
    steps = Event.objects.filter(table_name="labs_importbatch", record_id=last, kind="update")
    at = {event.new["status"]: event.at for event in steps}
    check = at["checked"] - at["checking"]
    write_ = at["applied"] - at["applying"]
    return f"{check.total_seconds():.1f}", f"{write_.total_seconds():.1f}"
