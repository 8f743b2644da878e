"""Reading what the forms say about a participant's eligibility.

The score needs the laboratory, which stands above this app: it comes from the panel that the labs
have registered for the diagnosis form.
"""

from patients.diagnosis_scores import Scores
from patients.eligibility import Backing, backing_of
from patients.models import Participant
from trial.crf.panels import panels_of
from trial.crf.selectors import facts_of
from trial.protocol.casebook.forms import BY_CODE
from trial.protocol.version import ProtocolVersion


def backing_for(participant: Participant, protocol: ProtocolVersion) -> Backing:
    """The proposals for a participant's criteria. Two statements, one without a diagnosis."""
    facts = facts_of([participant.pk])[participant.pk]
    row = next(iter(facts.all("diagnosis")), None)
    panels = panels_of(BY_CODE["diagnosis"], facts, participant, protocol, row)
    scores: Scores | None = panels[0].context["scores"] if panels else None
    return backing_of(facts, scores, protocol.eligibility.minimum_score)
