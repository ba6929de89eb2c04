"""What the command lines of both packages share: errors in one sentence, and a quick beginning and end."""

from __future__ import annotations

import atexit
import gc
from typing import Any

import click

from index.errors import UserError

YOUNG = 50_000  # objects made before the collector looks for garbage; while modules are loaded, 700 make it look in vain some hundred times


class Commands(click.Group):
    """Commands whose UserErrors are said in one sentence, with exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            raise click.ClickException(str(error)) from error


def run(commands: Commands, name: str) -> None:
    """Run a command line as the program of that name, and end the process."""
    gc.set_threshold(YOUNG)
    atexit.register(gc.freeze)  # the system takes the memory back anyway: to look through all of it first takes a fifth of a second
    commands.main(prog_name=name)
