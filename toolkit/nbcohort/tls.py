"""What httpx checks an address's certificate with."""

import ssl
from functools import cache
from urllib.request import getproxies


def verify_for(url: str) -> ssl.SSLContext | bool:
    """Return the `verify` of an httpx client for `url`: the system's certificates, or none to read for plain HTTP.

    Reading them takes 30 ms, which is most of a client's making, and of many a short command. A proxy may want TLS.
    """
    return True if url.startswith("https:") or getproxies() else _nothing_trusted()


@cache
def _nothing_trusted() -> ssl.SSLContext:
    return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
