"""A population of any size: one simulated study, multiplied inside the database.

Courses are entered by the services once; copies are made by INSERT … SELECT with the triggers on,
so that every row, index and event is there as if it had been entered.
"""

from datetime import date

from django.db import connection, transaction

from patients.models import Participant
from reports.demo.load import load
from trial.audit.context import Actor
from trial.audit.context import transaction as acting

PASSWORD = "benchmark-only-password"
BASE = 100

# Table: the foreign keys to move with their copies. Ids of a copy are the original's plus the
# copy's number times STRIDE.
STRIDE = 10_000_000
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
}


def build(today: date) -> None:
    """The demo study with BASE participants, evaluated."""
    load(password=PASSWORD, today=today, participants=BASE, say=lambda _text: None)


def grow_to(participants: int) -> None:
    """Multiply the study until it has about `participants` participants."""
    copies = participants // BASE
    with acting(by=Actor.system("benchmark")), connection.cursor() as cursor:
        for copy in range(1, copies):
            for table, keys in TABLES.items():
                cursor.execute(_copy_sql(cursor, table, keys, copy))
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("analyze")
    assert Participant.objects.count() >= participants


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
        elif name == "code" and table == "patients_participant":
            picked.append(f"code || '-{copy}'")
        else:
            picked.append(f'"{name}"')
    names = ", ".join(f'"{name}"' for name in columns)
    return (
        f"insert into {table} ({names}) overriding system value "
        f"select {', '.join(picked)} from {table} where id < {STRIDE}"
    )
