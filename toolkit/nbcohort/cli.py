"""`nbcohort ...`: each feature adds its own commands; here they are mounted and their errors become one line."""

import logging
import sys
from collections.abc import Callable
from pathlib import Path

import typer
from rich.console import Console

from nbcohort import __version__
from nbcohort.errors import NbcohortError
from nbcohort.i18n import _


def _show_version(value: bool) -> None:
    if value:
        typer.echo(f"nbcohort {__version__}")
        raise typer.Exit


def _options(
    version: bool = typer.Option(
        False, "--version", callback=_show_version, is_eager=True, help=_("Show the version.")
    ),
) -> None:
    pass


def build_app() -> typer.Typer:
    """Return the command line with every plugin's commands."""
    from nbcohort.loading import load_plugins
    from nbcohort.plugins_cli import plugins as show_plugins

    app = _empty_app()
    app.command("plugins")(show_plugins)
    plugins = load_plugins()
    plugins.declared("commands", lambda nothing: None, app=app)
    for plugin in plugins:
        if plugin.trouble:
            _say(_("the plugin {plugin} is set aside: {why}").format(plugin=plugin, why=plugin.trouble))
    return app


def _empty_app() -> typer.Typer:
    app = typer.Typer(
        name="nbcohort",
        help=_("Run a data-science course where a cohort learns together."),
        no_args_is_help=True,
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback()(_options)
    return app


def _app_with(commands: Callable[[typer.Typer], None]) -> typer.Typer:
    app = _empty_app()
    commands(app)
    return app


def main(commands: Callable[[typer.Typer], None] | None = None) -> None:
    """Run the command line; a `NbcohortError` becomes one line on stderr and exit code 1.

    With `commands`, which adds some, it has only these.
    """
    logging.getLogger("nbcohort.loading").addHandler(logging.NullHandler())  # told in a line each, without traceback
    try:
        (build_app() if commands is None else _app_with(commands))()
    except NbcohortError as error:
        _fail(str(error))
    except FileNotFoundError:
        if _is_somewhere():
            raise
        _fail(_("the folder that you are in is not there any more; go to another one (cd)"))
    except ModuleNotFoundError as error:
        if not error.name or error.name.startswith(("nbcohort", "nbpeer")):
            raise
        _fail(
            _(
                "this command needs the Python package {name}, which is not installed here: "
                "pip install 'nbcohort[lab]', or nbcohort[hub,service,lab] for a whole Hub"
            ).format(name=error.name)
        )


def _is_somewhere() -> bool:
    try:
        Path.cwd()
    except FileNotFoundError:
        return False
    return True


def _say(sentence: str) -> None:
    Console(stderr=True, highlight=False, markup=False, soft_wrap=True).print(f"nbcohort: {sentence}")


def _fail(sentence: str) -> None:
    _say(sentence)
    sys.exit(1)
