"""The same panel of 14 analytes through three doors: the form, the API, bare psycopg2."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from uuid import uuid4

from psycopg2.extensions import connection as Connection  # noqa: N812
from psycopg2.extras import execute_values

from labs.models import Laboratory, Panel
from tests.benchmarks.browser import Browser
from tests.factories import study as factory
from trial.access.models import Site
from trial.protocol import registry
from visits.models import Visit

FOLLOW_UP = ("W12", "W24", "W36", "W48", "W72", "W96")
VALUES = {
    "ALT": "34", "AST": "31", "ALP": "88", "GGT": "41", "BILI": "14.2", "PROT": "73",
    "ALB": "42.1", "PREALB": "248", "GLOBG": "12.4", "IGG": "12.9", "PT": "12.6", "INR": "1.06",
    "CREAT": "66", "SODIUM": "140",
}  # fmt: skip
HEAD = {"collected_time": "08:15", "sample_state": "good", "pt_isi": "1.05", "pt_mnpt": "12.0"}


def unit(code: str) -> str:
    return registry.latest().analyte(code).canonical_unit.code


def open_visits(participants: int) -> Iterator[Visit]:
    """Follow-up visits of new participants of site 01, all past and still without labs.

    Each has had labs at day 0: who gets the first panel of all is an exception.
    """
    site = Site.objects.get(code="01")
    assert {one.code for one in registry.latest().panel("W12")} == set(VALUES)
    day0 = site.today() - timedelta(days=690)
    people = [factory.enrolled(site, day0=day0) for _ in range(participants)]
    laboratory = Laboratory.objects.get(code="LAB01")
    for person in people:
        factory.enter(person, "D0", {"ALT": "300"}, laboratory)
    rows = Visit.objects.filter(participant__in=people, code__in=FOLLOW_UP)
    return iter(list(rows.select_related("participant").order_by("position", "participant")))


def form_fields(visit: Visit, laboratory: int) -> dict[str, str]:
    """What the browser sends for a visit without labs."""
    rows = {f"v-{code}": text for code, text in VALUES.items()}
    units = {f"u-{code}": unit(code) for code in VALUES}
    return {
        **HEAD, **rows, **units, "laboratory": str(laboratory), "dialysis": "no", "reason": "",
        "collected_on": f"{visit.target_on}", "version": "0", "key": str(uuid4()),
    }  # fmt: skip


def by_form(browser: Browser, hidden: dict[str, str], visit: Visit, laboratory: int) -> None:
    answer = browser.post(f"/visits/{visit.pk}/labs/", form_fields(visit, laboratory) | hidden)
    assert answer.status == 302, answer.body.decode()
    assert answer.headers["Location"].endswith("?saved=1"), answer.headers["Location"]


def api_body(visit: Visit, laboratory: str) -> bytes:
    body = {
        **HEAD, "participant": visit.participant.code, "visit": visit.code, "base_version": 0,
        "laboratory": laboratory, "collected_on": f"{visit.target_on}", "dialysis": False,
        "results": [
            {"analyte": code, "value": text, "unit": unit(code)} for code, text in VALUES.items()
        ],
    }  # fmt: skip
    return json.dumps(body).encode()


def by_api(browser: Browser, visit: Visit, laboratory: str) -> None:
    answer = browser.post(
        "/api/v1/lab-panels/",
        api_body(visit, laboratory),
        kind="application/json",
        headers={"Idempotency-Key": str(uuid4())},
    )
    assert answer.status == 201, answer.body.decode()


@dataclass
class Bare:
    """The rows that a save has written, written again for other visits, with nothing around."""

    connection: Connection
    context: str
    panel: dict[str, object]
    results: list[dict[str, object]]

    @classmethod
    def after(cls, visit: Visit, connection: Connection, context: str) -> "Bare":
        """Copies what was saved for `visit`."""
        panel = Panel.objects.get(visit=visit)
        rows = [_columns(row, "panel_id") for row in panel.results.order_by("pk")]
        assert len(rows) == len(VALUES)
        return cls(connection, context, _columns(panel, "visit_id"), rows)

    def save(self, visit: Visit) -> None:
        """One transaction, five statements."""
        with self.connection, self.connection.cursor() as cursor:
            cursor.execute("select set_config('app.context', %s, true)", [self.context])
            names = ", ".join(self.panel)
            places = ", ".join(["%s"] * len(self.panel))
            cursor.execute(
                f"insert into labs_panel (visit_id, {names}) values (%s, {places}) returning id",
                [visit.pk, *self.panel.values()],
            )
            panel = cursor.fetchone()[0]
            execute_values(
                cursor,
                f"insert into labs_result (panel_id, {', '.join(self.results[0])}) values %s",
                [(panel, *row.values()) for row in self.results],
            )
            cursor.execute(
                "update visits_visit set status = 'held', held_on = target_on,"
                " version = version + 1 where id = %s",
                [visit.pk],
            )
            cursor.execute(
                "insert into labs_series (participant_id, version, changed_at)"
                " values (%s, 2, now()) on conflict (participant_id)"
                " do update set version = labs_series.version + 1, changed_at = now()",
                [visit.participant_id],
            )


def _columns(row, parent: str) -> dict[str, object]:
    """A row's values by column, without its key and its parent's."""
    names = [field.attname for field in row._meta.concrete_fields]
    return {f'"{name}"': getattr(row, name) for name in names if name not in ("id", parent)}
