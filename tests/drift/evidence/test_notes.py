import base64

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from drift.evidence import ed25519, p256
from drift.evidence.checkpoints import Checkpoint, verified
from drift.evidence.notes import BadNote, KeyKind, Note, PublicKey, signed

TEXT = "phi-drift-monitor/evidence/03\n2\n" + base64.b64encode(bytes(32)).decode() + "\n"
ED25519_KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
P256_KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
SPKI = P256_KEY.public_key().public_bytes(
    serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
)
KEYS = {
    KeyKind.ED25519: PublicKey("log", KeyKind.ED25519, ED25519_KEY.public_key().public_bytes_raw()),
    KeyKind.ECDSA: PublicKey("log", KeyKind.ECDSA, SPKI),
}
ORDERS = {
    KeyKind.ED25519: 2**252 + 27742317777372353535851937790883648493,
    KeyKind.ECDSA: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
# RFC 8032, 7.1, tests 1 to 3: public key, message, signature.
PUBLISHED = (
    (
        "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
        "",
        (
            "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bac"
            "c61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b"
        ),
    ),
    (
        "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c",
        "72",
        (
            "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e"
            "458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
        ),
    ),
    (
        "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025",
        "af82",
        (
            "6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290"
            "ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a"
        ),
    ),
)


def signature_of(kind: KeyKind, text: str) -> bytes:
    if kind is KeyKind.ED25519:
        return ED25519_KEY.sign(text.encode())
    return P256_KEY.sign(text.encode(), ec.ECDSA(hashes.SHA256()))


def note_of(kind: KeyKind, text: str = TEXT) -> str:
    return signed(text, KEYS[kind], signature_of(kind, text))


@pytest.mark.parametrize(("key", "message", "signature"), PUBLISHED)
def test_the_published_signatures_of_ed25519_verify_and_no_changed_one_does(
    key: str, message: str, signature: str
) -> None:
    public, text, good = map(bytes.fromhex, (key, message, signature))

    assert ed25519.ed25519_verifies(public, good, text)
    assert not ed25519.ed25519_verifies(public, good, text + b"x")
    for index in (0, 31, 32, 63):
        changed = bytes([*good[:index], good[index] ^ 1, *good[index + 1 :]])
        assert not ed25519.ed25519_verifies(public, changed, text)


def test_the_example_of_the_format_verifies() -> None:
    line = (
        "example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/"
        "Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8="
    )
    root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I="
    text = f"example.com/behind-the-sofa\n20852163\n{root}\n"
    note = Note.parse(f"{text}\n\N{EM DASH} {line}\n")

    assert (note.text, note.signatures[0].name) == (text, "example.com/behind-the-sofa")
    assert Checkpoint.parse(note.text).text == text


@pytest.mark.parametrize("kind", KeyKind)
def test_a_checkpoint_verifies_with_the_key_that_signed_it(kind: KeyKind) -> None:
    assert verified(note_of(kind), [KEYS[kind]]).size == 2


@pytest.mark.parametrize("kind", KeyKind)
def test_a_changed_text_does_not_verify(kind: KeyKind) -> None:
    with pytest.raises(BadNote, match="does not fit"):
        verified(note_of(kind).replace("\n2\n", "\n3\n"), [KEYS[kind]])


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_that_did_not_sign_proves_nothing(kind: KeyKind) -> None:
    other = next(each for each in KeyKind if each is not kind)

    with pytest.raises(BadNote, match="none of the given keys"):
        verified(note_of(kind), [KEYS[other]])
    with pytest.raises(BadNote, match="none of the given keys"):
        verified(note_of(kind), [])


def test_one_wrong_signature_of_a_known_key_refuses_the_whole_note() -> None:
    wrong = note_of(KeyKind.ECDSA, "other\n").rpartition("\n\n")[2]

    with pytest.raises(BadNote, match="does not fit"):
        Note.parse(note_of(KeyKind.ED25519) + wrong).check(KEYS.values())


def test_signatures_of_unknown_keys_are_ignored() -> None:
    both = note_of(KeyKind.ED25519) + note_of(KeyKind.ECDSA).rpartition("\n\n")[2]

    assert verified(both, [KEYS[KeyKind.ECDSA]]).size == 2


@pytest.mark.parametrize("kind", KeyKind)
def test_a_key_is_spelled_in_one_word_and_read_back(kind: KeyKind) -> None:
    assert PublicKey.parse(KEYS[kind].text) == KEYS[kind]


def test_a_public_key_whose_id_is_not_its_own_is_refused() -> None:
    name, key_id, data = KEYS[KeyKind.ED25519].text.split("+", 2)

    with pytest.raises(BadNote, match="not that of its data"):
        PublicKey.parse(f"{name}+{key_id[::-1]}+{data}")


@pytest.mark.parametrize(
    "text", ["", "log", "log+00+", "log+00+AAAA", "log+00+AQ==", "log+00+!", "+00+AgAA", "log+0+Ag"]
)
def test_what_is_no_public_key_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        PublicKey.parse(text)


@pytest.mark.parametrize(
    "note",
    [
        TEXT,
        f"{TEXT}\n",
        f"{TEXT}\nlog AAAAAAA=\n",
        f"{TEXT}\n\N{EM DASH} log AAAA\n",
        f"{TEXT}\n\N{EM DASH} log ????\n",
        f"{TEXT}\n\N{EM DASH} log AAAAAAA=",
        f"{TEXT}\r\n\n\N{EM DASH} log AAAAAAA=\n",
        f"{TEXT}\n" + "\N{EM DASH} log AAAAAAA=\n" * 17,
    ],
)
def test_what_is_no_signed_note_is_refused(note: str) -> None:
    with pytest.raises(BadNote):
        Note.parse(note)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "a\n1\n",
        "a\n01\nAAAA\n",
        "a\n1\nAAAA\n",
        "\n1\nAAAA\n",
        "a\n-1\nAAAA\n",
        f"{TEXT}more\n",
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(BadNote):
        Checkpoint.parse(text)


def test_a_signature_with_a_number_beyond_the_order_is_refused() -> None:
    good = signature_of(KeyKind.ED25519, TEXT)
    number = int.from_bytes(good[32:], "little") + ORDERS[KeyKind.ED25519]

    assert not ed25519.ed25519_verifies(
        KEYS[KeyKind.ED25519].data, good[:32] + number.to_bytes(32, "little"), TEXT.encode()
    )


def test_many_signatures_of_p256_verify_and_none_for_another_text() -> None:
    for number in range(20):
        text = str(number)
        signature = signature_of(KeyKind.ECDSA, text)

        assert p256.ecdsa_verifies(SPKI, signature, text.encode())
        assert not p256.ecdsa_verifies(SPKI, signature, b"another")


@pytest.mark.parametrize(
    "signature",
    [
        b"",
        b"\x30\x00",
        b"\x30\x06\x02\x01\x00\x02\x01\x01",
        b"\x30\x06\x02\x01\x01\x02\x01\x00",
        b"\x30\x06\x02\x01\x81\x02\x01\x01",
        b"\x30\x07\x02\x02\x00\x01\x02\x01\x01",
        b"\x30\x06\x02\x01\x01\x02\x01\x01\x00",
        b"\x30\x06\x02\x01\x01\x02\x02\x01",
    ],
)
def test_what_is_no_signature_of_p256_is_refused(signature: bytes) -> None:
    assert not p256.ecdsa_verifies(SPKI, signature, b"")


@pytest.mark.parametrize("spki", [b"", SPKI[:-1], SPKI[:-1] + b"\x00", SPKI + b"\x00"])
def test_what_is_no_public_key_of_p256_is_refused(spki: bytes) -> None:
    assert not p256.is_key(spki)
    assert not p256.ecdsa_verifies(spki, signature_of(KeyKind.ECDSA, TEXT), TEXT.encode())
