"""Run the service: `python -m nbcohort.service`. JupyterHub starts it as a managed service."""

import logging
import sys
from contextlib import nullcontext
from urllib.parse import urlsplit

import uvicorn

from nbcohort.errors import NbcohortError
from nbcohort.service.app import build_house, create_app
from nbcohort.service.config import Config
from nbcohort.service.problems import tell_too_large
from nbcohort.service.stalls import connections, end_stalls
from nbcohort.store.alone import alone
from nbcohort.store.database import Database

GRACE = 4
"""Seconds for requests under way when the service is told to stop. JupyterHub kills a service after 5."""


def main() -> None:
    """Read the environment, build the house and serve until told to stop."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    try:
        config = Config.from_environment()
        file = Database(config.database).file
        with alone(file) if file else nullcontext():
            app = create_app(config, build_house(config))
            address = urlsplit(config.bind)
            uvicorn.run(
                end_stalls(tell_too_large(app), config.stall_seconds),
                http=connections(config.stall_seconds),
                host=address.hostname or "127.0.0.1",
                port=address.port or 10101,
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(config.trusted_proxies),
                forwarded_allow_ips=config.trusted_proxies,
                timeout_keep_alive=75,
                timeout_graceful_shutdown=GRACE,
            )
    except NbcohortError as error:
        sys.exit(f"nbcohort service: {error}")


if __name__ == "__main__":
    main()
