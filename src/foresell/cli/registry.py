"""``foresell registry``: which version of a project is live, why, and how to go back."""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from foresell.cli.arguments import Form
from foresell.cli.show import Format
from foresell.cli.terminal import print_json
from foresell.errors import UsageError, nearest
from foresell.spec.registry import ALIAS_WORDS

if TYPE_CHECKING:
    from foresell.govern.registry import Move

app = typer.Typer(
    no_args_is_help=True,
    help="Which version of a project is live, since when and why; promote one, and go back.",
)
Project = Annotated[str, typer.Argument(help="Name of a project; see 'foresell registry list'.")]
Which = Annotated[
    str, typer.Argument(metavar="VERSION", help="A number, or prod, staging or latest.")
]
Reason = Annotated[
    str, typer.Option("--reason", metavar="TEXT", help="Why: one line, kept in the history.")
]


def register(main: typer.Typer) -> None:
    """Add the commands to ``main``."""
    main.add_typer(app, name="registry")


@app.command("list")
def list_(form: Form = Format.table) -> None:
    """List the projects that have versions, and what is live of each."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_registry  # noqa: PLC0415

    found = registry.registries()
    if form is Format.json:
        print_json(show_registry.projects_json(found))
    else:
        show_registry.show_projects(found)


@app.command()
def show(project: Project, form: Form = Format.table) -> None:
    """Show what is live, since when and why, and every version."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_registry  # noqa: PLC0415

    found = registry.history(project)
    if form is Format.json:
        print_json(show_registry.state_json(found.state))
    else:
        show_registry.show_state(found.state, found.transitions)


@app.command()
def diff(
    project: Project,
    a: Annotated[str, typer.Argument(metavar="A", help="The version before: number or alias.")],
    b: Annotated[str, typer.Argument(metavar="B", help="The version after: number or alias.")],
    form: Form = Format.table,
) -> None:
    """Show what differs between two versions: scores, features, parameters, data, contract."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_comparison import show_comparison  # noqa: PLC0415

    found = registry.compare(project, a, b)
    if form is Format.json:
        print_json(found.to_json())
    else:
        show_comparison(found)


@app.command("register")
def register_(
    project: Project,
    bundle: Annotated[
        Path, typer.Argument(metavar="BUNDLE", help="Folder bundle/ of a run, with checksums.json.")
    ],
    force: Annotated[
        bool, typer.Option("--force", help="Give it a new number, though it has one already.")
    ] = False,
    reason: Reason = "handed in",
    form: Form = Format.table,
) -> None:
    """Register a bundle as the next version; no alias moves."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_mirror, show_moves  # noqa: PLC0415

    done = registry.register(project, bundle, reason=reason, force=force)
    if form is Format.json:
        print_json(show_moves.registered_json(done))
    else:
        show_moves.show_registered(done)
    if done.new:
        show_mirror.follow(project)


@app.command()
def promote(
    project: Project,
    version: Annotated[
        str | None,
        typer.Argument(metavar="[VERSION]", help="A number, or staging or latest."),
    ] = None,
    to: Annotated[str, typer.Option("--to", metavar="ALIAS", help="prod or staging.")] = "prod",
    *,
    reason: Reason,
    override: Annotated[
        bool,
        typer.Option("--override-gate", help="Even if it failed the gate; recorded as such."),
    ] = False,
    if_better: Annotated[
        bool,
        typer.Option(
            "--if-better",
            help="Only to prod, and only if it passed its gate and beats what is there, on rows "
            "that both were judged on; staging by default. 0 in either case.",
        ),
    ] = False,
    form: Form = Format.table,
) -> None:
    """Make a version live, if it passed the gate and is approved; the one before can come back."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick

    _check_alias(to, "--to")
    if if_better:
        from foresell.api import promoting  # noqa: PLC0415 - compares, which takes numpy
        from foresell.cli.show_promotion import show_promotion  # noqa: PLC0415

        _refuse_beside_better(to, override=override)
        show_promotion(
            promoting.promote_if_better(project, version or "staging", reason=reason), form
        )
        return
    if version is None:
        raise UsageError(
            "it is not said which version",
            "VERSION",
            f"name one: foresell registry show {project}; or use --if-better",
        )
    _move(
        project,
        lambda: registry.promote(project, version, to=to, reason=reason, override=override),
        form,
    )


@app.command()
def rollback(
    project: Project,
    steps: Annotated[
        int | None, typer.Option("--steps", metavar="N", help="So many promotions; 1 by default.")
    ] = None,
    to: Annotated[
        str | None,
        typer.Option(
            "--to",
            metavar="VERSION",
            help="Back to where this version was live; none: no version is live any more.",
        ),
    ] = None,
    alias: Annotated[
        str, typer.Option("--alias", metavar="ALIAS", help="prod or staging.")
    ] = "prod",
    *,
    reason: Reason,
    form: Form = Format.table,
) -> None:
    """Take back the last promotion, or several; twice goes two back."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick

    _check_alias(alias, "--alias")
    _move(
        project,
        lambda: registry.rollback(project, reason=reason, steps=steps, to=to, alias=alias),
        form,
    )


@app.command()
def approve(project: Project, version: Which, *, reason: Reason, form: Form = Format.table) -> None:
    """Approve a version that waits for it."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick

    _move(project, lambda: registry.approve(project, version, reason=reason), form)


@app.command()
def reject(project: Project, version: Which, *, reason: Reason, form: Form = Format.table) -> None:
    """Reject a version for good; one that is prod has to be rolled back first."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick

    _move(project, lambda: registry.reject(project, version, reason=reason), form)


@app.command()
def history(
    project: Project,
    at: Annotated[
        str | None,
        typer.Option(
            "--at",
            metavar="TIME",
            help="As it was then: 2026-11-21 (the end of that day), 2026-11-21T10:00, or with a "
            "zone; without one it is UTC.",
        ),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Show everything that happened, in order: when, who, what, why."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_registry_history  # noqa: PLC0415
    from foresell.govern.moments import moment  # noqa: PLC0415

    then = None if at is None else moment(at, "--at")
    found = registry.history(project, at=then)
    if form is Format.json:
        print_json(show_registry_history.history_json(found, then))
    else:
        show_registry_history.show_history(found, then)


@app.command()
def verify(
    project: Project,
    export: Annotated[
        Path | None,
        typer.Option("--export", metavar="FILE", help="Look at this exported history instead."),
    ] = None,
    form: Form = Format.table,
) -> None:
    """Read every transition and every file, and say what is not as it was written; 1 if any."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_registry  # noqa: PLC0415

    found = registry.verify(project) if export is None else registry.verify_export(export)
    if found.sound and found.project != project:
        raise UsageError(
            f"this is the history of {found.project!r}, not of {project!r}",
            f"--export {export}",
            f"foresell registry verify {found.project} --export {export}",
        )
    of = project if export is None else str(export)
    if form is Format.json:
        print_json(show_registry.verification_json(found, of))
    else:
        show_registry.show_verification(found, of)
    if found.problems:
        raise typer.Exit(1)


@app.command()
def export(
    project: Project,
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Write it there.")],
    form: Form = Format.table,
) -> None:
    """Write the history as lines of JSON that 'verify --export' can check; 1 if it is damaged."""
    from foresell.api import registry  # noqa: PLC0415 - keeps --help quick
    from foresell.cli.show_registry import show_export  # noqa: PLC0415
    from foresell.cli.writing import check_folder, write_bytes  # noqa: PLC0415

    check_folder(out)
    content = registry.export_history(project)
    found = registry.verify_export(content)
    if found.problems and out.exists() and out.read_bytes() != content:
        raise UsageError(
            f"the history of {project!r} is damaged, and {out.name!r} may be one that is not",
            f"--out {out}",
            f"name another file; see what is wrong by foresell registry verify {project}",
        )
    write_bytes(content, out)
    show_export(found, out, form)
    if found.problems:
        raise typer.Exit(1)


@app.command()
def reconcile(
    project: Annotated[
        str | None, typer.Argument(metavar="[PROJECT]", help="Every project by default.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check", help="Only look; 1 where anything would be mended.")
    ] = False,
    form: Form = Format.table,
) -> None:
    """Compare MLflow's registry with this one, and put it right; this one decides."""
    from foresell.api.mirroring import reconcile as put_right  # noqa: PLC0415 - keeps --help quick
    from foresell.cli import show_mirror  # noqa: PLC0415

    found = put_right(project, mend=not check)
    if form is Format.json:
        print_json(show_mirror.differences_json(found))
    else:
        show_mirror.show_differences(found, mended=not check)
    if any(show_mirror.is_left(one) for one in found):
        raise typer.Exit(1)


def _check_alias(word: str, option: str) -> None:
    """Refuse a word that means no alias.

    Raises:
        UsageError: it means none.
    """
    if word not in ALIAS_WORDS:
        raise UsageError(f"there is no alias {word!r}", option, nearest(word, ALIAS_WORDS))


def _refuse_beside_better(to: str, *, override: bool) -> None:
    """Refuse what is no matter of being better.

    Raises:
        UsageError: another alias than prod, or a gate that is not to be asked.
    """
    if to != "prod" or override:
        raise UsageError(
            "who is to be better has to pass its gate, and is put on prod",
            "--if-better, --override-gate" if override else "--if-better, --to staging",
            "leave one of them out",
        )


def _move(project: str, move: "Callable[[], Move]", form: Format) -> None:
    """Do it, say what is live now, and tell MLflow where anything has changed."""
    from foresell.cli import show_mirror, show_moves  # noqa: PLC0415 - keeps --help quick

    done = move()
    if form is Format.json:
        print_json(show_moves.move_json(done))
    else:
        show_moves.show_move(done)
    if done.transition is not None:
        show_mirror.follow(project)
