"""`callcenter db`: schema, safe online backup, restore."""

import os
import shutil
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy.engine import URL, make_url

from callcenter.cli.output import clear_failures, fail, people
from callcenter.cli.processes import Background
from callcenter.foundation import schema
from callcenter.foundation.settings import Settings
from callcenter.foundation.state_dir import PRIVATE_UMASK, make_private_file

app = typer.Typer(no_args_is_help=True, help="The database.")


@app.command("upgrade")
def upgrade(revision: Annotated[str, typer.Argument()] = "head") -> None:
    """Bring the schema up to date."""
    settings = Settings()
    with clear_failures():
        schema.upgrade(settings.sqlalchemy_url, revision)
    people.print("schema is up to date")


@app.command("backup")
def backup(to: Annotated[Path, typer.Argument(dir_okay=False)]) -> None:
    """Copy the database while it is in use."""
    settings = Settings()
    url = make_url(settings.sqlalchemy_url)
    with clear_failures():
        if url.get_backend_name() == "sqlite":
            if to.exists():
                fail(f"{to} exists already")
            live = sqlite3.connect(f"file:{url.database}?mode=ro", uri=True)
            with closing(live) as source, closing(sqlite3.connect(make_private_file(to))) as target:
                source.backup(target)
        else:
            _postgres("pg_dump", url, "--format=custom", f"--file={to}")
    people.print(f"backup written to {to}", markup=False)


@app.command("restore")
def restore(source: Annotated[Path, typer.Argument(exists=True, dir_okay=False)]) -> None:
    """Put a backup in place of the database. The service must be stopped."""
    settings = Settings()
    if Background(settings.state_dir).running("service"):
        fail("stop the service first: callcenter down")
    url = make_url(settings.sqlalchemy_url)
    with clear_failures():
        if url.get_backend_name() == "sqlite":
            _restore_sqlite(source, Path(str(url.database)))
        else:
            _postgres("pg_restore", url, "--clean", "--if-exists", "--single-transaction", str(source))
    people.print(f"restored from {source}", markup=False)


def _restore_sqlite(source: Path, target: Path) -> None:
    with closing(sqlite3.connect(f"file:{source}?mode=ro", uri=True)) as check:
        answer = check.execute("PRAGMA integrity_check").fetchone()[0]
        if answer != "ok":
            fail(f"the backup is damaged: {answer}")
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    fresh = make_private_file(target.with_suffix(".restoring"))
    shutil.copyfile(source, fresh)
    for suffix in ("-wal", "-shm"):
        target.with_name(target.name + suffix).unlink(missing_ok=True)
    fresh.replace(target)


def _without_password(url: URL) -> str:
    """For a command line, which every user of the machine can read."""
    open_part = URL.create("postgresql", url.username, None, url.host, url.port, url.database, url.query)
    return open_part.difference_update_query(["password"]).render_as_string(hide_password=False)


def _postgres(program: str, url: URL, *args: str) -> None:
    path = shutil.which(program)
    if path is None:
        fail(f"{program} is not installed")
    password = url.password or url.query.get("password")
    done = subprocess.run(
        [path, f"--dbname={_without_password(url)}", *args],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PGPASSWORD": str(password)} if password else None,
        umask=PRIVATE_UMASK,
    )
    if done.returncode:
        fail(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else f"{program} failed")
