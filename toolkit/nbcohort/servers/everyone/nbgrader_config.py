"""nbgrader on everyone's server: assignments travel over HTTP, and the Hub's groups say who is in which cohort."""

from nbcohort.exchange import configure

c = get_config()  # type: ignore[name-defined]  # noqa: F821

configure(c)
c.Authenticator.plugin_class = "nbgrader.auth.jupyterhub.JupyterHubAuthPlugin"
