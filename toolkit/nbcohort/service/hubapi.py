"""What the service asks of the Hub with its own token: accounts, groups and course rooms.

The order of the calls that make a room, none of which needs a restart of the Hub, was found by running JupyterHub 6.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import httpx

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _


class HubRefused(NbcohortError):
    """The Hub answered the service with an error, or not at all."""

    status = 502
    slug = "hub-refused"


@dataclass(frozen=True)
class HubApi:
    """The Hub's REST API, as the service.

    Args:
        client: HTTP client whose base URL is the Hub's API and which carries the service's token.
    """

    client: httpx.Client

    def make_room(self, account: str, groups: Iterable[str]) -> None:
        """Make the account `account` with a server row of its own that can be shared. Idempotent."""
        self._call("POST", f"users/{quote(account)}", ok=(201, 409))
        for group in groups:
            self._make_group(group)
            self._call("POST", f"groups/{quote(group)}/users", json={"users": [account]})

    def share_room(self, account: str, members: Iterable[str]) -> None:
        """Let exactly `members` enter, start and stop `account`'s server. Idempotent.

        The Hub's own page that starts a server asks for the scope `servers`, and a share's scopes are taken literally.
        """
        wanted = set(members)
        scopes = [
            f"{scope}!server={account}/" for scope in ("access:servers", "servers", "start:servers", "read:servers")
        ]
        answer = self._call("GET", f"shares/{quote(account)}/", ok=(200, 404))
        shares = answer.json().get("items", []) if answer.status_code == 200 else []
        having = {share["user"]["name"] for share in shares if share.get("user")}
        for member in sorted(wanted - having):
            self.make_user(member)
            self._call("POST", f"shares/{quote(account)}/", json={"user": member, "scopes": scopes}, ok=(200, 201))
        for member in sorted(having - wanted):
            self._call("PATCH", f"shares/{quote(account)}/", json={"user": member}, ok=(200, 204))

    def make_user(self, account: str) -> None:
        """Make the account `account` if it is not there."""
        self._call("POST", f"users/{quote(account)}", ok=(201, 409))

    def set_group(self, group: str, accounts: Iterable[str]) -> None:
        """Make the group `group` hold exactly `accounts`. Idempotent."""
        self._make_group(group)
        wanted = set(accounts)
        having = set(self.group(group))
        for account in sorted(wanted - having):
            self.make_user(account)
        if new := sorted(wanted - having):
            self._call("POST", f"groups/{quote(group)}/users", json={"users": new})
        if gone := sorted(having - wanted):
            self._call("DELETE", f"groups/{quote(group)}/users", json={"users": gone})

    def group(self, group: str) -> list[str]:
        """Return the accounts in `group`; none if there is no such group."""
        answer = self._call("GET", f"groups/{quote(group)}", ok=(200, 404))
        return list(answer.json()["users"]) if answer.status_code == 200 else []

    def _make_group(self, group: str) -> None:
        self._call("POST", f"groups/{quote(group)}", ok=(201, 409))

    def _call(
        self, method: str, path: str, *, json: Any = None, ok: tuple[int, ...] = (200, 201, 204)
    ) -> httpx.Response:
        try:
            answer = self.client.request(method, path, json=json)
        except httpx.HTTPError as error:
            raise HubRefused(_("JupyterHub does not answer; try again later.")) from error
        if answer.status_code not in ok:
            raise HubRefused(
                _("JupyterHub refused {method} {path} with {status}: {text}").format(
                    method=method, path=path, status=answer.status_code, text=answer.text[:200]
                )
            )
        return answer
