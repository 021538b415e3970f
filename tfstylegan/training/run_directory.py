"""The directory of a run: what is where, and whether a run may be continued."""

import contextlib
import json
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from tfstylegan import configs
from tfstylegan.errors import UserError
from tfstylegan.files import write_text
from tfstylegan.training import checkpoint
from tfstylegan.version import __version__

# What may change when a run is continued: how long it is, and how often it reports.
CHANGEABLE = {
    "data.source",  # the fingerprint says whether the images are the same
    "data.strict",
    "training.total_kimg",
    "training.kimg_per_tick",
    "training.image_snapshot_ticks",
    "training.network_snapshot_ticks",
    "training.keep_checkpoints",
}


class RunDirectory:
    """Paths and files of a run.

    Args:
      path: the directory; made when something is first written.
    """

    def __init__(self, path: str | os.PathLike):
        self.path = Path(path)
        self.config_path = self.path / "config.json"
        self.log_path = self.path / "log.txt"
        self.stats_path = self.path / "stats.jsonl"
        self.curve_path = self.path / "curve.png"
        self.checkpoints = self.path / "checkpoints"
        self.snapshots = self.path / "snapshots"
        self.samples = self.path / "samples"
        self.tensorboard = self.path / "tensorboard"

    def snapshot_path(self, nimg: int) -> Path:
        """``snapshots/network-<kimg>.keras``."""
        return self.snapshots / f"network-{nimg // 1000:06d}.keras"

    def fakes_path(self, nimg: int) -> Path:
        """``samples/fakes<kimg>.png``."""
        return self.samples / f"fakes{nimg // 1000:06d}.png"

    def open(self, config: configs.RunConfig, fingerprint: str, flag_names: Mapping[str, str] | None = None) -> None:
        """Writes ``config.json``, or makes sure that the run in this directory can be continued with ``config``.

        Args:
          config: the run's configuration.
          fingerprint: identifies the images.
          flag_names: what the user calls a field, by "section.field", for the error message.

        Raises:
          UserError: if the directory holds something else, or a field differs that must not.
        """
        if self.config_path.exists():
            stored = self.read_config()
            self._check_same(stored, config, fingerprint, flag_names or {})
        elif self.path.exists() and any(entry.name != LOCK_NAME for entry in self.path.iterdir()):
            raise UserError(f"{self.path} is not empty and holds no run; choose another directory for the run")
        values = {"tfstylegan": __version__, "fingerprint": fingerprint, **config.to_dict()}
        write_text(self.config_path, json.dumps(values, indent=2) + "\n")

    def read_config(self) -> dict[str, Any]:
        """``config.json`` as a dictionary.

        Raises:
          UserError: if it is missing or damaged.
        """
        try:
            return json.loads(self.config_path.read_text(encoding="utf-8"))
        except FileNotFoundError as error:
            raise UserError(f"{self.path} is not the directory of a training run: it has no config.json") from error
        except ValueError as error:
            raise UserError(f"{self.config_path} is damaged: {error}") from error

    def _check_same(self, stored, config: configs.RunConfig, fingerprint: str, flag_names: Mapping[str, str]) -> None:
        advice = "continue with the same value, or choose another directory for a new run"
        if stored["fingerprint"] != fingerprint:
            raise UserError(
                f"the images of {config.data.source} are not those the run in {self.path} was started with; {advice}"
            )
        for section, fields in config.to_dict().items():
            for field, value in fields.items():
                name = f"{section}.{field}"
                old = stored[section].get(field, value)
                if old != value and name not in CHANGEABLE:
                    called = flag_names.get(name, name)
                    raise UserError(f"{called} was {old} in the run in {self.path} and is now {value}; {advice}")

    def trim_stats(self, step: int) -> None:
        """Drops lines of ``stats.jsonl`` after ``step``: the steps they report will be taken again."""
        if not self.stats_path.exists():
            return
        kept = [line for line in self.read_stats() if line["step"] <= step]
        write_text(self.stats_path, "".join(json.dumps(line) + "\n" for line in kept))

    def read_stats(self) -> list[dict[str, Any]]:
        """The lines of ``stats.jsonl``, passing over one that a crash left half-written."""
        lines = []
        for text in self.stats_path.read_text(encoding="utf-8").splitlines():
            with contextlib.suppress(ValueError):
                lines.append(json.loads(text))
        return lines

    @contextlib.contextmanager
    def locked(self) -> Iterator[None]:
        """Holds the directory for one process. The lock dies with the process, however it ends.

        Raises:
          UserError: if another process trains here.
        """
        try:
            import fcntl
        except ImportError:  # Windows: nothing keeps two processes apart
            yield
            return
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / LOCK_NAME, "w") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError as error:
                raise UserError(f"another process is training in {self.path}") from error
            yield


LOCK_NAME = ".lock"


def load_network(path: Path, network: str, log: Callable[[str], None] = lambda text: None):
    """Loads "G_ema", "G" or "D" from the newest checkpoint of a run directory.

    Raises:
      UserError: if there is no run or no checkpoint.
    """
    from tfstylegan import networks

    run = RunDirectory(path)
    config = configs.RunConfig.from_dict(run.read_config())
    found = checkpoint.load_newest(run.checkpoints, log, prefix=f"{network}/")
    if found is None:
        raise UserError(f"{path} has no snapshot and no checkpoint yet")
    if network == "D":
        model = networks.Discriminator(config.discriminator)
    else:
        model = networks.Generator(config.generator)
    for variable in model.weights:
        variable.assign(found.arrays[f"{network}/{variable.path}"])
    return model
