"""nbgrader on everyone's server: assignments travel over HTTP, and the Hub's groups say who is in which cohort."""

c = get_config()  # type: ignore[name-defined]  # noqa: F821

c.ExchangeFactory.exchange = "nbcohort.exchange.Exchange"
c.ExchangeFactory.fetch_assignment = "nbcohort.exchange.ExchangeFetchAssignment"
c.ExchangeFactory.fetch_feedback = "nbcohort.exchange.ExchangeFetchFeedback"
c.ExchangeFactory.release_assignment = "nbcohort.exchange.ExchangeReleaseAssignment"
c.ExchangeFactory.release_feedback = "nbcohort.exchange.ExchangeReleaseFeedback"
c.ExchangeFactory.list = "nbcohort.exchange.ExchangeList"
c.ExchangeFactory.submit = "nbcohort.exchange.ExchangeSubmit"
c.ExchangeFactory.collect = "nbcohort.exchange.ExchangeCollect"

c.Authenticator.plugin_class = "nbgrader.auth.jupyterhub.JupyterHubAuthPlugin"
