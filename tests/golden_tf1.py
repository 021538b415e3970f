"""Networks from the reference outputs of the TensorFlow 1 code bases, by way of the reader of their pickles."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from tests.golden_data import Golden
from tests.interop import official_files as files
from tfstylegan import interop
from tfstylegan.interop.checkpoint import parse
from tfstylegan.interop.names import LAYOUTS, TF1
from tfstylegan.interop.tf1_networks import KINDS


def built_by(config: dict) -> str:
    """The name that tells the reader what kind of network a reference file holds."""
    if config["func"] == "G_main":
        return config["kwargs"].get("synthesis_func", "G_synthesis_stylegan2")
    return config["func"]


def pickled(golden: Golden, weights: dict[str, np.ndarray] | None = None):
    """A reference file's network as the official code pickles it."""
    config = golden.json("config")
    arrays = {name: files.numpy_array(array) for name, array in (weights or golden.under("weights/")).items()}
    if config["func"] in ("G_main", "G_style"):
        return files.tf1_generator(config["kwargs"], arrays, built_by(config), config["func"])
    return files.tf1_network(config["func"], config["kwargs"], arrays)


@dataclass
class Case:
    """A reference file, its network, and the network's variables by official name."""

    golden: Golden
    config: dict
    network: Any
    rows: dict

    @property
    def labels(self):
        """The labels, or None if the network takes none."""
        return self.golden["labels"] if self.network.c_dim else None

    def variable(self, name: str):
        """Our variable for an official name."""
        ours = {variable.path.partition("/")[2]: variable for variable in self.network.weights}
        return ours[self.rows[name].ours]

    def in_our_layout(self, name: str, array: np.ndarray) -> np.ndarray:
        """A gradient with respect to a variable as that of ours."""
        layout = self.rows[name].layout
        return array if layout == "plus one" else np.asarray(LAYOUTS[layout](array))


def load(name: str) -> Case:
    """Builds the network of ``tests/golden/tf1/NAME.npz``."""
    golden = Golden(f"tf1/{name}")
    network = pickled(golden)
    weights = parse(files.dumps((network, network, network))).weights("G")
    config = golden.json("config")
    rows = {row.official: row for row in KINDS[built_by(config)].rows(weights.config, TF1)}
    return Case(golden, config, interop.build(weights), rows)
