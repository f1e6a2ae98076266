"""Commands that an error tells people to type."""

from foresell.spec.project import ProjectSpec


def run_command(project: ProjectSpec, *options: str) -> str:
    """Return the command that runs ``project`` as it is typed, with ``--data`` where it reads data.

    ``options`` stand behind the project's name.
    """
    data = () if project.synthetic is not None else ("--data DIR",)
    return " ".join(("foresell run", project.name, *options, *data))


def promote_command(name: str) -> str:
    """Return the command that lets the latest version of a project answer."""
    return f"foresell registry promote {name} latest --to staging --reason TEXT"
