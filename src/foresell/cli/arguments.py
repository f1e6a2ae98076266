"""The arguments that several commands have, declared once."""

from typing import Annotated

import typer

from foresell.cli.show import Format

Project = Annotated[str, typer.Argument(help="Name of a project that was run.")]
Where = Annotated[
    list[str] | None,
    typer.Option(
        "--where",
        metavar="COLUMN=VALUE",
        help="Only these rows; again for more columns, or more values of one column.",
    ),
]
Candidate = Annotated[
    str | None, typer.Option(metavar="NAME", help="As on the leaderboard; the champion by default.")
]
Model = Annotated[
    str | None,
    typer.Option(
        "--model",
        metavar="VERSION",
        help="A registered version instead of the last run: prod, staging, latest or its number.",
    ),
]
Host = Annotated[str, typer.Option(metavar="NAME", help="Where to listen; 0.0.0.0 is everywhere.")]
Port = Annotated[
    int, typer.Option(metavar="N", help="The port to listen at; 0 takes any that is free.")
]
HostName = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="Accept this host name too; may be given again."),
]
Form = Annotated[
    Format, typer.Option("--format", help="What to print: for people or for programs.")
]
