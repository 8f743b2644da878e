"""Importing a laboratory's file, on real PostgreSQL with the application's rights."""

from datetime import timedelta
from decimal import Decimal

import pytest

from labs.models import ImportStatus, Panel, Result, Series
from tests.factories import study
from tests.integration.labs.importing import again, bring, by, findings, table
from trial.access.exceptions import Refused
from trial.audit.models import Event
from visits.models import Status, Visit


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def rows(participant):
    w12 = study.visit_of(participant, "W12")
    day = w12.target_on.isoformat()
    return (
        f"{participant.code},W12,{day},ALT,35,U/L,",
        f'{participant.code},W12,{day},AST,"30,5",U/L,',
        f"{participant.code},W12,{day},BILI,1.2,mg/dl,",
        f"{participant.code},W12,{day},IGG,<0.9,g/L,",
    )


def test_a_file_becomes_the_panel_that_the_form_would_have_saved(cast, participant, rows):
    batch = bring(cast, table(*rows))

    assert batch.status == ImportStatus.APPLIED, batch.failure
    panel = Panel.objects.get()
    found = {row.analyte: row for row in panel.results.all()}
    assert (found["AST"].text, found["AST"].value) == ("30,5", Decimal("30.5"))
    assert (found["BILI"].unit, found["BILI"].canonical) == ("mg/dL", Decimal("20.5248"))
    assert (found["IGG"].comparator, found["IGG"].value) == ("<", Decimal("0.9"))
    assert (panel.filled, panel.version, panel.source, panel.saved_by) == (4, 1, "import", "coordinator")
    visit = Visit.objects.get(pk=panel.visit_id)
    assert (visit.code, visit.status, visit.held_on) == ("W12", Status.HELD, visit.target_on)
