"""Secrets of AWS Secrets Manager, in the form that RDS gives those of a database."""

import json
from collections.abc import Mapping
from typing import Any

from foresell.adapters.aws_clients import saying_trouble, secrets_client
from foresell.errors import UsageError

_WORDS = ("username", "password", "host", "port", "dbname", "engine")
_VARIABLE = "RDS_SECRET_NAME"
_FORM = (
    'store JSON such as {"username": "...", "password": "...", "host": "...", "port": 5432, '
    '"dbname": "..."} there, as RDS does'
)
_REFUSED: Mapping[str, tuple[str, str]] = {  # {0}: who named the secret
    "ResourceNotFoundException": (
        "there is no such secret",
        "check {0}, and AWS_REGION: a secret lives in one region",
    ),
    "AccessDeniedException": (
        "the credentials have no right to it",
        "grant secretsmanager:GetSecretValue on it, and kms:Decrypt where it has a key of its own",
    ),
    "DecryptionFailure": ("its key does not open it", "grant kms:Decrypt on the secret's key"),
    "InvalidRequestException": ("it is being deleted", "restore it, or check {0}"),
    "ValidationException": ("this is no name of a secret", "check {0}"),
    "InvalidParameterException": ("this is no name of a secret", "check {0}"),
}


def read_secret(name: str, region: str = "", named_by: str = _VARIABLE) -> Mapping[str, str]:
    """Return what the secret ``name``, or its ARN, says of a database: the present version of it.

    Its words are RDS's: username, password, host, port, dbname, engine; those that it lacks are not
    in the answer. Nothing is kept: a secret that rotates is read anew each time. A service that
    does not answer, no such secret and no right to it are MachineErrors. ``named_by``: who named
    the secret, for errors.

    Raises:
        UsageError: it is not JSON of that form, is another engine's, or holds no password.
    """
    where = f"{named_by}={name}"
    refused = {code: (what, mend.format(named_by)) for code, (what, mend) in _REFUSED.items()}
    asked: dict[str, Any] = {}
    with saying_trouble("the database's secret", where, refused=refused):
        client = secrets_client(region)
        try:
            asked = client.get_secret_value(SecretId=name)
        finally:
            client.close()
    wrong = "the secret is not what RDS stores"
    try:
        said = json.loads(asked.get("SecretString") or "")
    except ValueError:  # whose text and context would show what is in it
        raise UsageError(f"{wrong}: it is no JSON", where, _FORM) from None
    if not isinstance(said, dict):
        raise UsageError(f"{wrong}: it is no JSON object", where, _FORM)
    words = {word: said[word] for word in _WORDS if said.get(word) not in (None, "")}
    unfit = [
        word for word, value in words.items() if type(value) not in {str, int} or "\0" in str(value)
    ]
    if unfit:
        raise UsageError(f"{wrong}: its {', '.join(unfit)} is no text", where, _FORM)
    if "password" not in words:
        raise UsageError(f"{wrong}: it holds no password", where, _FORM)
    if "postgres" not in str(words.get("engine", "postgres")):
        raise UsageError(
            f"the secret is of a database of another kind: {words['engine']}",
            where,
            f"name the secret of a PostgreSQL in {named_by}",
        )
    return {word: str(value) for word, value in words.items()}
