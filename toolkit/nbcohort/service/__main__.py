"""Run the service: `python -m nbcohort.service`. JupyterHub starts it as a managed service."""

import fcntl
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import uvicorn

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.service.app import build_house, create_app
from nbcohort.service.config import Config
from nbcohort.service.problems import tell_too_large
from nbcohort.store.database import Database


@contextmanager
def alone(config: Config) -> Iterator[None]:
    """Hold the SQLite database for this process only; PostgreSQL may have many.

    Raises:
        NbcohortError: another service process runs on this SQLite database.
    """
    file = Database(config.database).file
    if file is None:
        yield
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.with_name(f"{file.name}.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise NbcohortError(
                _("Another nbcohort service runs on {file}. SQLite is for one; use PostgreSQL for several.").format(
                    file=file
                )
            ) from error
        yield


def main() -> None:
    """Read the environment, build the house and serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = Config.from_environment()
        with alone(config):
            app = create_app(config, build_house(config))
            address = urlsplit(config.bind)
            uvicorn.run(
                tell_too_large(app),
                host=address.hostname or "127.0.0.1",
                port=address.port or 10101,
                log_config=None,
                access_log=False,
                server_header=False,
                timeout_keep_alive=75,
            )
    except NbcohortError as error:
        sys.exit(f"nbcohort service: {error}")


if __name__ == "__main__":
    main()
