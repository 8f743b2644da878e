"""The data elements of ICH E2B(R3) that a report of this study has, with ICH's own numbers.

`needed`: mandatory by ICH in every case, in every reaction (E.i) or in every drug (G.k), or what a
report from a study always has (the reporter's country, D.5, D.7.2, the words of E.i.1.1). The same
element of several repetitions has the same number. MedDRA codes are licensed: their elements are
listed, and named as missing where the customer's dictionary has not coded a term (clinical rules
§10.4).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType


@dataclass(frozen=True, slots=True)
class Definition:
    """One element: its number, ICH's name for it, and whether it is always needed."""

    id: str
    name: str
    needed: bool = False


_MUST = True
_LIST = (
    Definition("C.1.1", "Sender's (case) Safety Report Unique Identifier", _MUST),
    Definition("C.1.2", "Date of Creation", _MUST),
    Definition("C.1.3", "Type of Report", _MUST),
    Definition("C.1.4", "Date Report Was First Received from Source", _MUST),
    Definition("C.1.5", "Date of Most Recent Information for This Report", _MUST),
    Definition("C.1.6.1", "Are Additional Documents Available?", _MUST),
    Definition("C.1.7", "Does This Case Fulfil the Local Criteria for an Expedited Report?", _MUST),
    Definition("C.1.8.1", "Worldwide Unique Case Identification", _MUST),
    Definition("C.1.8.2", "First Sender of This Case", _MUST),
    Definition("C.1.9.1", "Other Case Identifiers in Previous Transmissions", _MUST),
    Definition("C.2.r.3", "Reporter's Country Code", _MUST),
    Definition("C.2.r.4", "Qualification", _MUST),
    Definition("C.2.r.5", "Primary Source for Regulatory Purposes", _MUST),
    Definition("C.3.1", "Sender Type", _MUST),
    Definition("C.3.2", "Sender's Organisation", _MUST),
    Definition("C.5.1.r.1", "Study Registration Number"),
    Definition("C.5.1.r.2", "Study Registration Country"),
    Definition("C.5.2", "Study Name"),
    Definition("C.5.3", "Sponsor Study Number"),
    Definition("C.5.4", "Study Type Where Reaction(s) / Event(s) Were Observed", _MUST),
    Definition("D.1", "Patient (name or initials)", _MUST),
    Definition("D.1.1.4", "Patient Medical Record Number(s) (Investigation Number)"),
    Definition("D.2.3", "Patient Age Group (as per reporter)"),
    Definition("D.3", "Body Weight (kg)"),
    Definition("D.4", "Height (cm)"),
    Definition("D.5", "Sex", _MUST),
    Definition("D.7.2", "Text for Relevant Medical History and Concurrent Conditions", _MUST),
    Definition("D.7.3", "Concomitant Therapies"),
    Definition("D.9.1", "Date of Death"),
    Definition("D.9.2.r.2", "Reported Cause(s) of Death (free text)"),
    Definition("D.9.3", "Was Autopsy Done?"),
    Definition("E.i.1.1a", "Reaction / Event as Reported by the Primary Source in Native Language",
               _MUST),
    Definition("E.i.1.1b", "Reaction / Event as Reported by the Primary Source Language", _MUST),
    Definition("E.i.1.2", "Reaction / Event as Reported by the Primary Source for Translation"),
    Definition("E.i.2.1a", "MedDRA Version for Reaction / Event", _MUST),
    Definition("E.i.2.1b", "Reaction / Event (MedDRA code)", _MUST),
    Definition("E.i.3.1", "Term Highlighted by the Reporter"),
    Definition("E.i.3.2a", "Results in Death", _MUST),
    Definition("E.i.3.2b", "Life Threatening", _MUST),
    Definition("E.i.3.2c", "Caused / Prolonged Hospitalisation", _MUST),
    Definition("E.i.3.2d", "Disabling / Incapacitating", _MUST),
    Definition("E.i.3.2e", "Congenital Anomaly / Birth Defect", _MUST),
    Definition("E.i.3.2f", "Other Medically Important Condition", _MUST),
    Definition("E.i.4", "Date of Start of Reaction / Event"),
    Definition("E.i.5", "Date of End of Reaction / Event"),
    Definition("E.i.7", "Outcome of Reaction / Event at the Time of Last Observation", _MUST),
    Definition("E.i.8", "Medical Confirmation by Healthcare Professional"),
    Definition("E.i.9", "Identification of the Country Where the Reaction / Event Occurred"),
    Definition("F.r.1", "Test Date"),
    Definition("F.r.2.1", "Test Name (free text)"),
    Definition("F.r.3.4", "Result Unstructured Data (free text)"),
    Definition("G.k.1", "Characterisation of Drug Role", _MUST),
    Definition("G.k.2.2", "Medicinal Product Name as Reported by the Primary Source", _MUST),
    Definition("G.k.2.5", "Investigational Product Blinded"),
    Definition("G.k.4.r.1a", "Dose (number)"),
    Definition("G.k.4.r.1b", "Dose (unit)"),
    Definition("G.k.4.r.2", "Number of Units in the Interval"),
    Definition("G.k.4.r.3", "Definition of the Time Interval Unit"),
    Definition("G.k.4.r.4", "Date and Time of Start of Drug"),
    Definition("G.k.4.r.5", "Date and Time of Last Administration"),
    Definition("G.k.4.r.8", "Dosage Text"),
    Definition("G.k.4.r.10.1", "Route of Administration (free text)"),
    Definition("G.k.7.r.1", "Indication as Reported by the Primary Source"),
    Definition("G.k.8", "Action(s) Taken with Drug"),
    Definition("G.k.9.i.1", "Reaction(s) / Event(s) Assessed"),
    Definition("G.k.9.i.2.r.1", "Source of Assessment"),
    Definition("G.k.9.i.2.r.2", "Method of Assessment"),
    Definition("G.k.9.i.2.r.3", "Result of Assessment"),
    Definition("G.k.9.i.3.1a", "Time Interval between Beginning of Drug Administration and Start "
               "of Reaction / Event (number)"),
    Definition("G.k.9.i.3.1b", "Time Interval between Beginning of Drug Administration and Start "
               "of Reaction / Event (unit)"),
    Definition("G.k.9.i.3.2a", "Time Interval between Last Dose of Drug and Start of Reaction / "
               "Event (number)"),
    Definition("G.k.9.i.3.2b", "Time Interval between Last Dose of Drug and Start of Reaction / "
               "Event (unit)"),
    Definition("G.k.9.i.4", "Did Reaction Recur on Re-administration?"),
    Definition("G.k.11", "Additional Information on Drug (free text)"),
    Definition("H.1", "Case Narrative Including Clinical Course, Therapeutic Measures, Outcome and "
               "Additional Relevant Information", _MUST),
    Definition("H.2", "Reporter's Comments"),
    Definition("H.4", "Sender's Comments"),
)  # fmt: skip

ELEMENTS: Mapping[str, Definition] = MappingProxyType({one.id: one for one in _LIST})
NEEDED = tuple(one.id for one in _LIST if one.needed)
