"""Names of places in S3, ``s3://bucket/prefix``, taken apart; nothing is asked."""

import re

from foresell.errors import UsageError

SCHEME = "s3://"
_BUCKET = re.compile(r"[A-Za-z0-9._-]{1,255}")


def is_s3(text: object) -> bool:
    """Tell whether ``text`` names a place in S3.

    >>> is_s3("s3://sales/raw"), is_s3("raw/s3"), is_s3(None)
    (True, False, False)
    """
    return isinstance(text, str) and text.startswith(SCHEME)


def bucket_and_key(uri: str, where: str) -> tuple[str, str]:
    """Return the bucket of ``uri`` and what follows, as it is written, without the ``/`` between.

    ``where``: who named it, for the error.

    Raises:
        UsageError: it names no bucket, or holds credentials, which are not repeated.

    >>> bucket_and_key("s3://sales/raw/2024/*.csv", "--data")
    ('sales', 'raw/2024/*.csv')
    """
    bucket, _, key = uri[len(SCHEME) :].partition("/")
    wrong = {
        f"{uri.partition('://')[0]!r} is no place in S3": not is_s3(uri),
        "credentials do not belong in the address": "@" in bucket,
        "no bucket is named": not bucket,
        f"{bucket!r} is no name of a bucket": not _BUCKET.fullmatch(bucket),
    }
    for what, true in wrong.items():
        if true:
            raise UsageError(
                what, where, "name s3://BUCKET/PREFIX; credentials come from the environment"
            )
    return bucket, key
