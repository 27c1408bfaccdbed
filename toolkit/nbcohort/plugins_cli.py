"""`nbcohort plugins`: which plugins are installed here, and what is wrong with them."""

import json
from importlib.util import find_spec
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from nbcohort.i18n import _
from nbcohort.loading import load_plugins


def plugins(as_json: Annotated[bool, typer.Option("--json", help=_("Print JSON."))] = False) -> None:
    """List the plugins that are installed here, their hooks, and what is wrong; exit with 1 if one was set aside.

    What only the service loads is left out where the service's packages are not installed.
    """
    found = load_plugins(service=find_spec("fastapi") is not None)
    rows = [
        {
            "name": plugin.name,
            "distribution": plugin.distribution,
            "version": plugin.version,
            "hooks": found.hooks_of(plugin),
            "trouble": plugin.trouble,
        }
        for plugin in found
    ]
    if as_json:
        typer.echo(json.dumps(rows, indent=2, ensure_ascii=False))
    else:
        table = Table(_("Plugin"), _("Installed as"), _("Hooks"))
        for plugin in found:
            hooks = escape(", ".join(found.hooks_of(plugin)))
            trouble = f"[red]{_('set aside')}:[/] {escape(plugin.trouble)}" if plugin.trouble else hooks
            table.add_row(escape(plugin.name), escape(f"{plugin.distribution} {plugin.version}"), trouble)
        Console(highlight=False).print(table)
    if any(plugin.trouble for plugin in found):
        raise typer.Exit(1)
