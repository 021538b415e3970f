"""Builds the fused ops' optional libraries: ``python -m tfstylegan.custom_ops.build --cuda``."""

import argparse
import sys

from tfstylegan.custom_ops import build_cuda
from tfstylegan.errors import UserError


def _architectures(text: str) -> tuple[int, ...]:
    try:
        numbers = tuple(int(part.strip().removeprefix("sm_")) for part in text.split(","))
    except ValueError:
        numbers = ()
    if not numbers or not all(70 <= number < 200 for number in numbers):
        raise argparse.ArgumentTypeError(f"{text!r} is no list of architectures such as 80,90")
    return numbers


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m tfstylegan.custom_ops.build", description=__doc__)
    result.add_argument("--cuda", action="store_true", help="build the CUDA library for this TensorFlow")
    result.add_argument(
        "--no-tensorflow", action="store_true", help="build it without TensorFlow: for the harness, and for ctypes"
    )
    result.add_argument("--emulation", action="store_true", help="build the emulation of the CUDA library on the host")
    result.add_argument(
        "--architectures",
        type=_architectures,
        help="compute capabilities, such as 80,90; default: "
        f"{','.join(map(str, build_cuda.ARCHITECTURES))} with nvcc, this machine's GPU with NVRTC",
    )
    result.add_argument("--dry-run", action="store_true", help="say what would be done")
    return result


def main(arguments: list[str] | None = None) -> int:
    """Prints the paths of what was built; 1 if something is missing."""
    flags = parser().parse_args(arguments)
    targets = []
    if flags.cuda:
        targets.append("standalone" if flags.no_tensorflow else "tensorflow")
    if flags.emulation:
        targets.append("emulation")
    if not targets:
        parser().error("say what to build: --cuda or --emulation")

    def say(line: str):
        print(line, file=sys.stderr, flush=True)

    try:
        for target in targets:
            print(build_cuda.build(target, flags.architectures, flags.dry_run, say))
    except UserError as error:
        say(f"error: {error}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
