"""A population of any size: one simulated study, multiplied inside the database.

Courses are entered by the services once; copies are made by INSERT … SELECT with the triggers on,
so that every row, index and event is there as if it had been entered.
"""

import json
from datetime import date

from django.db import connection
from django.db.models import Count
from django.test import override_settings

from labs.selectors import pending
from labs.services.evaluation import evaluate_pending
from patients.codes import make_code
from patients.models import Participant
from reports.demo.load import load
from trial.audit.context import Actor
from trial.audit.context import transaction as acting

PASSWORD = "benchmark-only-password"
BASE = 100  # enrolled; a screening failure for every ten comes on top
ARGON2 = ["django.contrib.auth.hashers.Argon2PasswordHasher"]

# Ids of a copy are the original's plus the copy's number times STRIDE: the sequences, which count
# the originals, never reach them.
STRIDE = 10_000_000
# Each table with its references to rows that are copied too.
TABLES: dict[str, tuple[str, ...]] = {
    "patients_participant": (),
    "patients_consent": ("participant_id",),
    "patients_criterionanswer": ("participant_id",),
    "visits_visit": ("participant_id",),
    "labs_series": ("participant_id",),
    "labs_panel": ("visit_id",),
    "labs_result": ("panel_id",),
    "labs_evaluationrun": ("series_id",),
    "labs_meldscore": ("run_id", "panel_id", "replaced_by_id"),
    "labs_responseassessment": ("run_id", "participant_id", "panel_id", "replaced_by_id"),
    "inbox_item": ("participant_id",),
}
CODES = {"patients_participant": "code", "inbox_item": "participant_code"}


def build(today: date) -> None:
    """The demo study with BASE participants, evaluated."""
    with override_settings(PASSWORD_HASHERS=ARGON2):
        load(password=PASSWORD, today=today, participants=BASE, say=lambda _text: None)
    while evaluate_pending(process="benchmark"):
        pass
    assert not pending().exists()


def grow_to(participants: int) -> None:
    """Multiply the study until `participants` are enrolled."""
    copies = participants // BASE
    with acting(by=Actor.system("benchmark")), connection.cursor() as cursor:
        for copy in range(1, copies):
            codes = json.dumps(_codes(copy))
            for table, keys in TABLES.items():
                cursor.execute(_copy_sql(cursor, table, keys, copy), {"codes": codes})
    assert Participant.objects.count() >= participants
    assert not pending().exists()


def _codes(copy: int) -> dict[str, str]:
    """Each original's code with its copy's: running numbers stay without a gap at each site."""
    originals = Participant.objects.filter(pk__lt=STRIDE)
    sizes = dict(originals.order_by().values_list("site").annotate(Count("pk")))
    return {
        person.code: make_code(person.site.code, _number(person) + copy * sizes[person.site_id])
        for person in originals.select_related("site")
    }


def _number(person: Participant) -> int:
    return int(person.code.partition("-")[2][:-1])


def _copy_sql(cursor, table: str, keys: tuple[str, ...], copy: int) -> str:
    cursor.execute(
        "select column_name from information_schema.columns where table_name = %s "
        "and table_schema = 'public' order by ordinal_position",
        [table],
    )
    columns = [name for (name,) in cursor.fetchall()]
    shift = copy * STRIDE
    picked = []
    for name in columns:
        if name == "id" or name in keys:
            picked.append(f'"{name}" + {shift}')
        elif name == CODES.get(table):
            picked.append(f"%(codes)s::jsonb ->> {name}")
        elif name == "cause":
            picked.append(f"cause || ' copy {copy}'")
        else:
            picked.append(f'"{name}"')
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"insert into {table} ({names}) overriding system value "
        f"select {', '.join(picked)} from {table} where id < {STRIDE}"
    )
