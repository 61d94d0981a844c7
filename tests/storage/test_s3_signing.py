"""Signatures are those of Amazon's own examples, and those of botocore."""

from __future__ import annotations

import traceback
from calendar import timegm
from datetime import UTC, datetime

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given
from hypothesis import strategies as st

from jupyter_resources.core.errors import Unauthenticated
from jupyter_resources.storage.s3control import S3Control
from jupyter_resources.storage.s3signing import UNSIGNED, Signer, digest_of, query_of
from jupyter_resources.storage.s3wire import S3Service

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
EXAMPLE = Signer(
    "AKIAIOSFODNN7EXAMPLE", SECRET, "us-east-1", clock=lambda: timegm(datetime(2013, 5, 24, tzinfo=UTC).timetuple())
)


@pytest.mark.parametrize("token", ["TOKEN\n", "TOKEN\u201d", "\udcffTOKEN"])
def test_what_no_header_can_carry_is_told_and_not_shown(token: str) -> None:
    """A file with a line break at its end, as a variable: the error names it without what it is."""
    control = S3Control(S3Service("http://127.0.0.1:9", None, "KEY", "SECRET", token), "b")
    with pytest.raises(Unauthenticated) as caught:
        control.send("list", "GET")
    shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value.__dict__)
    assert "TOKEN" not in shown
    assert "session token" in caught.value.message


HOST = {"Host": "examplebucket.s3.amazonaws.com"}


# The four examples of "Signature Calculations for the Authorization Header: Transferring Payload in a Single Chunk",
# Amazon S3 API Reference.
@pytest.mark.parametrize(
    ("method", "path", "params", "headers", "payload", "names", "signature"),
    [
        (
            *("GET", "/test.txt", {}, {"Range": "bytes=0-9"}, b""),
            "host;range;x-amz-content-sha256;x-amz-date",
            "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        ),
        (
            *("PUT", "/test%24file.text", {}),
            {"Date": "Fri, 24 May 2013 00:00:00 GMT", "x-amz-storage-class": "REDUCED_REDUNDANCY"},
            b"Welcome to Amazon S3.",
            "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
            "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        ),
        (
            *("GET", "/", {"lifecycle": ""}, {}, b""),
            "host;x-amz-content-sha256;x-amz-date",
            "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        ),
        (
            *("GET", "/", {"prefix": "J", "max-keys": "2"}, {}, b""),
            "host;x-amz-content-sha256;x-amz-date",
            "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        ),
    ],
)
def test_the_examples_of_the_reference(method, path, params, headers, payload, names, signature):
    """Amazon's documentation says what comes out."""
    told = EXAMPLE.signed(method, path, query_of(params), headers | HOST, digest_of(payload))
    assert told["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request, "
        f"SignedHeaders={names}, Signature={signature}"
    )


words = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1)


@given(key=words, params=st.dictionaries(words, words, max_size=4), token=st.none() | st.just("a/token+=="))
@example(key="a", params={"a": "b", "a0": "b"}, token=None)  # by name, not by the text of both
def test_the_same_as_botocore(key, params, token):
    """Any key, any parameters, with and without a session token."""
    headers = {"Host": "storage.example:8333", "Content-MD5": "x==", "x-amz-copy-source": "/b/two  blanks "}
    path = "/bucket/" + query_of({"": key})[1:].replace("%2F", "/")
    now = datetime.now(UTC)
    ours = Signer("a-key", SECRET, "eu-1", token, clock=now.timestamp).signed(
        "PUT", path, query_of(params), headers, UNSIGNED
    )
    theirs = AWSRequest("PUT", f"http://storage.example:8333{path}?{query_of(params)}", headers)
    for name in ("X-Amz-Date", "X-Amz-Content-SHA256", *(["X-Amz-Security-Token"] if token else [])):
        theirs.headers[name] = ours[name]
    theirs.context["timestamp"] = ours["X-Amz-Date"]
    auth = S3SigV4Auth(Credentials("a-key", SECRET, token), "s3", "eu-1")
    text = auth.string_to_sign(theirs, auth.canonical_request(theirs))
    assert ours["Authorization"].endswith(f"Signature={auth.signature(text, theirs)}")


@pytest.mark.parametrize(
    ("secret", "region", "headers"),
    [(SECRET, "eu-1", {"Host": None}), (SECRET, "\udcff", HOST), (SECRET + "\udcff", "\udcff", HOST)],
)
def test_what_is_secret_stays_out_of_sight(secret, region, headers):
    """Neither a signer's repr nor an error while it signs tells the secret."""
    signer = Signer("a-key", secret, region, "/".join("token"))
    with pytest.raises((AttributeError, UnicodeEncodeError)) as caught:
        signer.signed("GET", "/", "", headers, UNSIGNED)
    (_, *frames) = traceback.TracebackException.from_exception(caught.value, capture_locals=True).stack
    shown = repr([frame.locals for frame in frames]) + repr(caught.value) + repr(signer)
    assert "Signer(" in shown
    assert SECRET not in shown
    assert "t/o/k/e/n" not in repr(signer)


def test_a_secret_that_cannot_be_spelled_signs_wrongly():
    """The server then says that the credentials are wrong, which they are."""
    signer = Signer("a-key", SECRET + "\udcff", "eu-1")
    assert "Signature=" in signer.signed("GET", "/", "", HOST, UNSIGNED)["Authorization"]
