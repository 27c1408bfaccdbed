"""`nbgrader list`: what is released, what was handed in, and whether there is feedback."""

from fnmatch import fnmatchcase
from itertools import groupby
from pathlib import Path
from typing import Any

from nbgrader.exchange import abc

from nbcohort.exchange.base import Exchange
from nbcohort.exchange.choose import notebooks_of
from nbcohort.exchange.feedback import feedback_status
from nbcohort.i18n import _

Info = dict[str, Any]
"""What nbgrader and its Lab extensions read: keys as in nbgrader's own exchange."""


class ExchangeList(Exchange, abc.ExchangeList):  # type: ignore[misc]
    """Lists releases (outbound), submissions (inbound: all one may see; cached: one's own), or withdraws releases."""

    def init_src(self) -> None:
        """Choose the cohorts: the one that is set, or all in which one has a role."""
        course = self.coursedir.course_id
        if course:
            self.cohorts = [course]
        else:
            self.cohorts = sorted(item["cohort"] for item in self.client.get("/me")["cohorts"])

    def init_dest(self) -> None:
        """Nothing is written."""

    def copy_files(self) -> None:
        """Nothing is copied."""

    def list_files(self) -> list[Info]:
        """Log and return what there is."""
        if self.inbound or self.cached:
            groups = self._submitted()
            self.log.info("Submitted assignments:")
            for info in (one for group in groups for one in group["submissions"]):
                self.log.info(_line(info))
            return groups
        released = self._released("fetched")
        self.log.info("Released assignments:")
        for info in released:
            fetched = " (already downloaded)" if info["status"] == "fetched" else ""
            self.log.info("{course_id} {assignment_id}".format(**info) + fetched)
        return released

    def remove_files(self) -> list[Info]:
        """Withdraw releases; what was handed in stays."""
        if self.inbound or self.cached:
            self.failed(_("What was handed in is kept, so that every receipt stays true: it cannot be removed."))
        released = self._released("removed")
        self.log.info("Removing released assignments:")
        for info in released:
            self.log.info("{course_id} {assignment_id}".format(**info))
            self.client.delete(info.pop("release"))
        return released

    def _wanted(self, assignment: str) -> bool:
        return fnmatchcase(assignment, self.coursedir.assignment_id or "*")

    def _address(self, path: str) -> str:
        return f"{self.client.url}/api/v1{path}"

    def _released(self, status: str) -> list[Info]:
        found = [
            self._release(cohort, release, status)
            for cohort in self.cohorts
            for release in self.client.pages(self.at(cohort, "releases"))
            if self._wanted(release["assignment"])
        ]
        return sorted(found, key=lambda info: (info["course_id"], info["assignment_id"]))

    def _release(self, cohort: str, release: Info, status: str) -> Info:
        at = self.at(cohort, "releases", release["id"])
        folder = self.folder_of(cohort, release["assignment"])
        info = {"course_id": cohort, "assignment_id": release["assignment"]}
        if status == "removed":
            return {**info, "status": status, "path": self._address(at), "notebooks": [], "release": at}
        if folder.exists():
            local = sorted(folder.glob("*.ipynb"))
            notebooks = [{"notebook_id": notebook.stem, "path": str(notebook)} for notebook in local]
            return {**info, "status": "fetched", "path": str(folder), "notebooks": notebooks}
        names = notebooks_of(file["path"] for file in release["files"])
        notebooks = [{"notebook_id": n, "path": self._address(f"{at}/files/{n}.ipynb")} for n in names]
        return {**info, "status": "released", "path": self._address(at), "notebooks": notebooks}

    def _submitted(self) -> list[Info]:
        found = [info for cohort in self.cohorts for info in self._submissions(cohort)]
        key = ("course_id", "student_id", "assignment_id")
        found.sort(key=lambda info: (*(info[name] for name in key), info["attempt"], info["timestamp"]))
        groups = []
        for values, infos in groupby(found, lambda info: tuple(info[name] for name in key)):
            groups.append({**dict(zip(key, values, strict=True)), "status": "submitted", "submissions": list(infos)})
        return groups

    def _submissions(self, cohort: str) -> list[Info]:
        student = self.coursedir.student_id or "*"
        account = None
        if self.cached and student == "*":
            me = self.client.get("/me")
            if any(one["cohort"] == cohort and one["member"] is None for one in me["cohorts"]):
                return []  # a course room or an admin hands nothing in
            account = me["account"]
        feedback = {
            item["submission"]: item for item in self.client.pages(self.at(cohort, "feedback"), account=account)
        }
        return [
            self._submission(cohort, submission, submitter, feedback.get(submission["id"]))
            for submission in self.client.pages(self.at(cohort, "submissions"), account=account)
            if self._wanted(submission["assignment"])
            for submitter in submission["submitters"]
            if fnmatchcase(submitter, student) and account in (None, submitter)
        ]

    def _submission(self, cohort: str, submission: Info, student: str, feedback: Info | None) -> Info:
        timestamp = self.stamp(submission["handed_in_at"])
        folder: Path = self.folder_of(cohort, submission["assignment"]) / "feedback" / timestamp
        at = self._address(self.at(cohort, "submissions", submission["id"]))
        names = notebooks_of(file["path"] for file in submission["files"])
        released = feedback["files"] if feedback is not None else []
        return {
            "course_id": cohort,
            "assignment_id": submission["assignment"],
            "student_id": student,
            "timestamp": timestamp,
            "attempt": submission["attempt"],
            "status": "submitted",
            "path": at,
            **feedback_status(folder, released),
            "notebooks": [
                {
                    "notebook_id": name,
                    "path": f"{at}/files/{name}.ipynb",
                    **feedback_status(folder, [file for file in released if file["path"] == f"{name}.html"], name),
                }
                for name in names
            ],
        }


def _line(info: Info) -> str:
    if info["has_local_feedback"] and not info["feedback_updated"]:
        state = "feedback already fetched"
    elif info["has_exchange_feedback"]:
        state = "feedback ready to be fetched"
    else:
        state = "no feedback available"
    return "{course_id} {student_id} {assignment_id} {timestamp} ({state})".format(**info, state=state)
