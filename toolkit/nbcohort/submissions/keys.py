"""The service's receipt keys on disk: one private key that signs now, and every public key that ever did.

In the folder: `signing.pem` (private, mode 0600) and one `<kid>.json` per public key. A public key is on the disk
before its private half is, so whatever was signed can be verified after any crash. To rotate is to replace
`signing.pem`.
"""

import json
from contextlib import suppress
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from nbcohort.errors import NbcohortError
from nbcohort.i18n import _
from nbcohort.store.disk import Disk, make_folder, trouble_is_a_sentence, write_file
from nbcohort.submissions.receipts import Jwk, Receipt, public_jwk, read_keys, sign

KEYS = "receipt-keys"
"""The folder's name in the service's data."""

SIGNING = "signing.pem"


class DamagedKey(NbcohortError):
    """The signing key cannot be read; nothing is signed until an administrator mends it."""

    status = 500
    slug = "damaged-key"


class ReceiptKeys:
    """Signs receipts and lists the public keys. Made at the first start; several processes may share the folder."""

    def __init__(self, folder: Path, disk: Disk | None = None) -> None:
        """Load the signing key of `folder`, or make it; raises `DamagedKey`."""
        self._folder = folder
        self._disk = disk or Disk()
        with trouble_is_a_sentence():
            make_folder(folder, self._disk)
        if not self._private.exists():
            with suppress(FileExistsError):  # another process made one just now; take that
                self._make(replace=False)
        self._key = self._load()

    def sign(self, receipt: Receipt) -> str:
        """Return the receipt, signed, as a compact JWS."""
        return sign(receipt, self._key)

    def rotate(self) -> str:
        """Sign with a new key from now on, keep the old public ones, and return the new `kid`."""
        self._make(replace=True)
        self._key = self._load()
        return str(public_jwk(self._key.public_key())["kid"])

    def jwks(self) -> list[Jwk]:
        """Return all public keys, old ones too."""
        return public_keys(self._folder)

    @property
    def _private(self) -> Path:
        return self._folder / SIGNING

    def _make(self, *, replace: bool) -> None:
        key = Ed25519PrivateKey.generate()
        self._publish(key)
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_file(self._private, pem, self._disk, replace=replace)

    def _publish(self, key: Ed25519PrivateKey) -> None:
        jwk = public_jwk(key.public_key())
        text = json.dumps({"keys": [jwk]}, sort_keys=True)
        write_file(self._folder / f"{jwk['kid']}.json", text.encode(), self._disk, replace=True, mode=0o644)

    def _load(self) -> Ed25519PrivateKey:
        try:
            key = load_pem_private_key(self._private.read_bytes(), password=None)
        except ValueError as error:
            raise DamagedKey(
                _("The receipt key {path} is damaged. Restore it from a backup, or remove it to begin with a new one.")
                .format(path=self._private)
            ) from error  # fmt: skip
        if not isinstance(key, Ed25519PrivateKey):
            raise DamagedKey(_("The receipt key {path} is not an Ed25519 key.").format(path=self._private))
        if not (self._folder / f"{public_jwk(key.public_key())['kid']}.json").exists():
            self._publish(key)
        return key


def public_keys(folder: Path) -> list[Jwk]:
    """Return all public keys in `folder`, old ones too, and write nothing."""
    return [key for path in sorted(folder.glob("*.json")) for key in read_keys(path.read_text("utf-8"))]
