"""Vital signs and weight at a visit; clinical rules §11. Those around an infusion are its own."""

from trial.protocol.crf import Code, Form, Section, choice, day, note, number
from trial.protocol.label import Label

POSITIONS = (
    Code("sitting", Label("Sitting", "坐位"), "SITTING"),
    Code("supine", Label("Lying", "卧位"), "SUPINE"),
    Code("standing", Label("Standing", "立位"), "STANDING"),
)

FORM = Form(
    code="vital_signs",
    app="visits",
    label=Label("Vital signs", "生命体征"),
    level="visit",
    domain="VS",
    icon="heartbeat",
    sections=(
        Section(
            "measured",
            Label("Vital signs", "生命体征"),
            help=Label("After five minutes of rest.", "静息五分钟后测量。"),
            questions=(
                day("measured_on", Label("Measured on", "测量日期"), needed=True, cdisc="VS.VSDTC"),
                choice("position", Label("Position", "体位"), POSITIONS, cdisc="VS.VSPOS", since=5),
                number(
                    "systolic", Label("Systolic pressure", "收缩压"), unit="mmHg", low=40, high=300,
                    soft=(90, 180), needed=True, cdisc="VS.SYSBP",
                ),
                number(
                    "diastolic", Label("Diastolic pressure", "舒张压"), unit="mmHg", low=20,
                    high=200, soft=(50, 110), needed=True, cdisc="VS.DIABP",
                ),
                number(
                    "heart_rate", Label("Heart rate", "心率"), unit="/min", low=20, high=250,
                    soft=(50, 120), needed=True, cdisc="VS.HR",
                ),
                number(
                    "respiration", Label("Breaths", "呼吸频率"), unit="/min", low=4, high=60,
                    soft=(10, 24), cdisc="VS.RESP",
                ),
                number(
                    "temperature", Label("Temperature", "体温"), unit="°C", decimals=1, low=30,
                    high=43, soft=(35, 38), needed=True, cdisc="VS.TEMP",
                ),
                number(
                    "oxygen", Label("Oxygen saturation", "血氧饱和度"), unit="%", low=40, high=100,
                    soft=(92, None), cdisc="VS.OXYSAT",
                ),
                number(
                    "weight_kg", Label("Weight", "体重"), unit="kg", decimals=1, low=20, high=300,
                    soft=(35, 150), needed=True, cdisc="VS.WEIGHT",
                ),
                number(
                    "height_cm", Label("Height", "身高"), unit="cm", low=100, high=230,
                    soft=(140, 200), cdisc="VS.HEIGHT",
                    help=Label("At screening.", "筛选时测量。"),
                ),
                note("remark", Label("Remark", "备注")),
            ),
        ),
    ),
)  # fmt: skip
