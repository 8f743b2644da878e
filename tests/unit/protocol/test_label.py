import pytest

from trial.protocol.label import Label

ALBUMIN = Label("Albumin", "白蛋白")


@pytest.mark.parametrize("language", ["zh", "zh-hans", "zh_Hans", "zh-CN", "ZH"])
def test_every_chinese_code_reads_the_chinese_text(language):
    assert ALBUMIN.text(language) == "白蛋白"


@pytest.mark.parametrize("language", ["en", "en-gb", "de", ""])
def test_every_other_code_reads_the_english_text(language):
    assert ALBUMIN.text(language) == "Albumin"
