"""One run of the demo: Hub up, story played as far as it is not, report, and up until it is told to end."""

import threading
from contextlib import ExitStack
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import httpx
from rich.console import Console
from rich.text import Text

from nbcohort.demo import story
from nbcohort.demo.desks import Desks
from nbcohort.demo.findings import Findings, gather
from nbcohort.demo.hub_config import Addresses, write_configuration
from nbcohort.demo.hub_process import HubDidNotStart, RunningHub, did_not_start, hub_process
from nbcohort.demo.play import Teller, play, wait_until
from nbcohort.demo.report import addresses, report
from nbcohort.demo.scenes import scenes
from nbcohort.demo.site import Journal, Site, Time
from nbcohort.demo.world import ROOM, World
from nbcohort.hub import START_SECONDS
from nbcohort.i18n import _
from nbcohort.sandbox import SandboxUnavailable
from nbcohort.spawner import tier_here

ZONE = ZoneInfo(story.TIME_ZONE)
KEEP_SECONDS = 5
"""How often the cohort's time is written down while the demo is up."""


def run(site: Site, port: int, *, once: bool, subdomains: bool = False, console: Console) -> bool:
    """Run the demo; return whether all came out as written down beforehand. Without `once`, stay up until Ctrl-C."""
    secrets = site.prepare()
    journal = Journal(site.folder / "journal.json")
    clock = Time(site.clock, journal)
    where = Addresses.free(port, subdomains=subdomains)
    teller = Teller(console, ZONE)
    _tell_of_sandbox(console)
    accounts = [one.account for one in story.CAN_LOG_IN]
    configuration = write_configuration(site, secrets, where, accounts, story.IRIS.account)
    found = None
    try:
        with ExitStack() as ending:
            with console.status(_("Starting the Hub ...")):
                hub = ending.enter_context(hub_process(configuration, where.hub, secrets.token, site.log))
                wait_for(where, hub)
            ending.callback(teller.say, _("Ending the Hub and its servers ..."))
            teller.say(_("The Hub answers"), where.url)
            found = _with_hub(site, hub, where, clock, journal, teller)
            if not once:
                logins = [story.IRIS.account, *story.BUSY]
                console.print(addresses(found, where.url, where.server(ROOM), secrets.password, logins, ZONE))
                console.print(Text(_("Ctrl-C ends it; the same command goes on from here.") + "\n"))
                _stay(clock)
    except KeyboardInterrupt:
        console.print(_("The demo has ended; start it again to go on."))
    return found is not None and found.as_expected


def _with_hub(site: Site, hub: RunningHub, where: Addresses, clock: Time, journal: Journal, teller: Teller) -> Findings:
    environment = {"NBCOHORT_URL": where.service, "JUPYTERHUB_API_URL": where.hub_api}
    desks = Desks(site.homes, environment, hub.token_of)
    world = World(hub, desks, where.service if where.subdomains else f"{where.url}/services/nbcohort")
    try:
        played = play(scenes(world), clock, journal, teller, desks.close)
        if not played:
            teller.say(_("Nothing is left to play: this is how it came out."))
        found = gather(world, clock.now())
    finally:
        desks.close()
        clock.keep()
    teller.console.print(report(found, _("Two weeks of {cohort}").format(cohort=story.COHORT), ZONE))
    return found


def wait_for(where: Addresses, hub: RunningHub) -> None:
    """Wait until the Hub answers at its public address, and the service: the Hub's own port does a little earlier.

    Raises:
        HubDidNotStart: they do not in time, or the Hub has ended, as it does when its service does not start.
    """

    def answers() -> bool:
        public = f"http://127.0.0.1:{where.port}/hub/api"
        try:
            return (
                httpx.get(public, headers={"Host": urlsplit(where.url).netloc}, timeout=5).is_success
                and httpx.get(f"{where.service}/api/v1/receipt-keys", timeout=5).is_success
            )
        except httpx.HTTPError:
            if hub.process.poll() is not None:
                raise HubDidNotStart(did_not_start(_("The Hub has ended."), hub.log)) from None
            return False

    try:
        wait_until(answers, "the service", START_SECONDS)
    except TimeoutError:
        raise HubDidNotStart(did_not_start(_("The service does not answer."), hub.log)) from None


def _stay(clock: Time) -> None:
    """Wait for a signal, and then raise KeyboardInterrupt; the cohort's time is kept meanwhile."""
    for_ever = threading.Event()
    while not for_ever.wait(KEEP_SECONDS):
        clock.keep()


def _tell_of_sandbox(console: Console) -> None:
    tier = tier_here()
    if isinstance(tier, SandboxUnavailable):
        console.print(
            Text(
                _(
                    "NO SANDBOX: all servers and programs run as one system user and can read each other's files. {why}"
                ).format(why=tier),
                style="bold yellow",
            )
        )
