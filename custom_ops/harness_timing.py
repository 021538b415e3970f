"""Times the ops on a GPU by device events, against the bandwidth that a copy has there."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from tfstylegan.custom_ops.c_interface import ARGUMENTS, DTYPES, c_activation, c_filter
from tfstylegan.custom_ops.harness_memory import storage_type
from tfstylegan.custom_ops.harness_session import Session
from tfstylegan.custom_ops.reference import Activation

Clock = Callable[[Callable[[], None]], float | None]  # seconds of a call, or None where that cannot be measured

ACT = Activation("lrelu", 0.2, 1.4142135, 256.0)
FIR4 = np.array([1, 3, 3, 1], np.float32) / 8


class Workload(NamedTuple):
    """A call to be timed: its arguments, and the bytes that must be read and written at least once."""

    name: str
    op: str
    fields: dict[str, Any]
    bytes: int


class Maker:
    """Allocates the arrays of workloads and counts their bytes."""

    def __init__(self, session: Session):
        self.session, self.bytes = session, 0

    def new(self, *shape: int, dtype: str | None = None):
        """An array of zeros."""
        dtype = dtype or self.session.dtype
        buffer = self.session.empty(shape, dtype).set(np.zeros(shape, storage_type(dtype)))
        self.bytes += buffer.size
        return buffer

    def done(self, name: str, op: str, **fields) -> Workload:
        counted, self.bytes = self.bytes, 0
        return Workload(name, op, fields, counted)


def workloads(session: Session, batch: int, size: int, channels: int):
    """Yields the workloads one by one, so that only one's arrays exist at a time."""
    make, n, s, c = Maker(session), batch, size, channels
    pixels = s * s
    rows = {"rows": n * pixels, "channels": c, "act": c_activation(ACT)}
    image = (n, s, s, c)
    new = make.new
    yield make.done("bias_act", "bias_act", **rows, order=0, x=new(*image), b=new(c), y=new(*image))
    yield make.done(
        "bias_act gradient", "bias_act", **rows, order=1, dy=new(*image), y_ref=new(*image), y=new(*image), dyb=new(c)
    )
    noise = {"noise_batch": n, "strength_channels": 1}
    sizes = {"batch": n, "pixels": pixels, "channels": c, "act": c_activation(ACT), **noise}
    style = lambda: {"d": new(n, c), "noise": new(n, pixels), "strength": new(1)}  # noqa: E731
    yield make.done("style epilogue", "style_epilogue", **sizes, **style(), x=new(*image), b=new(c), y=new(*image))
    yield make.done(
        "style epilogue gradient",
        "style_epilogue_grad",
        **sizes,
        **style(),
        **{name: new(*image) for name in ("dy", "y", "x", "dx")},
        dd=new(n, c),
        dstrength=new(1),
        db=new(c),
    )
    statistics = lambda: {name: new(n, c, dtype="float32") for name in ("mean", "rstd")}  # noqa: E731
    yield make.done(
        "norm epilogue (reads x twice)",
        "norm_epilogue",
        **sizes,
        epsilon=1e-8,
        noise=new(n, pixels),
        strength=new(1),
        b=new(c),
        x=new(*image),
        y=new(*image),
        scale=new(n, c),
        shift=new(n, c),
        **statistics(),
    )
    for name, up, down, out, pad in (
        ("upfirdn2d [1,3,3,1]", 1, 1, s, (2, 1)),
        ("upfirdn2d [1,3,3,1] up 2", 2, 1, 2 * s, (2, 1)),
        ("upfirdn2d [1,3,3,1] down 2", 1, 2, s // 2, (1, 1)),
    ):
        factors = {"up_x": up, "up_y": up, "down_x": down, "down_y": down}
        pads = {"pad_x0": pad[0], "pad_x1": pad[1], "pad_y0": pad[0], "pad_y1": pad[1]}
        shapes = {"batch": n, "channels": c, "in_h": s, "in_w": s, "out_h": out, "out_w": out}
        f = c_filter(FIR4 * up, FIR4 * up)
        yield make.done(name, "upfirdn2d", **factors, **pads, **shapes, f=f, x=new(*image), y=new(n, out, out, c))
    yield from _filtered_lrelu(make, n, s, c)


def _filtered_lrelu(make: Maker, n: int, s: int, c: int):
    """StyleGAN3's layers, which keep the size, but for the one that doubles it."""
    taps = lambda count: np.hanning(count + 2)[1:-1] / (count + 1) * 2  # noqa: E731
    for up, down in ((2, 2), (4, 2)):
        fu, fd = taps(6 * up) * up, taps(12)
        out = s * up // down
        mid = (out - 1) * 2 + 12
        padding = mid - 1 + len(fu) - s * up
        pads = {"pad_x0": padding // 2, "pad_y0": padding // 2}
        pads |= {"pad_x1": padding - padding // 2, "pad_y1": padding - padding // 2}
        shapes = {"batch": n, "channels": c, "in_h": s, "in_w": s, "out_h": out, "out_w": out, "up": up, "down": down}
        scalars = {"gain": 1.4142135, "slope": 0.2, "clamp": 256.0, "code_h": mid, "code_w": mid}
        for kind in ("separable", "2-D down"):
            yield make.done(
                f"filtered_lrelu up {up} down {down}, {kind}",
                "filtered_lrelu",
                **pads,
                **shapes,
                **scalars,
                fu=c_filter(fu, fu),
                fd=c_filter(fd, fd) if kind == "separable" else c_filter(np.outer(fd, fd)),
                x=make.new(n, s, s, c),
                b=make.new(c),
                y=make.new(n, out, out, c),
                codes=make.new(n, -(-c // 16), mid, mid, 4, dtype="uint8"),
            )


def prepare(session: Session, workload: Workload) -> Callable[[], None]:
    """The call with everything converted and allocated, so that little but the launch is left."""
    fields = {name: getattr(value, "pointer", value) for name, value in workload.fields.items()}
    fields = {name: workload.fields[name] if name in ("f", "fu", "fd") else value for name, value in fields.items()}
    args = ARGUMENTS[workload.op](dtype=DTYPES[session.dtype], **fields)
    size = session.library.workspace_bytes(workload.op, args)
    workspace = session.empty((size,), "uint8") if size else None

    def call():
        session.library.call(workload.op, args, workspace.pointer if workspace else None, session.memory.stream)

    return call


def torch_clock(call: Callable[[], None], repeats: int = 20) -> float:
    """Seconds of a call by device events: the median of as many, after three that are not counted."""
    import torch

    for _ in range(3):
        call()
    times = []
    for _ in range(repeats):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)
        start.record()
        call()
        end.record()
        end.synchronize()
        times.append(start.elapsed_time(end) / 1000)
    return float(np.median(times))


def torch_copy_bandwidth() -> float:
    """Bytes read and written a second by a copy of 1 GiB: the ceiling."""
    import torch

    source = torch.zeros(1 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    return 2 * source.numel() / torch_clock(lambda: target.copy_(source))


def table(sessions: list[Session], clock: Clock, bandwidth: float | None, batch: int, size: int, channels: int):
    """Yields the lines of a Markdown table; what is not measured is a dash."""
    yield "| op | type | shape | time | GB/s | of copy bandwidth |"
    yield "|---|---|---|---|---|---|"
    for session in sessions:
        for workload in workloads(session, batch, size, channels):
            seconds = clock(prepare(session, workload))
            shape = f"{batch} x {size} x {size} x {channels}"
            measured = ["-"] * 3
            if seconds and bandwidth:
                rate = workload.bytes / seconds
                measured = [f"{seconds * 1e3:.3f} ms", f"{rate / 1e9:.0f}", f"{100 * rate / bandwidth:.0f} %"]
            yield f"| {workload.name} | {session.dtype} | {shape} | {' | '.join(measured)} |"
