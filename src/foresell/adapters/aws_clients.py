"""Clients of AWS, and of what speaks its protocols: the one place that builds them.

Where a service is and who asks, boto3 reads where AWS's own programs do: ``AWS_ENDPOINT_URL``,
``AWS_ACCESS_KEY_ID`` and ``AWS_SECRET_ACCESS_KEY``, a profile, or the role of the machine.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    NoRegionError,
    PartialCredentialsError,
    ProfileNotFound,
)

from foresell.errors import MachineError

_WITHIN_S = 10  # to reach the service
_WAITS_S = 30  # between two pieces of an answer
_ASKED = 4  # times in all: a service that is busy says so, and answers a little later
_NOBODY = (NoCredentialsError, PartialCredentialsError, CredentialRetrievalError, ProfileNotFound)
_REFUSED: Mapping[str, tuple[str, str]] = {
    "NoSuchBucket": ("there is no such bucket", "create it, or name another"),
    "AccessDenied": ("the credentials have no right to it", "grant the right to their owner"),
    "AccessDeniedException": ("the credentials have no right to it", "grant it to their owner"),
    "InvalidAccessKeyId": ("the access key is unknown there", "check AWS_ACCESS_KEY_ID"),
    "UnrecognizedClientException": ("the access key is unknown there", "check AWS_ACCESS_KEY_ID"),
    "SignatureDoesNotMatch": ("the secret is not that of the access key", "check the credentials"),
    "InvalidSignatureException": ("the secret is not that of the access key", "check it"),
    "ExpiredToken": ("the credentials have expired", "sign in again"),
    "ExpiredTokenException": ("the credentials have expired", "sign in again"),
}


def s3_client() -> Any:
    """Return a client of S3, which is safe to share among threads; nothing is asked yet.

    A service of one's own (``AWS_ENDPOINT_URL``) gets the bucket in the path: it has one name,
    while AWS has a name for each bucket. Call it inside `saying_trouble`: a profile that is not
    there, or an endpoint that is no URL, shows here.
    """
    session = boto3.Session()
    client = session.client("s3", config=_patience())
    if (urlsplit(client.meta.endpoint_url).hostname or "").endswith(".amazonaws.com"):
        return client
    own = _patience().merge(Config(s3={"addressing_style": "path"}))
    return session.client("s3", config=own)


def secrets_client(region: str = "") -> Any:
    """Return a client of Secrets Manager; ``region``: where AWS's own settings name none."""
    return boto3.Session().client("secretsmanager", region_name=region or None, config=_patience())


@contextmanager
def saying_trouble(
    asked: str,
    where: str,
    *,
    awaited: tuple[str, ...] = (),
    refused: Mapping[str, tuple[str, str]] | None = None,
) -> Iterator[None]:
    """Say in our words why a service of AWS did not answer; nothing of the credentials.

    ``asked``: what was wanted, as in ``the artifacts``. ``awaited``: codes of answers that are
    fine, after which the block just ends. ``refused``: by code, what it means here and how to mend
    it, before what this module knows itself.

    Raises:
        MachineError: it did not, or refused.
    """
    try:
        yield
    except _NOBODY as error:
        raise MachineError(
            f"there are no credentials to reach {asked} with",
            where,
            "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE",
        ) from error
    except NoRegionError as error:
        raise MachineError(
            f"no region is named to reach {asked} in", where, "set AWS_REGION"
        ) from error
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code in awaited:
            return
        known = {**_REFUSED, **(refused or {})}
        why, mend = known.get(code, (f"the service answers {code}", "see its own log"))
        raise MachineError(f"{asked} cannot be reached: {why}", where, mend) from error
    except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
        raise MachineError(
            f"{asked} cannot be reached: {type(error).__name__}",
            f"{where} at {_endpoint(error)}",
            "check that the service runs, and AWS_ENDPOINT_URL",
        ) from (None if "@" in str(error) else error)  # an endpoint may hold a password


def _patience() -> Config:
    """Return how long a client waits, and how often it asks."""
    return Config(
        connect_timeout=_WITHIN_S,
        read_timeout=_WAITS_S,
        retries={"total_max_attempts": _ASKED, "mode": "standard"},
    )


def _endpoint(error: Exception) -> str:
    """Return where the service is that ``error`` tells of, without a name or password."""
    told = getattr(error, "kwargs", {}).get("endpoint_url")
    if not told:
        return "the endpoint that is set"
    asked = urlsplit(str(told))
    return f"{asked.scheme}://{asked.netloc.rpartition('@')[2]}"
