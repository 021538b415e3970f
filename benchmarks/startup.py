"""Time until the package and its command line answer.

usage: python -m benchmarks.startup [--flag=value ...]

Every row is a new Python process. "import" times the statement alone, inside the process; the others are the whole
process, of which the row "python" is the part that any program pays.
"""

import statistics
import subprocess
import sys

from absl import flags

from benchmarks import harness

FLAGS = harness.Settings()
flags.DEFINE_integer("repeats", 7, "turns", lower_bound=1, flag_values=FLAGS)

IMPORT_LIMIT, HELP_LIMIT = 0.2, 0.5  # seconds

TIMED_IMPORT = "import time; start = time.perf_counter(); import {}; print(time.perf_counter() - start)"
COMMAND = "import sys; from tfstylegan.cli.main import main; sys.exit(main({!r}))"


def run(settings: harness.Settings) -> bool:
    processes = {
        "python": ["-c", "pass"],
        "tfstylegan --version": ["-c", COMMAND.format(["--version"])],
        "tfstylegan --help": ["-c", COMMAND.format(["--help"])],
        "tfstylegan train --help": ["-c", COMMAND.format(["train", "--help"])],
    }
    times = harness.alternate(
        {name: lambda arguments=arguments: python(*arguments) for name, arguments in processes.items()},
        settings.repeats,
    )
    imports = {"import tfstylegan": "tfstylegan", "import numpy (to compare)": "numpy"}
    for name, module in imports.items():
        python("-c", TIMED_IMPORT.format(module))  # compiles its files
        times[name] = [float(python("-c", TIMED_IMPORT.format(module))) for _ in range(settings.repeats)]
    rows = [
        [name, statistics.median(seconds), min(seconds), harness.ratio(seconds, times["python"])]
        for name, seconds in times.items()
    ]
    print(harness.table(["what", "median s", "least s", "/ python"], rows))
    kept = [
        harness.limit("import tfstylegan, s", statistics.median(times["import tfstylegan"]), IMPORT_LIMIT),
        harness.limit("tfstylegan --help, s", statistics.median(times["tfstylegan --help"]), HELP_LIMIT),
    ]
    return all(kept)


def python(*arguments: str) -> str:
    """Runs a new Python; returns what it printed."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=True).stdout


def main(argv: list[str] | None = None) -> int:
    return harness.main(run, FLAGS, __doc__, argv)


if __name__ == "__main__":
    sys.exit(main())
