"""Opens a trained network, wherever it is."""

import os
import zipfile
from pathlib import Path

from tfstylegan.errors import UserError

NETWORKS = ("G_ema", "G", "D")


def load(path: str | os.PathLike, network: str = "G_ema"):
    """Loads a network.

    Args:
      path: a ``.keras`` file, the directory of a training run (its newest snapshot or checkpoint), or another
        code base's checkpoint: an official ``.pkl`` file, or a ``.pt`` file of StyleGAN2 state dicts.
      network: "G_ema" (the generator with averaged weights, the one to use), "G" or "D"; a ``.keras`` file holds
        one network only, which is loaded whatever it is.

    Returns:
      A :class:`tfstylegan.networks.Generator` or :class:`tfstylegan.networks.Discriminator`.

    Raises:
      UserError: if there is no such file, or it holds no such network; the message says what was found.
    """
    if network not in NETWORKS:
        raise UserError(f"network must be one of {', '.join(NETWORKS)}; got {network!r}")
    path = Path(path)
    if path.is_dir():
        return _load_run(path, network)
    if not path.exists():
        raise UserError(f"{path}: no such file or directory")
    from tfstylegan import interop

    return interop.load(path, network) if interop.looks_official(path) else load_keras(path)


def load_keras(path: str | os.PathLike):
    """Loads a ``.keras`` file that holds a Generator or a Discriminator.

    Raises:
      UserError: if it is not such a file, is damaged, or holds another model.
    """
    if not zipfile.is_zipfile(path):
        raise UserError(f"{path} is not a .keras file (or a truncated one): it is not a zip archive")
    import keras

    from tfstylegan import networks

    try:
        model = keras.saving.load_model(path, compile=False)
    except Exception as error:  # Keras raises many kinds for a damaged file; all mean the same to the user
        reason = str(error).strip().splitlines()
        raise UserError(f"{path} could not be loaded as a network: {reason[0] if reason else error!r}") from error
    if not isinstance(model, (networks.Generator, networks.Discriminator)):
        raise UserError(f"{path} holds a {type(model).__name__}, not a tfstylegan Generator or Discriminator")
    return model


def newest_snapshot(run: Path) -> Path | None:
    """The newest ``snapshots/network-*.keras`` of a run directory, or None."""
    snapshots = sorted((run / "snapshots").glob("network-*.keras"))
    return snapshots[-1] if snapshots else None


def _load_run(run: Path, network: str):
    if network == "G_ema":
        snapshot = newest_snapshot(run)
        if snapshot is not None:
            return load_keras(snapshot)
    from tfstylegan.training.run_directory import load_network  # needs TensorFlow, which a snapshot does not

    return load_network(run, network)
