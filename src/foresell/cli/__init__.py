"""The command line: a skin over ``foresell.api``, one file per noun."""

import sys


def main() -> None:
    """Run the command line; a ``ForesellError`` becomes its message and its exit code."""
    from foresell.cli.app import app  # noqa: PLC0415 - keeps `import foresell.cli` free of Typer
    from foresell.cli.show import show_error  # noqa: PLC0415
    from foresell.errors import ForesellError  # noqa: PLC0415

    try:
        app()
    except ForesellError as error:
        show_error(error)
        sys.exit(error.exit_code)
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; nothing is half-written, the same command goes on from here\n")
        sys.exit(130)
