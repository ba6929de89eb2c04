"""What the command lines of both packages share: errors in one sentence."""

from __future__ import annotations

from typing import Any

import click

from index.errors import UserError


class Commands(click.Group):
    """Commands whose UserErrors are said in one sentence, with exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            raise click.ClickException(str(error)) from error
