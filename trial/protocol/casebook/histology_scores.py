"""What a reader of a biopsy answers: mHAI (clinical rules §5.1), stage (§5.2), features (§5.3).

Codes of scores are their numbers, as visits/histology.py counts them. No total is asked: it is
derived. Components follow Ishak 1995, whose C2 is 2 to 4 foci (a retyped table has 1 to 4).
"""

from collections.abc import Mapping

from trial.protocol.crf import Code, Question, When, choice, number, yes_no
from trial.protocol.label import Label


def _scale(*words: tuple[str, str]) -> tuple[Code, ...]:
    """Answers from 0 upwards; each label begins with its number."""
    return tuple(
        Code(str(score), Label(f"{score}: {english}", f"{score}：{chinese}"))
        for score, (english, chinese) in enumerate(words)
    )


INTERFACE = _scale(
    ("absent", "无"),
    ("mild: focal, few portal areas", "轻度：局灶性，少数汇管区"),
    ("mild to moderate: focal, most portal areas", "轻至中度：局灶性，多数汇管区"),
    ("moderate: continuous around less than 50 % of tracts or septa",
     "中度：连续性，累及不足50%的汇管区或间隔"),
    ("severe: continuous around more than 50 % of tracts or septa",
     "重度：连续性，累及超过50%的汇管区或间隔"),
)  # fmt: skip
CONFLUENT = _scale(
    ("absent", "无"),
    ("focal", "局灶性"),
    ("zone 3 necrosis in some areas", "部分区域有3区坏死"),
    ("zone 3 necrosis in most areas", "多数区域有3区坏死"),
    ("zone 3 necrosis with occasional portal-central bridging",
     "3区坏死伴偶见汇管区-中央（P-C）桥接坏死"),
    ("zone 3 necrosis with multiple portal-central bridging",
     "3区坏死伴多处汇管区-中央（P-C）桥接坏死"),
    ("panacinar or multiacinar necrosis", "全腺泡或多腺泡坏死"),
)  # fmt: skip
FOCAL = _scale(
    ("absent", "无"),
    ("one focus or less per 10× objective", "每10倍物镜视野≤1个灶"),
    ("2 to 4 foci per 10× objective", "每10倍物镜视野2–4个灶"),
    ("5 to 10 foci per 10× objective", "每10倍物镜视野5–10个灶"),
    ("more than 10 foci per 10× objective", "每10倍物镜视野>10个灶"),
)
PORTAL = _scale(
    ("none", "无"),
    ("mild, some or all portal areas", "轻度，部分或全部汇管区"),
    ("moderate, some or all portal areas", "中度，部分或全部汇管区"),
    ("moderate to marked, all portal areas", "中至重度，全部汇管区"),
    ("marked, all portal areas", "重度，全部汇管区"),
)
ISHAK = _scale(
    ("no fibrosis", "无纤维化"),
    ("fibrous expansion of some portal areas, with or without short septa",
     "部分汇管区纤维性扩大，伴或不伴短纤维间隔"),
    ("fibrous expansion of most portal areas, with or without short septa",
     "多数汇管区纤维性扩大，伴或不伴短纤维间隔"),
    ("fibrous expansion of most portal areas with occasional portal-portal bridging",
     "多数汇管区纤维性扩大，偶见汇管区-汇管区（P-P）桥接"),
    ("fibrous expansion of portal areas with marked bridging (portal-portal and portal-central)",
     "汇管区纤维性扩大伴明显桥接（P-P及P-C）"),
    ("marked bridging with occasional nodules (incomplete cirrhosis)",
     "明显桥接伴偶见结节（不完全性肝硬化）"),
    ("cirrhosis, probable or definite", "肝硬化，可能或确定"),
)  # fmt: skip
METAVIR = tuple(
    Code(str(stage), Label(f"F{stage}: {english}", f"F{stage}：{chinese}"))
    for stage, (english, chinese) in enumerate(
        (
            ("no fibrosis", "无纤维化"),
            ("portal fibrosis without septa", "汇管区纤维化，无间隔"),
            ("portal fibrosis with few septa", "汇管区纤维化，少数间隔"),
            ("numerous septa without cirrhosis", "大量间隔，无肝硬化"),
            ("cirrhosis", "肝硬化"),
        )
    )
)
SYSTEMS = (Code("ishak", Label("Ishak", "Ishak")), Code("metavir", Label("METAVIR", "METAVIR")))
CONSENSUS_CATEGORIES = (
    Code("likely", Label("Likely AIH", "很可能AIH")),
    Code("possible", Label("Possible AIH", "可能AIH")),
    Code("unlikely", Label("Unlikely AIH", "不太可能AIH")),
)

# CDISC has no test for the mHAI; its codes are the sponsor's.
GRADE: tuple[Question, ...] = (
    choice(
        "mhai_a", Label("A Periportal or periseptal interface hepatitis",
                        "A 汇管区周围或间隔周围界面性肝炎"),
        INTERFACE, needed=True, cdisc="MI.MHAIA",
    ),
    choice("mhai_b", Label("B Confluent necrosis", "B 融合性坏死"), CONFLUENT, needed=True,
           cdisc="MI.MHAIB"),
    choice(
        "mhai_c", Label("C Focal lytic necrosis, apoptosis and focal inflammation",
                        "C 点灶状溶解性坏死、凋亡及局灶性炎症"),
        FOCAL, needed=True, cdisc="MI.MHAIC",
    ),
    choice("mhai_d", Label("D Portal inflammation", "D 汇管区炎症"), PORTAL, needed=True,
           cdisc="MI.MHAID"),
)  # fmt: skip
# The question of each component's letter.
COMPONENTS: Mapping[str, Question] = dict(zip("ABCD", GRADE, strict=True))

STAGE: tuple[Question, ...] = (
    choice(
        "stage_system", Label("Staging system", "分期系统"), SYSTEMS, needed=True,
        cdisc="SUPPMI.STAGESYS",
        help=Label("As read: no stage is converted into another system's.",
                   "按阅片所用系统填写，不作换算。"),
    ),
    choice("stage_ishak", Label("Ishak stage", "Ishak分期"), ISHAK, needed=True,
           when=When("stage_system", ("ishak",)), cdisc="MI.ISHAK"),
    choice("stage_metavir", Label("METAVIR stage", "METAVIR分期"), METAVIR, needed=True,
           when=When("stage_system", ("metavir",)), cdisc="MI.METAVIR"),
)  # fmt: skip

FEATURES: tuple[Question, ...] = (
    *(
        yes_no(name, label, needed=True, cdisc=f"MI.{code}")
        for name, label, code in (
            ("interface_hepatitis", Label("Interface hepatitis", "界面性肝炎"), "INTFHEP"),
            ("plasma_cells", Label("Clusters of plasma cells", "浆细胞簇"), "PLASMACL"),
            ("emperipolesis", Label("Emperipolesis", "淋巴细胞穿入现象"), "EMPERIP"),
            ("rosettes", Label("Rosettes of hepatocytes", "肝细胞玫瑰花环样改变"), "ROSETTE"),
            ("portal_infiltrate",
             Label("Portal lymphoplasmacytic infiltrate", "汇管区淋巴浆细胞浸润"), "PORTINF"),
            ("centrilobular",
             Label("Centrilobular (perivenular) necroinflammation",
                   "小叶中央（中央静脉周围）坏死性炎症"), "CENTRLOB"),
            ("bile_duct_damage", Label("Bile duct damage", "胆管损伤"), "BILEDUCT"),
            ("granuloma", Label("Granuloma", "肉芽肿"), "GRANULOM"),
            ("copper", Label("Copper deposits", "铜沉积"), "COPPER"),
            ("iron", Label("Iron deposits", "铁沉积"), "IRON"),
        )
    ),
    number("steatosis", Label("Steatosis", "脂肪变"), unit="%", low=0, high=100, needed=True,
           cdisc="MI.STEATOS"),
)  # fmt: skip

CONSENSUS: Question = choice(
    "consensus", Label("Category of the 2022 consensus", "2022年IAIHG共识分类"),
    CONSENSUS_CATEGORIES, needed=True, cdisc="MI.IAIHG22",
)  # fmt: skip
