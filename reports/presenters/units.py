"""Units as they are printed on a report."""

from trial.protocol import registry


def unit_text(analyte: str, unit: str) -> str:
    """ "umol/L" -> "µmol/L"; a unit the dictionary does not know stays as it is."""
    known = {one.code: one.display for one in registry.latest().analyte(analyte).units}
    return known.get(unit, unit)
