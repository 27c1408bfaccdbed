"""A Hub for cohorts: `jupyterhub` in this folder. What every such Hub needs is in `nbcohort.hub`."""

import os
from pathlib import Path

from nbcohort.hub import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821

# Who may log in is yours to decide. Without these lines the Hub asks for the machine's accounts and lets nobody in.
# c.JupyterHub.authenticator_class = "..."       an authenticator that you have installed
# c.Authenticator.allow_all = True               or allowed_users = {"ada", "ben"}
# c.Authenticator.admin_users = {"grace"}        they make cohorts

# On one host, a page on one person's server can act as whoever looks at it. With a wildcard name and certificate, every
# server gets a host of its own: ada.hub.example.org.
# c.JupyterHub.subdomain_host = "https://hub.example.org"

# Set what you want to replace above this line; add to lists below it: c.JupyterHub.services.append(...).
configure(c, Path(os.environ.get("NBCOHORT_STATE", "state")))
