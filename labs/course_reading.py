"""What the relapse rules (c) and (d) take from the forms: changes of therapy and biopsies.

Only what is settled reaches the rules; what is open is told beside the form (clinical rules §3.2).
"""

from collections.abc import Sequence

from labs.course_inputs import Step, Therapy, therapy_of
from labs.series import Biopsy, TherapyChange
from patients.models import AihTherapy, Participant
from patients.therapy_lines import TherapyLine, lines_of, raised_by
from trial.protocol.therapy import SteroidParameters
from visits.selectors.histology import final_readings


def therapy_changes(
    participant: Participant, parameters: SteroidParameters
) -> tuple[TherapyChange, ...]:
    """The recorded steps that reinstitute or escalate treatment. One statement."""
    rows = AihTherapy.objects.standing().filter(participant=participant).order_by("number")
    return changes_of(lines_of((row.number, row.values) for row in rows), parameters).changes


def changes_of(lines: Sequence[TherapyLine], parameters: SteroidParameters) -> Therapy:
    """The steps of the lines as the rules take them; `open` are places in `lines`."""
    steps = [
        Step(line.first_day, raised_by(line, lines, parameters), line.for_relapse) for line in lines
    ]
    return therapy_of(steps)


def biopsies(participant: Participant) -> tuple[Biopsy, ...]:
    """The biopsies with the grade that counts by central reading; one that is not read yet has
    none. What was taken on an unknown day is left out: it can't be put in order."""
    found = final_readings([participant.pk]).get(participant.pk, ())
    return tuple(
        Biopsy(one.taken_on, one.mhai, adequate=one.adequate is not False)
        for one in found
        if one.taken_on is not None
    )
