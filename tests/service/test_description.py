"""The API's description says of every operation what a caller has to know."""

from typing import Any

import httpx
import pytest

from nbcohort.testing import RunningService
from tests.service.classroom import Classroom, ok


@pytest.fixture
def document(shared_service: RunningService) -> dict[str, Any]:
    described: dict[str, Any] = ok(httpx.get(f"{shared_service.url}openapi.json", timeout=60))
    return described


def operations(document: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        f"{method} {path}": operation
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    }


def test_every_operation_has_a_short_name_of_its_own_and_a_summary(document: dict[str, Any]) -> None:
    found = operations(document)
    names = [operation["operationId"] for operation in found.values()]
    assert len(set(names)) == len(names) > 40
    assert {"me", "begin_submission", "nbpeer_save_review"} <= set(names)
    assert all(operation["summary"] and operation["description"] for operation in found.values())


def test_every_answer_has_a_shape(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        for status, answer in operation["responses"].items():
            if status != "204":
                where = (
                    document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
                    if "$ref" in answer
                    else answer
                )
                assert all(content["schema"] for content in where["content"].values()), (name, status)


def test_what_may_go_wrong_is_announced(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        announced = set(operation["responses"])
        assert {"429", "500", "503"} <= announced, name
        if "/cohorts" in name:
            assert {"401", "403", "422"} <= announced, name
            assert operation["security"] == [{"JupyterHub": []}], name
        if not name.startswith("get"):
            assert {"408", "409", "413", "507"} <= announced, name


def test_a_key_is_announced_where_something_is_created_and_bytes_where_a_file_is_sent(document: dict[str, Any]) -> None:
    for name, operation in operations(document).items():
        keyed = {"$ref": "#/components/parameters/IdempotencyKey"} in operation.get("parameters", [])
        assert keyed == name.startswith("post"), name
        if "/blobs/" in name:
            assert list(operation["requestBody"]["content"]) == ["application/octet-stream"]
        if name.endswith("/files/{path}"):
            assert list(operation["responses"]["200"]["content"]) == ["application/octet-stream"]


def test_who_nobody_knows_is_told_so_before_what_they_send_is_read(room: Classroom) -> None:
    url = f"{room.service.url}api/v1{room.root}/members"
    answer = httpx.post(url, content=b"{ no JSON", headers={"Content-Type": "application/json"}, timeout=60)
    assert answer.status_code == 401
    assert httpx.get(f"{room.service.url}api/v1/nothing", timeout=60).status_code == 401
    assert httpx.get(f"{room.service.url}nothing", timeout=60).status_code == 404
