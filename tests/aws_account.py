"""An account of AWS on this machine, with what ``deploy/aws`` puts into it.

moto keeps secrets, topics and queues, and runs state machines. What a state machine calls comes
here: a function is the handler itself, in a process with the environment that the template gives
it; a Glue job is what the test says. Everything that is asked is written down.
"""

import json
import subprocess
import sys
import threading
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote
from urllib.request import Request

from tests.aws_template import AWS, REGION
from tests.services import held

_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}))
Job = Callable[[Mapping[str, str]], None]


class JobFailedError(Exception):
    """What a job of a test raises to fail, as a script would."""


@dataclass
class Function:
    """A function of Lambda: kept warm between two calls, as Lambda does."""

    handler: str
    env: Mapping[str, str]
    folder: Path
    before: Callable[[], object] = lambda: None

    def __post_init__(self) -> None:
        self._warm: subprocess.Popen[str] | None = None

    def call(self, event: str) -> dict[str, Any]:
        """Return what the runtime answers to an event."""
        self.before()
        if self._warm is None:
            self._warm = subprocess.Popen(
                [sys.executable, "-P", _RUNTIME, str(AWS / "lambdas"), self.handler],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=dict(self.env),
                cwd=self.folder,
                text=True,
            )
        assert self._warm.stdin is not None
        assert self._warm.stdout is not None
        self._warm.stdin.write(event.replace("\n", " ") + "\n")
        self._warm.stdin.flush()
        answer: dict[str, Any] = json.loads(self._warm.stdout.readline())
        return answer

    def end(self) -> None:
        """End the process, if there is one."""
        if self._warm is not None:
            self._warm.communicate(timeout=60)


@dataclass
class Account:
    """What is asked of it goes to ``functions`` and ``job``, and the rest to moto at ``moto``.

    ``asked``: a service's action, and to whom; ``called``: by whom, with what event.
    """

    endpoint: str = ""
    moto: str = ""
    functions: dict[str, Function] = field(default_factory=dict)
    job: Job = lambda _: None
    called: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    answered: list[str] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    _runs: dict[str, dict[str, Any]] = field(default_factory=dict)

    @property
    def env(self) -> dict[str, str]:
        """The environment by which a program reaches it."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "nobody",
            "AWS_SECRET_ACCESS_KEY": "nothing",
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": "127.0.0.1,localhost",
        }

    def client(self, service: str) -> Any:
        """Return a client of boto3."""
        import boto3  # noqa: PLC0415 - takes a while

        return boto3.client(
            service,
            endpoint_url=self.moto,
            region_name=REGION,
            aws_access_key_id=self.env["AWS_ACCESS_KEY_ID"],
            aws_secret_access_key=self.env["AWS_SECRET_ACCESS_KEY"],
        )

    def invoke(self, name: str, event: str) -> tuple[dict[str, str], bytes]:
        """Call a function by its name or ARN; headers and body of Lambda's answer."""
        short = name.rpartition(":")[2]
        self.called.append((short, json.loads(event)))
        answer = self.functions[short].call(event)
        body = json.dumps(answer.get("error", answer.get("result")))
        self.answered.append(body)
        return ({"X-Amz-Function-Error": "Unhandled"} if "error" in answer else {}), body.encode()

    def start_job(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Run the job to its end, as `StartJobRun` and some minutes would."""
        self.called.append((said["JobName"], said["Arguments"]))
        run = {"Id": f"jr_{len(self._runs)}", "JobName": said["JobName"]}
        try:
            self.job(said["Arguments"])
        except JobFailedError as error:
            run |= {"JobRunState": "FAILED", "ErrorMessage": str(error)}
        else:
            run |= {"JobRunState": "SUCCEEDED"}
        self._runs[run["Id"]] = run
        return {"JobRunId": run["Id"]}

    def job_run(self, said: Mapping[str, Any]) -> dict[str, Any]:
        """Tell how a run of the job stands."""
        return {"JobRun": self._runs[said["RunId"]]}


class _Door(BaseHTTPRequestHandler):
    """Answers what AWS's protocols ask; each request for itself."""

    account: Account

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        target = self.headers.get("X-Amz-Target", "")
        account = self.account
        if self.path.startswith("/2015-03-31/functions/"):
            account.asked.append("lambda:InvokeFunction")
            headers, answer = account.invoke(unquote(self.path.split("/")[3]), body.decode())
            self._say(200, headers, answer)
        elif target.startswith("AWSGlue."):
            account.asked.append(f"glue:{target.removeprefix('AWSGlue.')}")
            said = json.loads(body)
            told = account.start_job(said) if "Start" in target else account.job_run(said)
            self._say(
                200, {"Content-Type": "application/x-amz-json-1.1"}, json.dumps(told).encode()
            )
        else:
            form = parse_qs(body.decode()) if not target else {}
            action = target or form.get("Action", ["?"])[0]
            account.asked.append(f"{_service(self.headers)}:{action.rpartition('.')[2]}")
            self._pass_on(body)

    def _pass_on(self, body: bytes) -> None:
        headers = {name: value for name, value in self.headers.items() if name != "Host"}
        request = Request(self.account.moto + self.path, body, headers, method="POST")  # noqa: S310
        try:
            with _DIRECT.open(request, timeout=30) as answer:
                self._say(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                self._say(error.code, dict(error.headers), error.read())

    def _say(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            if name.lower() not in {"content-length", "connection", "transfer-encoding", "server"}:
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@contextmanager
def account() -> Iterator[Account]:
    """Open an account; all that runs in it ends with the block."""
    made = Account()
    door = type("Door", (_Door,), {"account": made})
    with ExitStack() as open_, ThreadingHTTPServer(("127.0.0.1", 0), door) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        open_.callback(server.shutdown)
        made.endpoint = f"http://127.0.0.1:{server.server_port}"
        env = {"MOTO_PORT": str(server.server_port), "NO_PROXY": "127.0.0.1,localhost"}
        made.moto = open_.enter_context(held("aws", env=env))
        yield made
        for one in made.functions.values():
            one.end()


def _service(headers: Any) -> str:
    """Return the service that a request was signed for."""
    scope: str = headers.get("Authorization", "/////").split("/")[3]
    return scope


_RUNTIME = str(Path(__file__).with_name("lambda_runtime.py"))
