"""Checks the CUDA library on a GPU by PyTorch, without TensorFlow, and times it.

    python -m tfstylegan.custom_ops.harness --library=$(python -m tfstylegan.custom_ops.build --cuda --no-tensorflow)

Every op runs on random arrays and is compared with float64 references, first and second derivatives included; results
go to arrays that are full of NaN before. Then every op is timed by device events. ``--emulate`` does the same checks
over the emulation, in NumPy on the host; nothing is timed then.
"""

import argparse
import datetime
import sys
from collections.abc import Callable
from pathlib import Path

from tfstylegan.custom_ops import build_cuda, harness_timing
from tfstylegan.custom_ops.c_interface import DTYPES, CudaLibrary, OpError
from tfstylegan.custom_ops.harness_checks import all_checks
from tfstylegan.custom_ops.harness_memory import HostMemory, Memory, TorchMemory
from tfstylegan.custom_ops.harness_session import Session
from tfstylegan.errors import UserError


def parser() -> argparse.ArgumentParser:
    """The command line."""
    result = argparse.ArgumentParser(prog="python -m tfstylegan.custom_ops.harness", description=__doc__.split("\n")[0])
    where = result.add_mutually_exclusive_group(required=True)
    where.add_argument("--library", type=Path, help="the CUDA library, as built by build --cuda --no-tensorflow")
    where.add_argument("--emulate", action="store_true", help="check the emulation on the host instead")
    result.add_argument("--rounds", type=int, default=20, help="rounds of random shapes for each element type")
    result.add_argument("--seed", type=int, default=0, help="of the random shapes")
    result.add_argument("--no-timing", action="store_true", help="only check")
    return result


def check(library: CudaLibrary, memory: Memory, rounds: int, seed: int, say: Callable[[str], None]) -> int:
    """Runs all checks for all element types, aligned and not. Says what failed, and returns how many did."""
    failures = 0
    for dtype in DTYPES:
        for misalign in (0, 1):
            session = Session(library, memory, dtype, misalign)
            done = 0
            for name, run in all_checks(rounds, seed):
                done += 1
                try:
                    run(session)
                except (AssertionError, OpError) as error:
                    failures += 1
                    say(f"FAILED {dtype}, {'not ' * misalign}aligned, {name}: {error}")
            worst = max(session.worst, key=session.worst.__getitem__)
            say(
                f"{dtype}, {'not ' * misalign}aligned: {done} checks; the largest error is "
                f"{session.worst[worst]:.2f} of its tolerance, in {worst}"
            )
    return failures


def describe_gpu() -> list[str]:
    """Lines about the device, for the head of the report."""
    import torch

    properties = torch.cuda.get_device_properties(0)
    try:
        driver = Path("/proc/driver/nvidia/version").read_text().splitlines()[0]
    except OSError:
        driver = "unknown driver"
    return [
        f"- device: {properties.name}, sm_{properties.major}{properties.minor}, "
        f"{properties.total_memory / 2**30:.0f} GiB",
        f"- driver: {driver}",
        f"- PyTorch {torch.__version__}",
    ]


def main(arguments: list[str] | None = None) -> int:
    """Prints the report; 1 if a check failed."""
    flags = parser().parse_args(arguments)
    say = lambda line: print(line, flush=True)  # noqa: E731
    memory: Memory
    try:
        if flags.emulate:
            library, memory = CudaLibrary(build_cuda.build("emulation")), HostMemory()
        else:
            try:
                memory = TorchMemory()
            except ImportError:
                raise UserError("PyTorch is not installed: the harness needs it for memory on the GPU.") from None
            except (RuntimeError, AssertionError) as error:
                raise UserError(f"PyTorch finds no GPU: {error}") from None
            library = CudaLibrary(flags.library)
            library.check_device()
    except (UserError, OpError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    say(f"- date: {datetime.date.today()}")
    for line in ["- device: none, emulated on the host"] if flags.emulate else describe_gpu():
        say(line)
    failures = check(library, memory, flags.rounds, flags.seed, say)
    say(f"{failures} checks failed" if failures else "all checks passed")
    if flags.no_timing:
        return int(failures > 0)
    say("")
    sessions = [Session(library, memory, dtype) for dtype in DTYPES]
    if flags.emulate:
        lines = harness_timing.table(sessions, lambda call: call(), None, 1, 8, 16)
    else:
        bandwidth = harness_timing.torch_copy_bandwidth()
        say(f"A copy of 1 GiB reads and writes {bandwidth / 1e9:.0f} GB/s.\n")
        lines = harness_timing.table(sessions, harness_timing.torch_clock, bandwidth, 16, 256, 64)
    for line in lines:
        say(line)
    return int(failures > 0)


if __name__ == "__main__":
    sys.exit(main())
