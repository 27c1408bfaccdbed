r"""A manifest: the files of a snapshot as (path, size, SHA-256), in one canonical form that can be hashed and signed.

A path is what every learner's computer and ours can store, and nothing that could reach outside its folder:
relative, with `/`, UTF-8 in Unicode's normal form C; no empty, `.` or `..` segment, no `\`, no drive, no control
character; no two paths that a file system ignoring case would confuse; no path below a file. Refusing is chosen over
repairing: a repaired path is one nobody signed.
"""

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass

from nbcohort.errors import Invalid, TooLarge
from nbcohort.i18n import _

SEGMENT_BYTES = 255
PATH_BYTES = 1024
_DRIVE = re.compile(r"[A-Za-z]:")
_SHA256 = re.compile(r"[0-9a-f]{64}")
_UNSEEN = frozenset({"Cc", "Cs", "Zl", "Zp"})
_REORDERING = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


class BadPath(Invalid):
    """A file cannot be handed in or released under this name."""

    slug = "bad-path"


@dataclass(frozen=True, slots=True, order=True)
class Entry:
    """One file: its path in the snapshot, its size in bytes, its SHA-256 in hexadecimal."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Limits:
    """How much one snapshot may hold. The defaults are for what staff release; settings limit hand-ins further."""

    files: int = 1_000
    file_bytes: int = 1_000_000_000
    total_bytes: int = 2_000_000_000


DEFAULT_LIMITS = Limits()


def make_manifest(entries: Iterable[Entry], limits: Limits = DEFAULT_LIMITS) -> tuple[Entry, ...]:
    """Check the entries and sort them by path.

    Raises `BadPath`, `TooLarge`, or `Invalid` when there are none or a size or hash cannot be.
    """
    manifest = tuple(sorted(entries))
    if not manifest:
        raise Invalid(_("There are no files: a snapshot has at least one."))
    if len(manifest) > limits.files:
        raise TooLarge(
            _("There are {count} files, and at most {limit} are taken. Leave out what was only generated.").format(
                count=len(manifest), limit=limits.files
            )
        )
    for entry in manifest:
        check_path(entry.path)
        if entry.size < 0 or not _SHA256.fullmatch(entry.sha256):
            raise Invalid(_("The size or the SHA-256 of {path} cannot be right.").format(path=shown(entry.path)))
        check_size(entry.path, entry.size, limits)
    _check_collisions(manifest)
    if len({(entry.sha256, entry.size) for entry in manifest}) > len({entry.sha256 for entry in manifest}):
        raise Invalid(_("Two files have the same SHA-256 and different sizes, which cannot be right."))
    check_total(sum(entry.size for entry in manifest), limits)
    return manifest


def canonical(manifest: Iterable[Entry]) -> bytes:
    """Return the one canonical form: JSON, sorted by path, keys sorted, no spaces, UTF-8."""
    files = [{"path": entry.path, "sha256": entry.sha256, "size": entry.size} for entry in sorted(manifest)]
    return json.dumps(files, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def digest(manifest: Iterable[Entry]) -> str:
    """Return the SHA-256 of the canonical form, in hexadecimal."""
    return hashlib.sha256(canonical(manifest)).hexdigest()


def check_path(path: str) -> None:
    """Raise `BadPath` with the reason when no file may have this path."""
    reason = _objection(path)
    if reason is not None:
        raise BadPath(
            _("The file name {path} is refused: {reason}.").format(path=shown(path), reason=reason),
            path=shown(path),
        )


def check_size(path: str, size: int, limits: Limits) -> None:
    """Raise `TooLarge` when one file is."""
    if size > limits.file_bytes:
        raise TooLarge(
            _("{path} has {size}, and a file may have at most {limit}.").format(
                path=shown(path), size=human(size), limit=human(limits.file_bytes)
            ),
            path=shown(path),
        )


def check_total(size: int, limits: Limits) -> None:
    """Raise `TooLarge` when all files together are."""
    if size > limits.total_bytes:
        raise TooLarge(
            _("The files have {size} together, and at most {limit} are taken.").format(
                size=human(size), limit=human(limits.total_bytes)
            )
        )


def shown(path: str) -> str:
    """Return a path as it can be shown to a person or put into JSON: quoted, unprintable characters escaped, short."""
    text = "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in path)
    return f"“{text}”" if len(text) <= 120 else f"“{text[:117]}…”"


def human(size: int) -> str:
    """Return a number of bytes as a person reads it; a MB is a million bytes."""
    if size < 1000:
        return f"{size} bytes"
    value = float(size)
    for unit in ("kB", "MB", "GB"):
        value /= 1000
        if value < 999.95 or unit == "GB":
            return f"{value:.1f} {unit}".replace(".0 ", " ")
    raise AssertionError


def _objection(path: str) -> str | None:
    segments = path.split("/")
    objections = (
        (any(unicodedata.category(c) == "Cs" for c in path), _("it is not valid UTF-8")),
        (any(unicodedata.category(c) in _UNSEEN for c in path), _("it contains a control character")),
        (any(c in _REORDERING for c in path), _("it contains a character that reorders the text around it")),
        (path.startswith("/"), _("it is absolute")),
        ("\\" in path, _("it contains a backslash; folders are separated by /")),
        (_DRIVE.match(path) is not None, _("it begins with a drive")),
        (".." in segments, _("it leads out of its folder (..)")),
        ("" in segments or "." in segments, _("it has an empty part or the part “.”")),
        (not unicodedata.is_normalized("NFC", path), _("its accents are stored apart from their letters (not NFC)")),
    )
    for holds, reason in objections:
        if holds:
            return reason
    if len(path.encode()) > PATH_BYTES or any(len(segment.encode()) > SEGMENT_BYTES for segment in segments):
        return _("it is too long")
    return None


def _check_collisions(manifest: tuple[Entry, ...]) -> None:
    """Refuse a path twice, paths apart only in case, and a path below a file; `manifest` is sorted."""
    spelled: dict[str, str] = {}
    files = {_folded(entry.path) for entry in manifest}
    seen: set[str] = set()
    for entry in manifest:
        if entry.path in seen:
            raise BadPath(_("{path} is there twice.").format(path=shown(entry.path)), path=entry.path)
        seen.add(entry.path)
        segments = entry.path.split("/")
        for depth in range(1, len(segments) + 1):
            name = "/".join(segments[:depth])
            other = spelled.setdefault(_folded(name), name)
            if other != name:
                raise BadPath(
                    _(
                        "{path} and {other} differ only in upper and lower case; many computers take them for one."
                    ).format(path=shown(name), other=shown(other)),
                    path=entry.path,
                )
            if depth < len(segments) and _folded(name) in files:
                raise BadPath(_("{path} is both a file and a folder.").format(path=shown(name)), path=entry.path)


def _folded(path: str) -> str:
    """Return what a file system that ignores case compares."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", path).casefold())
