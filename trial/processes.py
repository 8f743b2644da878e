"""The commands that make up the running system: one source for make, compose and the docs.

python -m trial.processes web       # becomes that process
python -m trial.processes healthy   # exit code 0 if the web process of this machine answers
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import psycopg2

from trial import database

BASE_DIR = Path(__file__).resolve().parent.parent
MANAGE = str(BASE_DIR / "manage.py")
SWEEP_SECONDS = "30"
Environment = Mapping[str, str]


def web(environ: Environment) -> list[str]:
    """Gunicorn: WEB_WORKERS processes of WEB_THREADS threads on HOST:PORT."""
    command = [
        "-m", "gunicorn", "trial.wsgi:application",
        "--bind", f"{environ.get('HOST', '127.0.0.1')}:{environ.get('PORT', '8000')}",
        "--workers", environ.get("WEB_WORKERS", "2"),
        "--worker-class", "gthread", "--threads", environ.get("WEB_THREADS", "4"),
        "--timeout", "60", "--graceful-timeout", "30", "--keep-alive", "5",
        # A worker that leaks is replaced; the jitter keeps them from being replaced together.
        "--max-requests", "5000", "--max-requests-jitter", "500",
        "--no-control-socket", "--log-level", environ.get("LOG_LEVEL", "info").lower(),
    ]  # fmt: skip
    if os.access("/dev/shm", os.W_OK):  # noqa: S108 - the heartbeat file must not wait for a disk
        command += ["--worker-tmp-dir", "/dev/shm"]  # noqa: S108
    return command


def sealed(environ: Environment) -> list[str]:
    """The same on port 8001 with the sealed login: pharmacy and unblinding, below /sealed/.

    Raises LookupError without that login.
    """
    if not environ.get("SEALED_DATABASE_URL"):
        raise LookupError("SEALED_DATABASE_URL is not set: nothing sealed could be shown.")
    return web({**environ, "PORT": environ.get("PORT", "8001")})


def worker(environ: Environment) -> list[str]:
    """Celery: evaluates after each save, on the hint that Redis carries."""
    return [
        "-m", "celery", "--quiet", "-A", "trial", "worker",
        "--concurrency", environ.get("WORKER_PROCESSES", "2"),
        # Workers need not know each other: nothing here routes or revokes among them.
        "--without-gossip", "--without-mingle",
        "--loglevel", environ.get("LOG_LEVEL", "info").upper(),
    ]  # fmt: skip


def sweeper(environ: Environment) -> list[str]:
    """Evaluates what no hint reached; needs PostgreSQL only."""
    return [MANAGE, "sweep", "--loop", environ.get("SWEEP_SECONDS", SWEEP_SECONDS)]


def roles(environ: Environment) -> list[str]:
    """Creates or mends logins, database and rights, with ADMIN_DATABASE_URL."""
    return ["-m", "trial.database"]


def migrate(environ: Environment) -> list[str]:
    """Migrates as ct_owner; the only process that uses this login."""
    return [MANAGE, "migrate", "--noinput"]


PROCESSES: dict[str, Callable[[Environment], list[str]]] = {
    "web": web,
    "sealed": sealed,
    "worker": worker,
    "sweeper": sweeper,
    "roles": roles,
    "migrate": migrate,
}
SERVING = ("web", "worker", "sweeper")
UNSEALED = (*SERVING, "migrate")  # run without the sealed login (docs/adr/0014)


def command(name: str, environ: Environment) -> list[str]:
    """The whole command line of a process."""
    return [sys.executable, *PROCESSES[name](environ)]


def environment(name: str, environ: Environment) -> dict[str, str]:
    """The environment of a process: no process holds a login that it does not use."""
    own = {**environ, "PGAPPNAME": name}
    owner = own.pop("OWNER_DATABASE_URL", None)
    admin = own.pop("ADMIN_DATABASE_URL", None)
    # In production the arms have a process of their own; on one machine they have the web process.
    if name in UNSEALED and not (name == "web" and environ.get("LOCAL") == "1"):
        own.pop("SEALED_DATABASE_URL", None)
    if name == "migrate" and owner:
        own["DATABASE_URL"] = owner
    if name == "roles":
        own |= {"OWNER_DATABASE_URL": owner or "", "ADMIN_DATABASE_URL": admin or ""}
    return own


def web_healthy(environ: Environment) -> bool:
    """Whether the web process of this machine answers /healthz."""
    connection = HTTPConnection("127.0.0.1", int(environ.get("PORT", "8000")), timeout=5)
    host = environ.get("ALLOWED_HOSTS", "").split(",")[0].lstrip(".") or "127.0.0.1"
    try:
        connection.request("GET", "/healthz", headers={"Host": host})
        return connection.getresponse().status == 200
    except (OSError, HTTPException):
        return False
    finally:
        connection.close()


def worker_healthy(environ: Environment) -> bool:
    """Whether the worker of this machine answers over the broker."""
    name = f"celery@{socket.gethostname()}"
    ping = ["-m", "celery", "-A", "trial", "inspect", "ping", "-d", name, "--timeout", "5"]
    done = subprocess.run(  # noqa: S603
        [sys.executable, *ping], cwd=BASE_DIR, env=dict(environ), capture_output=True, check=False
    )
    return done.returncode == 0


def sweeper_healthy(environ: Environment) -> bool:
    """Whether a sweeper has asked PostgreSQL for work within its last three rounds."""
    rounds = 3 * float(environ.get("SWEEP_SECONDS", SWEEP_SECONDS))
    try:
        with database.connected(environ["DATABASE_URL"]) as cursor:
            cursor.execute(
                "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'sweeper'"
                " AND (state <> 'idle' OR state_change > now() - make_interval(secs => %s))",
                [rounds],
            )
            return cursor.fetchone() != (0,)
    except psycopg2.Error:
        return False


def sealed_healthy(environ: Environment) -> bool:
    """Whether the sealed process of this machine answers /healthz."""
    return web_healthy({**environ, "PORT": environ.get("PORT", "8001")})


HEALTH: dict[str, Callable[[Environment], bool]] = {
    "web": web_healthy,
    "sealed": sealed_healthy,
    "worker": worker_healthy,
    "sweeper": sweeper_healthy,
}


def main(arguments: list[str]) -> int:
    """Become the named process; returns only for `healthy` and for a name it does not know."""
    if len(arguments) == 2 and arguments[0] == "healthy" and arguments[1] in HEALTH:
        return 0 if HEALTH[arguments[1]](os.environ) else 1
    name = arguments[0] if len(arguments) == 1 else ""
    if name not in PROCESSES:
        print(
            f"One of: {', '.join(PROCESSES)}; or healthy and one of {', '.join(HEALTH)}",
            file=sys.stderr,
        )
        return 2
    try:
        whole = command(name, os.environ)
    except LookupError as error:
        print(error, file=sys.stderr)
        return 2
    os.chdir(BASE_DIR)
    os.execve(sys.executable, whole, environment(name, os.environ))  # noqa: S606 - its purpose
    raise AssertionError("execve does not return")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
