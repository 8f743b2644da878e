"""The forms about side effects as tables. They belong to the person: none is tied to a visit."""

from patients.models import ParticipantRow
from trial.crf.models import table_of
from trial.protocol.casebook import (
    adverse_event,
    death,
    pregnancy_report,
    serious_event,
    sponsor_assessment,
)

AdverseEvent = table_of(adverse_event.FORM, ParticipantRow, __name__)
SeriousEvent = table_of(serious_event.FORM, ParticipantRow, __name__)
SponsorAssessment = table_of(sponsor_assessment.FORM, ParticipantRow, __name__)
PregnancyReport = table_of(pregnancy_report.FORM, ParticipantRow, __name__)
Death = table_of(death.FORM, ParticipantRow, __name__)
