"""The units each kind of analyte may be reported in, canonical unit first; clinical rules §6.1."""

from decimal import Decimal

from trial.protocol.analytes import Unit

_ONE = Decimal(1)

# Catalytic activity: 1 katal is 1 mol/s, so 1 ukat/L is 60 U/L exactly.
ENZYME = (Unit("U/L", "U/L", _ONE), Unit("ukat/L", "ukat/L", Decimal(60)))
PROTEIN = (Unit("g/L", "g/L", _ONE), Unit("g/dL", "g/dL", Decimal(10)))
PERCENT = (Unit("%", "%", _ONE),)
SECOND = (Unit("s", "s", _ONE),)
# CDISC leaves the unit of INR blank; exports write what their standard asks for.
INR = (Unit("INR", "{INR}", _ONE),)
BILIRUBIN = (Unit("umol/L", "umol/L", _ONE), Unit("mg/dL", "mg/dL", Decimal("17.104")))
CREATININE = (Unit("umol/L", "umol/L", _ONE), Unit("mg/dL", "mg/dL", Decimal("88.42")))
PREALBUMIN = (
    Unit("mg/L", "mg/L", _ONE),
    Unit("mg/dL", "mg/dL", Decimal(10)),
    Unit("g/L", "g/L", Decimal(1000)),
)
IGG = (Unit("g/L", "g/L", _ONE), Unit("mg/dL", "mg/dL", Decimal("0.01")))
SODIUM = (Unit("mmol/L", "mmol/L", _ONE), Unit("mEq/L", "meq/L", _ONE))
CELLS = (Unit("10^9/L", "10*9/L", _ONE), Unit("10^3/uL", "10*3/uL", _ONE))
# 1 mmol/L of haemoglobin monomer (16 114 g/mol) is 16.114 g/L; the reciprocal is 0.06206.
HAEMOGLOBIN = (*PROTEIN, Unit("mmol/L", "mmol/L", Decimal("16.114")))
# 1 / 18.016 to six significant digits.
GLUCOSE = (Unit("mmol/L", "mmol/L", _ONE), Unit("mg/dL", "mg/dL", Decimal("0.0555062")))
CRP = (Unit("mg/L", "mg/L", _ONE), Unit("mg/dL", "mg/dL", Decimal(10)))
AFP = (Unit("ug/L", "ug/L", _ONE), Unit("ng/mL", "ng/mL", _ONE))
