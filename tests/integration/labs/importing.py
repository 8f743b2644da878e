"""Bringing a file in as its users would: uploaded, checked, confirmed, applied."""

import io

from labs.importing import mapping as mappings
from labs.models import ImportBatch
from labs.services import imports
from tests.factories import study
from trial.audit.context import Actor

HEADER = "participant,visit,collected_on,analyte,value,unit,comment"


def table(*rows, header=HEADER):
    return "\r\n".join([header, *rows, ""]).encode()


def bring(
    cast, content, *, mapping=None, apply=True, skip_errors=False, name="results.csv", **more
):
    """Upload and work off; returns the batch as it stands afterwards."""
    values = {"site": cast.site, "laboratory": cast.laboratory, "by": by(cast)} | more
    batch = imports.upload(
        file=io.BytesIO(content),
        file_name=name,
        mapping=mapping or mappings.builtin("long"),
        apply_when_checked=apply,
        skip_errors=skip_errors,
        **values,
    )
    imports.work(batch_id=batch.pk, process="test")
    return again(batch)


def again(batch):
    return ImportBatch.objects.get(pk=batch.pk)


def by(cast, user=None):
    return Actor.of(user or cast.coordinator, role="coordinator", site="01")


def findings(batch, kind=None):
    """(line, column, code) of the batch's findings in order."""
    rows = batch.findings.order_by("line", "id")
    return [(r.line, r.column, r.code) for r in rows if kind in (None, r.kind)]


SETUP = study.SETUP
