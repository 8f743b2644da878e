"""What the protocol calls critical: the values that its endpoints and the safety of participants
rest on. A monitor compares them with the source first (ICH E6(R3) 3.11.4: risk-proportionate)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CriticalFields:
    """`analytes` of every panel, `fields` as (table, column), and whole `forms`."""

    analytes: tuple[str, ...] = ("ALT", "AST", "IGG", "BILI", "INR", "CREAT", "SODIUM", "ALB")
    fields: tuple[tuple[str, str], ...] = (("labs_panel", "collected_on"),)
    forms: tuple[str, ...] = ("consent", "eligibility")
