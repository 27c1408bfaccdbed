"""Calibration over HTTP, below `/api/v1/cohorts/{cohort}/review/samples`."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from nbcohort.api import Caller, Page, PageQuery, page_of
from nbpeer import calibration
from nbpeer.calibration_schemas import AddSample, ComparedOut, SampleOut, ScoreSample
from nbpeer.routes import UNTRUSTED
from nbpeer.schemas import FileOut

calibrating = APIRouter(prefix="/review/samples", tags=["peer review"])


class SamplesQuery(PageQuery):
    """Of which assignment."""

    assignment: str


@calibrating.get("")
def samples(caller: Caller, query: Annotated[SamplesQuery, Query()]) -> Page[SampleOut]:
    """The samples of an assignment that I can score, or have scored."""
    with caller.read() as acting:
        found = [SampleOut.of(acting, one) for one in calibration.my_samples(acting, query.assignment)]
        return page_of(found, query, lambda one: one.id)


@calibrating.post("", status_code=201)
def add_sample(body: AddSample, caller: Caller) -> SampleOut:
    """Let a submission of staff's be a sample, with its scores and the reasons; for staff."""
    return caller.once(
        SampleOut,
        lambda acting: SampleOut.of(
            acting, calibration.add_sample(acting, body.assignment, body.submission, body.form())
        ),
    )


@calibrating.delete("/{sample}", status_code=204)
def remove_sample(sample: str, caller: Caller) -> None:
    """Take a sample away; for staff."""
    with caller.write() as acting:
        calibration.remove_sample(acting, sample)


@calibrating.get("/{sample}")
def read_sample(sample: str, caller: Caller) -> SampleOut:
    """One sample."""
    with caller.read() as acting:
        return SampleOut.of(acting, calibration.my_sample(acting, sample))


@calibrating.get("/{sample}/files")
def sample_files(sample: str, caller: Caller, query: Annotated[PageQuery, Query()]) -> Page[FileOut]:
    """The files of a sample."""
    with caller.read() as acting:
        copy = calibration.sample_copy(acting, sample)
    return page_of([FileOut.of(file) for file in copy.listing()], query, lambda file: file.path)


@calibrating.get(
    "/{sample}/files/{path:path}",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}},
)
def read_sample_file(sample: str, path: str, caller: Caller) -> Response:
    """One file of a sample."""
    with caller.read() as acting:
        copy = calibration.sample_copy(acting, sample)
    return Response(copy.read(path), media_type="application/octet-stream", headers=UNTRUSTED)


@calibrating.put("/{sample}/score")
def score_sample(sample: str, body: ScoreSample, caller: Caller) -> ComparedOut:
    """Score a sample, once, and see how that compares."""
    with caller.write() as acting:
        return ComparedOut.of(calibration.score_sample(acting, sample, body.form()))


@calibrating.get("/{sample}/score", responses={409: {"description": "I have not scored it"}})
def read_comparison(sample: str, caller: Caller) -> ComparedOut:
    """How my scores of a sample compare."""
    with caller.read() as acting:
        return ComparedOut.of(calibration.comparison(acting, sample))
