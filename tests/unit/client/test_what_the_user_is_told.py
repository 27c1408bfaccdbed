"""Whatever answers, or does not, the client says it in a sentence, and tries again only where that does no harm."""

from collections.abc import Callable

import httpx
import pytest

from nbcohort.client import (
    PATIENT,
    PAUSES,
    NotConfigured,
    ServiceClient,
    ServiceRefused,
    ServiceUnreachable,
    open_client,
)
from nbcohort.errors import NbcohortError

URL = "http://hub.test/services/nbcohort/"
Answer = Callable[[httpx.Request], httpx.Response]


class Served:
    """A client whose requests are answered one after the other by the given answers, the last one for ever."""

    def __init__(self, *answers: httpx.Response | type[Exception], pauses: tuple[float, ...] = PAUSES) -> None:
        self.answers = list(answers)
        self.requests: list[httpx.Request] = []
        self.pauses: list[float] = []
        self.said: list[str] = []
        self.client = ServiceClient(
            URL,
            "secret",
            pauses=pauses,
            waiting=self.said.append,
            transport=httpx.MockTransport(self._answer),
            sleep=self.pauses.append,
        )

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, httpx.Response):
            return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)
        raise answer("as planned", request=request)  # type: ignore[call-arg]


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NBCOHORT_URL", "NBCOHORT_TOKEN", "JUPYTERHUB_API_TOKEN"):
        monkeypatch.delenv(name, raising=False)


def problem(status: int, detail: str, **more: object) -> httpx.Response:
    body = {"type": "urn:nbcohort:problem:x", "title": "X", "status": status, "detail": detail, **more}
    return httpx.Response(status, json=body, headers={"Content-Type": "application/problem+json"})


def test_it_asks_below_the_services_address_with_the_token() -> None:
    served = Served(httpx.Response(200, json={"account": "ada"}))
    assert served.client.get("/me", limit=3, after=None) == {"account": "ada"}
    (request,) = served.requests
    assert str(request.url) == "http://hub.test/services/nbcohort/api/v1/me?limit=3"
    assert request.headers["Authorization"] == "token secret"


def test_a_problem_detail_is_told_as_it_is() -> None:
    served = Served(problem(409, "ps1 is released already.", missing=["ab"]))
    with pytest.raises(ServiceRefused, match=r"^ps1 is released already\.$") as refused:
        served.client.get("/x")
    assert refused.value.status == 409
    assert refused.value.problem["missing"] == ["ab"]


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(302, headers={"Location": "/hub/login?next=..."}),
        httpx.Response(200, html="<form>Sign in</form>"),
        httpx.Response(403, json={"status": 403, "message": "Forbidden"}),
        httpx.Response(401, text="who are you?"),
    ],
)
def test_a_login_page_means_that_the_token_was_not_accepted(answer: httpx.Response) -> None:
    served = Served(answer)
    with pytest.raises(ServiceRefused, match="token was not accepted"):
        served.client.get("/me")
    assert len(served.requests) == 1, "the token is sent nowhere else, and not again"


@pytest.mark.parametrize("answer", [httpx.Response(404, html="<h1>404</h1>"), httpx.Response(200, text="hello")])
def test_something_else_at_the_address_is_recognised(answer: httpx.Response) -> None:
    with pytest.raises(ServiceRefused, match="not the course service"):
        Served(answer).client.get("/me")


@pytest.mark.parametrize("answer", [httpx.Response(503, html="<h1>Proxy</h1>"), httpx.ConnectError, httpx.ReadError])
def test_a_service_that_is_down_is_asked_four_times(answer: httpx.Response | type[Exception]) -> None:
    served = Served(answer)
    with pytest.raises(ServiceUnreachable, match="Your files stay where they are; try again later"):
        served.client.get("/me")
    assert len(served.requests) == 4
    assert served.pauses == [0.3, 1.0, 3.0]


def test_a_service_that_comes_back_is_not_noticed() -> None:
    served = Served(httpx.ConnectError, httpx.Response(502, text="bad gateway"), httpx.Response(200, json=[1]))
    assert served.client.get("/me") == [1]


def test_a_patient_client_waits_a_minute_and_says_so_once() -> None:
    served = Served(*[httpx.ConnectError] * 9, httpx.Response(200, json=[1]), pauses=PATIENT)
    assert served.client.get("/me") == [1]
    assert 50 < sum(PATIENT) < 70
    assert served.pauses == list(PATIENT[:9])
    assert served.said == ["The course service does not answer; waiting for it, up to 59 s."]


def test_who_waits_for_a_busy_service_is_told_why() -> None:
    served = Served(problem(503, "The database is busy."), pauses=PATIENT)
    with pytest.raises(ServiceRefused, match="database is busy"):
        served.client.get("/me")
    assert served.said == ["The database is busy. Trying again, up to 59 s."]


def test_one_failure_is_not_worth_a_word() -> None:
    served = Served(httpx.ConnectError, httpx.Response(200, json=[1]))
    served.client.get("/me")
    assert served.said == []


def test_no_answer_in_time_is_told_as_that() -> None:
    with pytest.raises(ServiceUnreachable, match="did not answer in time"):
        Served(httpx.ReadTimeout).client.get("/me")


def test_a_post_is_repeated_with_the_same_key() -> None:
    served = Served(httpx.ReadTimeout, httpx.Response(201, json={"id": "sub_1"}))
    assert served.client.post("/x", {"a": 1}, idempotency_key="k1") == {"id": "sub_1"}
    assert [request.headers["Idempotency-Key"] for request in served.requests] == ["k1", "k1"]


@pytest.mark.parametrize("answer", [httpx.ReadTimeout, httpx.Response(503, text="")])
def test_a_post_without_key_is_not_repeated_once_it_was_sent(answer: httpx.Response | type[Exception]) -> None:
    served = Served(answer)
    with pytest.raises(ServiceUnreachable):
        served.client.post("/x", {})
    with pytest.raises(ServiceUnreachable):
        served.client.patch("/x", {})
    assert len(served.requests) == 2


def test_a_post_that_was_never_sent_is_repeated() -> None:
    assert Served(httpx.ConnectError, httpx.Response(200, json=1)).client.post("/x") == 1


def test_a_busy_service_says_when_to_come_back_and_what_is_wrong() -> None:
    answer = problem(503, "The service's database is busy.")
    answer.headers["Retry-After"] = "7"
    served = Served(answer)
    with pytest.raises(ServiceRefused, match="database is busy"):
        served.client.get("/me")
    assert served.pauses == [7, 7, 7]


def test_a_post_that_was_one_too_many_was_not_done_and_is_repeated() -> None:
    answer = problem(429, "You send more requests than the service takes from one account.")
    answer.headers["Retry-After"] = "2"
    served = Served(answer, httpx.Response(201, json={"id": "x"}))
    assert served.client.post("/x", json={}) == {"id": "x"}
    assert served.pauses == [2]


def test_who_should_wait_for_long_is_told_at_once() -> None:
    answer = problem(429, "You have begun 50 uploads within an hour and not finished them.")
    answer.headers["Retry-After"] = "3000"
    served = Served(answer)
    with pytest.raises(ServiceRefused, match="50 uploads"):
        served.client.post("/x", json={}, idempotency_key="k" * 8)
    assert served.pauses == []


def test_a_list_is_read_over_all_its_pages() -> None:
    served = Served(
        httpx.Response(200, json={"items": [1, 2], "next": "c2"}),
        httpx.Response(200, json={"items": [3], "next": None}),
    )
    assert list(served.client.pages("/members", role="learner")) == [1, 2, 3]
    assert [dict(request.url.params) for request in served.requests] == [
        {"role": "learner"},
        {"role": "learner", "after": "c2"},
    ]


def test_no_content_is_none() -> None:
    assert Served(httpx.Response(204)).client.delete("/x") is None


def test_the_environment_says_where_and_who(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(NotConfigured, match="NBCOHORT_URL is not set"):
        ServiceClient.from_environment()
    monkeypatch.setenv("NBCOHORT_URL", URL)
    with pytest.raises(NotConfigured, match="JUPYTERHUB_API_TOKEN"):
        ServiceClient.from_environment()
    monkeypatch.setenv("JUPYTERHUB_API_TOKEN", "abc")
    with ServiceClient.from_environment() as client:
        assert client.url == URL.rstrip("/")
    with open_client("http://elsewhere.test", "t") as client:
        assert client.url == "http://elsewhere.test"


@pytest.mark.parametrize(("url", "token"), [("localhost:8000", "t"), ("ftp://x", "t"), (URL, "tök"), (URL, "a\nb")])
def test_an_address_or_token_that_cannot_be_is_refused(url: str, token: str) -> None:
    with pytest.raises(NbcohortError):
        ServiceClient(url, token)
