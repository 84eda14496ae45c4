"""Writes migrations, for developers.

python -m migrations                     makes the initial migration anew from engine/records.py (until the release)
python -m migrations "what it changes"   adds one: what engine/records.py has and the migrations do not
"""

import subprocess
import sys
import tempfile
from pathlib import Path

from alembic import command

from engine import db, schema


def main() -> None:
    versions = schema.MIGRATIONS / "versions"
    message = " ".join(sys.argv[1:])
    if not message:
        for old in versions.glob("*.py"):
            old.unlink()
    number = len(list(versions.glob("*.py"))) + 1
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'store.db'}"
        if number > 1:
            schema.migrate(url)
        database = db.Database(url)
        with database.writer() as connection:
            command.revision(
                schema.config(connection), message or "initial schema", autogenerate=True, rev_id=f"{number:04}"
            )
        database.close()
    for written in versions.glob(f"{number:04}_*.py"):
        kept = [line for line in written.read_text().splitlines() if not line.lstrip().startswith("# ###")]
        written.write_text("\n".join(kept) + "\n")
    for action in (["format", "--quiet"], ["check", "--fix", "--quiet"], ["format", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *action, str(versions)], check=True)


if __name__ == "__main__":
    main()
