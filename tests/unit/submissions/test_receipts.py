"""Receipts: what was signed holds, and nothing else does."""

import base64
import json
import stat
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from nbcohort.store.disk import Disk
from nbcohort.submissions.keys import DamagedKey, ReceiptKeys
from nbcohort.submissions.manifest import Entry, digest
from nbcohort.submissions.receipts import BadReceipt, Receipt, check_files, public_jwk, read_keys, sign, verify

FILES = (Entry("data.csv", 4, "a" * 64), Entry("ps1.ipynb", 2, "b" * 64))
RECEIPT = Receipt(
    cohort="ds1",
    assignment="ps1",
    submission="sub_x",
    attempt=2,
    submitters=("mem_a", "mem_b"),
    created_at=datetime(2026, 1, 16, 22, 58, tzinfo=UTC),
    committed_at=datetime(2026, 1, 16, 22, 59, 1, 250000, tzinfo=UTC),
    late=False,
    manifest_sha256=digest(FILES),
    files=2,
    size=6,
)
KEY = Ed25519PrivateKey.generate()
KEYS = [public_jwk(KEY.public_key())]


def test_a_receipt_says_after_verification_what_was_signed() -> None:
    assert verify(sign(RECEIPT, KEY), KEYS) == RECEIPT
    assert verify(f"  {sign(RECEIPT, KEY)}\n", KEYS) == RECEIPT


EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
texts = st.text(st.characters(codec="utf-8"))
instants = st.integers(0, 7 * 10**15).map(lambda micros: EPOCH + timedelta(microseconds=micros))


@given(
    st.builds(
        Receipt,
        cohort=texts,
        assignment=texts,
        submission=texts,
        attempt=st.integers(1, 10**6),
        submitters=st.lists(texts, max_size=3).map(lambda names: tuple(sorted(names))),
        created_at=instants,
        committed_at=instants,
        late=st.booleans(),
        manifest_sha256=texts,
        files=st.integers(0, 10**6),
        size=st.integers(0, 10**15),
    )
)
def test_every_receipt_survives_signing(receipt: Receipt) -> None:
    assert verify(sign(receipt, KEY), KEYS) == receipt


@settings(max_examples=300)
@given(st.data())
def test_no_receipt_with_a_changed_character_holds(data: st.DataObject) -> None:
    token = sign(RECEIPT, KEY)
    # The last character of the signature carries four bits that mean nothing.
    place = data.draw(st.integers(0, len(token) - 2))
    letter = data.draw(st.sampled_from("ABCxyz019-_."))
    changed = token[:place] + letter + token[place + 1 :]
    if changed != token:
        with pytest.raises(BadReceipt):
            verify(changed, KEYS)


@pytest.mark.parametrize("text", ["", "hello", "a.b.c", "ü.ü.ü", "{}", "a" * 10_000])
def test_what_is_no_receipt_gets_a_sentence(text: str) -> None:
    with pytest.raises(BadReceipt, match="no receipt"):
        verify(text, KEYS)


def test_a_receipt_of_an_unknown_key_is_told_apart_from_a_forged_one() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(BadReceipt, match="not in the key list"):
        verify(sign(RECEIPT, other), KEYS)
    kid = KEYS[0]["kid"]
    payload = b"{}"
    forged = jwt.PyJWS().encode(payload, other, algorithm="EdDSA", headers={"typ": "nbcohort-receipt", "kid": kid})
    with pytest.raises(BadReceipt, match="signature is wrong"):
        verify(forged, KEYS)


def test_a_receipt_cannot_choose_its_algorithm_or_bring_its_key() -> None:
    public = KEYS[0]["x"].encode()
    headers = {"typ": "nbcohort-receipt", "kid": KEYS[0]["kid"]}
    payload = b'{"v":1}'
    symmetric = jwt.PyJWS().encode(payload, public, algorithm="HS256", headers=headers)
    unsigned = jwt.PyJWS().encode(payload, None, algorithm="none", headers=headers)  # type: ignore[arg-type]
    other = Ed25519PrivateKey.generate()
    brought = jwt.PyJWS().encode(
        payload, other, algorithm="EdDSA", headers={**headers, "jwk": public_jwk(other.public_key())}
    )
    for token in (symmetric, unsigned, brought):
        with pytest.raises(BadReceipt):
            verify(token, KEYS)


def test_other_tokens_signed_with_the_key_are_no_receipts() -> None:
    token = jwt.encode({"sub": "x"}, KEY, algorithm="EdDSA", headers={"kid": KEYS[0]["kid"]})
    with pytest.raises(BadReceipt, match="no receipt of an nbcohort service"):
        verify(token, KEYS)


def test_a_receipt_of_a_later_version_says_update() -> None:
    headers = {"typ": "nbcohort-receipt", "kid": KEYS[0]["kid"]}
    token = jwt.PyJWS().encode(b'{"v":2}', KEY, algorithm="EdDSA", headers=headers)
    with pytest.raises(BadReceipt, match="update"):
        verify(token, KEYS)
    token = jwt.PyJWS().encode(b'{"v":1}', KEY, algorithm="EdDSA", headers=headers)
    with pytest.raises(BadReceipt, match="missing"):
        verify(token, KEYS)


def test_a_receipt_carries_no_name_and_no_path() -> None:
    payload = sign(RECEIPT, KEY).split(".")[1]
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    assert said["created_at"] == "2026-01-16T22:58:00Z"
    assert said["submitters"] == ["mem_a", "mem_b"]
    assert "ps1.ipynb" not in json.dumps(said)


def test_the_files_a_receipt_is_about_are_recognised() -> None:
    check_files(RECEIPT, FILES)


def test_other_files_are_told_from_the_ones_handed_in() -> None:
    with pytest.raises(BadReceipt, match="as many and as large"):
        check_files(RECEIPT, (replace(FILES[0], sha256="c" * 64), FILES[1]))
    with pytest.raises(BadReceipt, match="2 files with 6 bytes, and here are 1 with 2"):
        check_files(RECEIPT, FILES[1:])


@pytest.mark.parametrize("text", ["", "[]", '{"keys": 3}', '{"keys": [3]}', "{}"])
def test_a_broken_key_list_gets_a_sentence(text: str) -> None:
    with pytest.raises(BadReceipt, match="no list of receipt keys"):
        read_keys(text)


def test_a_damaged_key_gets_a_sentence() -> None:
    with pytest.raises(BadReceipt, match="damaged"):
        verify(sign(RECEIPT, KEY), [{**KEYS[0], "x": "AA"}])


class TestKeys:
    def test_the_key_is_made_once_private_and_kept(self, tmp_path: Path) -> None:
        first = ReceiptKeys(tmp_path / "keys")
        token = first.sign(RECEIPT)
        again = ReceiptKeys(tmp_path / "keys")
        assert again.jwks() == first.jwks()
        assert verify(token, again.jwks()) == RECEIPT
        assert stat.S_IMODE((tmp_path / "keys" / "signing.pem").stat().st_mode) == 0o600
        assert "d" not in again.jwks()[0]

    def test_old_receipts_hold_after_rotation(self, tmp_path: Path) -> None:
        keys = ReceiptKeys(tmp_path)
        old = keys.sign(RECEIPT)
        kid = keys.rotate()
        new = keys.sign(RECEIPT)
        assert jwt.get_unverified_header(new)["kid"] == kid != jwt.get_unverified_header(old)["kid"]
        assert verify(old, keys.jwks()) == verify(new, keys.jwks()) == RECEIPT
        assert len(keys.jwks()) == 2

    def test_services_that_start_at_once_take_one_key(self, tmp_path: Path) -> None:
        made: list[str] = []
        threads = [
            threading.Thread(target=lambda: made.append(ReceiptKeys(tmp_path).sign(RECEIPT).split(".")[0]))
            for _ in range(6)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(made) == 6
        assert len(set(made)) == 1

    def test_the_public_key_is_on_the_disk_before_the_private_one(self, tmp_path: Path) -> None:
        named: list[str] = []

        class Recorder(Disk):
            def rename(self, source: Path, target: Path) -> None:
                named.append(target.suffix)
                super().rename(source, target)

            def link(self, source: Path, target: Path) -> None:
                named.append(target.suffix)
                super().link(source, target)

            def fsync(self, descriptor: int) -> None:
                named.append("fsync")
                super().fsync(descriptor)

            def fsync_folder(self, folder: Path) -> None:
                named.append("fsync folder")
                super().fsync_folder(folder)

        ReceiptKeys(tmp_path, Recorder())
        assert named == ["fsync", ".json", "fsync folder", "fsync", ".pem", "fsync folder"]

    def test_a_lost_public_key_is_restored(self, tmp_path: Path) -> None:
        token = ReceiptKeys(tmp_path).sign(RECEIPT)
        for path in tmp_path.glob("*.json"):
            path.unlink()
        assert verify(token, ReceiptKeys(tmp_path).jwks()) == RECEIPT

    def test_a_damaged_signing_key_stops_the_start_with_a_sentence(self, tmp_path: Path) -> None:
        ReceiptKeys(tmp_path)
        (tmp_path / "signing.pem").write_text("broken")
        with pytest.raises(DamagedKey, match="damaged"):
            ReceiptKeys(tmp_path)


def test_a_receipt_verifies_years_later() -> None:
    old = replace(RECEIPT, created_at=RECEIPT.created_at - timedelta(days=9999))
    assert verify(sign(old, KEY), KEYS) == old
