"""nbgrader's exchange over HTTP: its commands, Assignment List and formgrader work without a shared folder."""

from typing import Any

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.collect import ExchangeCollect
from nbcohort.exchange.fetch_assignment import ExchangeFetchAssignment
from nbcohort.exchange.fetch_feedback import ExchangeFetchFeedback
from nbcohort.exchange.list import ExchangeList
from nbcohort.exchange.release_assignment import ExchangeReleaseAssignment
from nbcohort.exchange.release_feedback import ExchangeReleaseFeedback
from nbcohort.exchange.submit import ExchangeSubmit

__all__ = [
    "Exchange",
    "ExchangeCollect",
    "ExchangeFetchAssignment",
    "ExchangeFetchFeedback",
    "ExchangeList",
    "ExchangeReleaseAssignment",
    "ExchangeReleaseFeedback",
    "ExchangeSubmit",
    "configure",
]


def configure(c: Any) -> None:
    """Make nbgrader use this exchange; `c` is the configuration in an `nbgrader_config.py`."""
    factory = c.ExchangeFactory
    factory.exchange = Exchange
    factory.collect = ExchangeCollect
    factory.fetch_assignment = ExchangeFetchAssignment
    factory.fetch_feedback = ExchangeFetchFeedback
    factory.list = ExchangeList
    factory.release_assignment = ExchangeReleaseAssignment
    factory.release_feedback = ExchangeReleaseFeedback
    factory.submit = ExchangeSubmit
