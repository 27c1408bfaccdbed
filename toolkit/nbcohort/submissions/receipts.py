"""Receipts: what the service says it has received, signed so that anybody can check it without asking the service.

A receipt is a compact JWS (RFC 7515) with Ed25519 (`alg: EdDSA`), `typ: nbcohort-receipt` and the `kid` of the key,
which is the key's thumbprint (RFC 7638). Its payload names no person and no file: members by their opaque ids, the
files by the SHA-256 of their canonical manifest, which whoever has the files can derive again. The algorithm is fixed
here and never taken from the receipt, and a key comes from the service's key list, never from the receipt.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from jwt.algorithms import OKPAlgorithm

from nbcohort.errors import Invalid
from nbcohort.i18n import _
from nbcohort.submissions.manifest import Entry, digest

TYPE = "nbcohort-receipt"
VERSION = 1
_ALGORITHM = "EdDSA"

Jwk = dict[str, Any]


class BadReceipt(Invalid):
    """The receipt does not hold."""

    slug = "bad-receipt"


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the service confirms. Times are the service's, in UTC; `submitters` are member ids, sorted."""

    cohort: str
    assignment: str
    submission: str
    attempt: int
    submitters: tuple[str, ...]
    created_at: datetime
    committed_at: datetime
    late: bool
    manifest_sha256: str
    files: int
    size: int


def public_jwk(key: Ed25519PublicKey) -> Jwk:
    """Return the public key as a JWK whose `kid` is its thumbprint."""
    jwk: Jwk = OKPAlgorithm.to_jwk(key, as_dict=True)
    members = {name: jwk[name] for name in ("crv", "kty", "x")}
    thumbprint = hashlib.sha256(json.dumps(members, sort_keys=True, separators=(",", ":")).encode()).digest()
    return {**members, "kid": jwt.utils.base64url_encode(thumbprint).decode(), "alg": _ALGORITHM, "use": "sig"}


def sign(receipt: Receipt, key: Ed25519PrivateKey) -> str:
    """Return the receipt as a compact JWS."""
    payload = {
        "v": VERSION,
        "cohort": receipt.cohort,
        "assignment": receipt.assignment,
        "submission": receipt.submission,
        "attempt": receipt.attempt,
        "submitters": sorted(receipt.submitters),
        "created_at": _written(receipt.created_at),
        "committed_at": _written(receipt.committed_at),
        "late": receipt.late,
        "manifest_sha256": receipt.manifest_sha256,
        "files": receipt.files,
        "size": receipt.size,
    }
    return jwt.PyJWS().encode(
        json.dumps(payload, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode(),
        key,
        algorithm=_ALGORITHM,
        headers={"typ": TYPE, "kid": public_jwk(key.public_key())["kid"]},
    )


def verify(token: str, keys: Iterable[Mapping[str, Any]]) -> Receipt:
    """Return what a receipt says, if one of `keys` (public JWKs) signed it.

    Raises `BadReceipt` with the reason: no receipt at all, an unknown key, a wrong signature, a version not known here.
    """
    try:
        header = jwt.get_unverified_header(token.strip())
    except jwt.PyJWTError as error:
        raise BadReceipt(_("This is no receipt: it is not a signed token, or a part of it is missing.")) from error
    if header.get("typ") != TYPE or header.get("alg") != _ALGORITHM:
        raise BadReceipt(_("This is a signed token, but no receipt of an nbcohort service."))
    try:
        payload = jwt.PyJWS().decode(token.strip(), _find_key(header.get("kid"), keys), algorithms=[_ALGORITHM])
    except jwt.PyJWTError as error:
        raise BadReceipt(_("The signature is wrong: the receipt was changed, or another service made it.")) from error
    return _read(payload)


def check_files(receipt: Receipt, manifest: tuple[Entry, ...]) -> None:
    """Raise `BadReceipt` unless these are, byte for byte and name for name, the files the receipt is about."""
    if digest(manifest) == receipt.manifest_sha256:
        return
    size = sum(entry.size for entry in manifest)
    if (len(manifest), size) == (receipt.files, receipt.size):
        raise BadReceipt(
            _("The receipt is genuine, but these are not the files: as many and as large, with other content or names.")
        )
    raise BadReceipt(
        _(
            "The receipt is genuine, but these are not the files: it is about {files} files with {size} bytes, "
            "and here are {files_here} with {size_here}."
        ).format(files=receipt.files, size=receipt.size, files_here=len(manifest), size_here=size)
    )


def read_keys(text: str) -> list[Jwk]:
    """Read a key list (`{"keys": [...]}`) as the service gives it; raises `BadReceipt`."""
    try:
        keys = json.loads(text)["keys"]
        return [{str(name): value for name, value in key.items()} for key in keys]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BadReceipt(
            _('This is no list of receipt keys: expected JSON like {{"keys": [...]}}.').format()
        ) from error


def _find_key(kid: object, keys: Iterable[Mapping[str, Any]]) -> Ed25519PublicKey:
    for jwk in keys:
        if jwk.get("kid") != kid:
            continue
        try:
            key = OKPAlgorithm.from_jwk(dict(jwk))
        except (jwt.PyJWTError, ValueError) as error:
            raise BadReceipt(_("The key {kid} in the key list is damaged.").format(kid=kid)) from error
        if isinstance(key, Ed25519PublicKey):
            return key
    raise BadReceipt(
        _(
            "The receipt was signed with the key {kid}, which is not in the key list: "
            "fetch the list anew from the service it comes from, or another service made it."
        ).format(kid=kid)
    )


def _read(payload: bytes) -> Receipt:
    try:
        said = json.loads(payload)
        if said["v"] != VERSION:
            raise BadReceipt(
                _("The receipt has the version {version}, which this nbcohort cannot read: update it.").format(
                    version=said["v"]
                )
            )
        return Receipt(
            cohort=str(said["cohort"]),
            assignment=str(said["assignment"]),
            submission=str(said["submission"]),
            attempt=int(said["attempt"]),
            submitters=tuple(str(member) for member in said["submitters"]),
            created_at=datetime.fromisoformat(said["created_at"]),
            committed_at=datetime.fromisoformat(said["committed_at"]),
            late=bool(said["late"]),
            manifest_sha256=str(said["manifest_sha256"]),
            files=int(said["files"]),
            size=int(said["size"]),
        )
    except (ValueError, KeyError, TypeError) as error:
        raise BadReceipt(_("The receipt is signed, but something is missing in it.")) from error


def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")
