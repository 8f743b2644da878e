"""The terms of CTCAE that this study asks for, in the English of the NCI (clinical rules §10.1).

A choice of the terms that occur in autoimmune hepatitis, its therapy, infusions and biopsies;
"other" has the verbatim term beside it. No code of MedDRA stands here: it is licensed (§10.4).
Limits of the laboratory terms are in safety/ctcae.py.
"""

from trial.protocol.crf import Code
from trial.protocol.label import Label

VERSION = "5.0"


def _term(code: str, name: str, chinese: str) -> Code:
    return Code(code, Label(name, chinese), name)


_LABORATORY = (
    _term("alt_increased", "Alanine aminotransferase increased", "丙氨酸氨基转移酶升高"),
    _term("ast_increased", "Aspartate aminotransferase increased", "天门冬氨酸氨基转移酶升高"),
    _term("alp_increased", "Alkaline phosphatase increased", "碱性磷酸酶升高"),
    _term("ggt_increased", "GGT increased", "γ-谷氨酰转移酶升高"),
    _term("bilirubin_increased", "Blood bilirubin increased", "血胆红素升高"),
    _term("hypoalbuminemia", "Hypoalbuminemia", "低白蛋白血症"),
    _term("inr_increased", "INR increased", "INR升高"),
    _term("creatinine_increased", "Creatinine increased", "肌酐升高"),
    _term("hyponatremia", "Hyponatremia", "低钠血症"),
    _term("hypernatremia", "Hypernatremia", "高钠血症"),
    _term("hypoglycemia", "Hypoglycemia", "低血糖"),
    _term("hyperglycemia", "Hyperglycemia", "高血糖"),
    _term("anemia", "Anemia", "贫血"),
    _term("hgb_increased", "Hemoglobin increased", "血红蛋白升高"),
    _term("platelets_decreased", "Platelet count decreased", "血小板计数降低"),
    _term("wbc_decreased", "White blood cell decreased", "白细胞降低"),
    _term("neutropenia", "Neutrophil count decreased", "中性粒细胞计数降低"),
    _term("lymphopenia", "Lymphocyte count decreased", "淋巴细胞计数降低"),
    _term("leukocytosis", "Leukocytosis", "白细胞增多"),
)

_INFUSION = (
    _term("infusion_reaction", "Infusion related reaction", "输液相关反应"),
    _term("anaphylaxis", "Anaphylaxis", "严重过敏反应"),
    _term("allergic_reaction", "Allergic reaction", "过敏反应"),
    _term("cytokine_release", "Cytokine release syndrome", "细胞因子释放综合征"),
    _term("extravasation", "Infusion site extravasation", "输液部位外渗"),
    _term("fever", "Fever", "发热"),
    _term("chills", "Chills", "寒战"),
    _term("flushing", "Flushing", "潮红"),
    _term("urticaria", "Urticaria", "荨麻疹"),
    _term("dyspnea", "Dyspnea", "呼吸困难"),
    _term("hypoxia", "Hypoxia", "低氧血症"),
    _term("hypotension", "Hypotension", "低血压"),
    _term("chest_pain", "Non-cardiac chest pain", "非心源性胸痛"),
    _term("thromboembolic_event", "Thromboembolic event", "血栓栓塞事件"),
    _term("portal_thrombosis", "Portal vein thrombosis", "门静脉血栓形成"),
)

_INFECTION = (
    _term("sepsis", "Sepsis", "脓毒症"),
    _term("upper_respiratory", "Upper respiratory infection", "上呼吸道感染"),
    _term("lung_infection", "Lung infection", "肺部感染"),
    _term("urinary_infection", "Urinary tract infection", "尿路感染"),
    _term("shingles", "Shingles", "带状疱疹"),
    _term("hbv_reactivation", "Hepatitis B reactivation", "乙型肝炎再激活"),
    _term("infection_other", "Infections and infestations - Other, specify",
          "感染及侵染类疾病－其他，请注明"),
)  # fmt: skip

_LIVER = (
    _term("autoimmune_disorder", "Autoimmune disorder", "自身免疫性疾病"),
    _term("hepatic_failure", "Hepatic failure", "肝衰竭"),
    _term("ascites", "Ascites", "腹水"),
    _term("encephalopathy", "Encephalopathy", "脑病"),
    _term("portal_hypertension", "Portal hypertension", "门静脉高压"),
    _term("varices_hemorrhage", "Esophageal varices hemorrhage", "食管静脉曲张出血"),
    _term("upper_gi_hemorrhage", "Upper gastrointestinal hemorrhage", "上消化道出血"),
    _term("lower_gi_hemorrhage", "Lower gastrointestinal hemorrhage", "下消化道出血"),
    _term("hepatic_hemorrhage", "Hepatic hemorrhage", "肝出血"),
    _term(
        "hepatic_other", "Hepatobiliary disorders - Other, specify", "肝胆系统疾病－其他，请注明"
    ),
)

_GENERAL = (
    _term("fatigue", "Fatigue", "乏力"),
    _term("pain", "Pain", "疼痛"),
    _term("edema_limbs", "Edema limbs", "肢体水肿"),
    _term("pruritus", "Pruritus", "瘙痒"),
    _term("rash", "Rash maculo-papular", "斑丘疹"),
    _term("acneiform_rash", "Rash acneiform", "痤疮样皮疹"),
    _term("alopecia", "Alopecia", "脱发"),
    _term("arthralgia", "Arthralgia", "关节痛"),
    _term("myalgia", "Myalgia", "肌痛"),
    _term("nausea", "Nausea", "恶心"),
    _term("vomiting", "Vomiting", "呕吐"),
    _term("diarrhea", "Diarrhea", "腹泻"),
    _term("anorexia", "Anorexia", "食欲减退"),
    _term("abdominal_pain", "Abdominal pain", "腹痛"),
    _term("pancreatitis", "Pancreatitis", "胰腺炎"),
    _term("headache", "Headache", "头痛"),
    _term("dizziness", "Dizziness", "头晕"),
    _term("amenorrhea", "Amenorrhea", "闭经"),
)

_STEROID = (
    _term("insomnia", "Insomnia", "失眠"),
    _term("depression", "Depression", "抑郁"),
    _term("anxiety", "Anxiety", "焦虑"),
    _term("psychosis", "Psychosis", "精神病性障碍"),
    _term("weight_gain", "Weight gain", "体重增加"),
    _term("weight_loss", "Weight loss", "体重减轻"),
    _term("cushingoid", "Cushingoid", "库欣样体征"),
    _term("adrenal", "Adrenal insufficiency", "肾上腺功能不全"),
    _term("osteoporosis", "Osteoporosis", "骨质疏松"),
    _term("avascular_necrosis", "Avascular necrosis", "缺血性骨坏死"),
    _term("cataract", "Cataract", "白内障"),
    _term("glaucoma", "Glaucoma", "青光眼"),
    _term("hypertension", "Hypertension", "高血压"),
)

_GRAVE = (
    _term("myocardial_infarct", "Myocardial infarction", "心肌梗死"),
    _term("cardiac_arrest", "Cardiac arrest", "心脏骤停"),
    _term("secondary_malignancy", "Treatment related secondary malignancy",
          "治疗相关的继发性恶性肿瘤"),
    _term("neoplasm_other",
          "Neoplasms benign, malignant and unspecified (incl cysts and polyps) - Other, specify",
          "良性、恶性及性质不明的肿瘤（包括囊肿和息肉）－其他，请注明"),
    _term("pregnancy_loss", "Pregnancy loss", "流产"),
    _term("pregnancy_other",
          "Pregnancy, puerperium and perinatal conditions - Other, specify",
          "妊娠期、产褥期及围产期状况－其他，请注明"),
    _term("sudden_death", "Sudden death NOS", "猝死（原因不明）"),
    _term("death", "Death NOS", "死亡（原因不明）"),
)  # fmt: skip

TERMS: tuple[Code, ...] = (
    *_INFUSION, *_LABORATORY, *_LIVER, *_INFECTION, *_GENERAL, *_STEROID, *_GRAVE,
    Code("other", Label("Other, specify", "其他，请注明")),
)  # fmt: skip

# Those that say nothing without the words beside them.
SPECIFIED = tuple(one.code for one in TERMS if one.code.endswith("other"))
THROMBOEMBOLIC = ("thromboembolic_event", "portal_thrombosis")
INFECTIONS = tuple(one.code for one in _INFECTION)
