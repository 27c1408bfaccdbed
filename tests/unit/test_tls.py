"""Certificates are read where an address, or a proxy, may have one."""

import pytest

from nbcohort.tls import verify_for


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


def test_plain_http_needs_none() -> None:
    context = verify_for("http://127.0.0.1:8000/")

    assert not isinstance(context, bool)
    assert context.get_ca_certs() == []
    assert verify_for("http://elsewhere/") is context


def test_https_is_checked_as_ever() -> None:
    assert verify_for("https://hub.example.org/hub/api") is True


def test_a_proxy_may_want_tls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "https://proxy.example.org:3128")

    assert verify_for("http://hub.example.org/hub/api") is True
