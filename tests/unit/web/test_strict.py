import pytest
from django.template import engines

from trial.web.strict import MissingVariableError


def draw(source, **context):
    return engines["django"].from_string(source).render(context)


@pytest.mark.parametrize(
    "source",
    [
        "{{ gone }}",
        "{{ there.gone }}",
        "{{ gone|default:1 }}",
        "{% firstof gone.deeper %}{{ gone.x }}",
    ],
)
def test_a_template_that_prints_what_is_not_there_fails(source):
    with pytest.raises(MissingVariableError, match="gone"):
        draw(source, there={})


@pytest.mark.parametrize(
    "source", ["{% if gone %}x{% endif %}", "{% for x in gone %}x{% endfor %}"]
)
def test_asking_whether_something_is_there_is_allowed(source):
    assert draw(source) == ""


def test_empty_and_none_are_there():
    assert draw("{{ empty }}{{ nothing }}", empty="", nothing=None) == "None"
