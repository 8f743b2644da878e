"""`manage.py import_labs`: the same import at the terminal."""

import json
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from labs.models import ImportBatch, Panel
from tests.factories import study
from tests.integration.labs.importing import table
from trial.audit.models import Event


@pytest.fixture
def participant(cast):
    return study.enrolled(cast.site)


@pytest.fixture
def file(tmp_path, participant):
    visit = study.visit_of(participant, "W12")
    path = tmp_path / "results.csv"
    path.write_bytes(table(f"{participant.code},W12,{visit.target_on},ALT,35,U/L,"))
    return path


def run(*arguments):
    out = StringIO()
    call_command("import_labs", *map(str, arguments), stdout=out)
    return out.getvalue()


def test_a_file_is_checked_and_imported(cast, file):
    said = run(file, "--site", "01")
    assert "1 rows: 1 new, 0 same, 0 conflict, 0 error" in said
    assert "Imported." in said
    assert Panel.objects.get().source == "import"
    assert Event.objects.filter(table_name="labs_panel").get().actor == "system:import"


def test_a_dry_run_writes_nothing(cast, file):
    said = run(file, "--site", "01", "--dry-run")
    assert "1 new" in said
    assert "Checked only." in said
    assert not Panel.objects.exists()


def test_again_everything_is_the_same(cast, file):
    run(file, "--site", "01")
    assert "0 new, 1 same" in run(file, "--site", "01")


def test_errors_are_listed_with_row_and_column_and_end_with_an_error(cast, file, participant):
    file.write_bytes(table(f"{participant.code},W12,31/03/2025,ALT,35,U/L,"))
    out = StringIO()
    with pytest.raises(CommandError, match="Nothing was imported"):
        call_command("import_labs", str(file), "--site", "01", stdout=out)
    assert f"error line 2 collected_on {participant.code} '31/03/2025'" in out.getvalue()


def test_errors_can_be_left_out(cast, file, participant):
    file.write_bytes(file.read_bytes() + f"{participant.code},W12,x,ALT,3,U/L,\r\n".encode())
    assert "Imported." in run(file, "--site", "01", "--skip-errors")


def test_a_mapping_from_a_file(cast, file, tmp_path, participant):
    mapping = tmp_path / "lab.json"
    mapping.write_text(
        json.dumps(
            {
                "layout": "wide",
                "columns": {"participant": "pat", "date": "day"},
                "analytes": {"gpt": {"code": "ALT", "unit": "U/L"}},
            }
        )
    )
    day = study.visit_of(participant, "W12").target_on
    file.write_text(f"pat,day,gpt\n{participant.code},{day},35\n")
    assert "1 new" in run(file, "--site", "01", "--mapping", mapping)


def test_acting_as_a_user_needs_their_right_at_the_site(cast, file):
    run(file, "--site", "01", "--user", "coordinator")
    assert ImportBatch.objects.get().uploaded_by == "coordinator"
    for name in ("coordinator2", "sponsor", "nobody"):
        with pytest.raises(CommandError, match="may not import"):
            run(file, "--site", "01", "--user", name)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--site", "77"), "no site 77"),
        (("--site", "01", "--laboratory", "LAB02"), "does not work for the site"),
        (("--site", "01", "--laboratory", "X"), "Name the laboratory"),
        (("--site", "01", "--mapping", "nowhere.json"), "nowhere.json"),
    ],
)
def test_wrong_arguments_are_said_in_a_sentence(cast, file, arguments, said):
    with pytest.raises(CommandError, match=said):
        run(file, *arguments)


def test_a_site_with_two_laboratories_must_name_one(cast, file):
    study.make_laboratory(cast.site, "SECOND")
    with pytest.raises(CommandError, match="Name the laboratory"):
        run(file, "--site", "01")
    assert "Imported." in run(file, "--site", "01", "--laboratory", "LAB01")


def test_a_file_that_is_not_there_and_one_that_is_no_csv(cast, file, tmp_path):
    with pytest.raises(CommandError, match="No such file"):
        run(tmp_path / "none.csv", "--site", "01")
    file.write_bytes(b"PK\x03\x04")
    with pytest.raises(CommandError, match="Excel"):
        run(file, "--site", "01")


def test_a_file_that_can_t_be_read_to_its_end_is_an_error(cast, file):
    file.write_bytes("participant\nµ".encode("latin-1"))
    with pytest.raises(CommandError, match="is not utf-8"):
        run(file, "--site", "01")
