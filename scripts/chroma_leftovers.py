"""Remove what a Chroma server leaves behind of removed collections: the folders of their graphs, chroma-core/chroma#5259.

On the server's machine, also while the server runs: python scripts/chroma_leftovers.py /var/lib/chroma
"""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from uuid import UUID

import click


def leftovers(data: Path) -> list[Path]:
    """The folders of graphs, named by a UUID each, that belong to no collection. Raises sqlite3.Error when the database cannot be read."""
    # subtle: the folders first: Chroma writes a graph's name to the database before it makes the folder
    folders = [path for path in data.iterdir() if path.is_dir() and _is_uuid(path.name)]
    with closing(sqlite3.connect(f"{(data / 'chroma.sqlite3').absolute().as_uri()}?mode=ro", uri=True)) as database:
        live = {name for (name,) in database.execute("SELECT id FROM segments")}
    return sorted(folder for folder in folders if folder.name not in live)


def _is_uuid(name: str) -> bool:
    try:
        return str(UUID(name)) == name
    except ValueError:
        return False


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--dry-run", is_flag=True, help="Remove nothing; say what would be.")
def main(data: Path, dry_run: bool) -> None:
    """Remove the folders in DATA, the --path of a Chroma server, that belong to no collection any more."""
    try:
        found = leftovers(data)
    except sqlite3.Error as error:
        raise click.ClickException(f"{data / 'chroma.sqlite3'} cannot be read ({error}). Name the folder given to chroma run as --path.") from error
    size = sum(path.stat().st_size for folder in found for path in folder.rglob("*") if path.is_file())
    for folder in found if not dry_run else ():
        shutil.rmtree(folder)
    click.echo(f"{'Would remove' if dry_run else 'Removed'} {len(found)} folders, {size / 1e6:.1f} MB")


if __name__ == "__main__":
    main()
