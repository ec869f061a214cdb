"""`python -m benchmarks`: linkage quality on open data, speed on data of its own making."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from benchmarks import ceiling, page, quality, robust, sensitivity, speed
from benchmarks.jobs import JobError

COMMANDS = {
    "quality": quality, "speed": speed, "sensitivity": sensitivity, "ceiling": ceiling,
    "page": page, "robust": robust,
}  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command that was asked for."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Kinlink beside Splink and recordlinkage, every run a process of its own.",
        epilog="python -m benchmarks speed --scale small",
    )
    chosen = parser.add_subparsers(dest="command", required=True)
    for name, module in COMMANDS.items():
        how = argparse.RawDescriptionHelpFormatter
        summary = str(module.__doc__)
        one = chosen.add_parser(
            name, help=summary.splitlines()[0], description=summary, formatter_class=how
        )
        module.add_options(one)
    options = parser.parse_args(arguments)
    try:
        COMMANDS[options.command].run(options)
    except (FileNotFoundError, JobError, robust.FloorError) as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
