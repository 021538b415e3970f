"""What the README and the documents say can be done, can be done."""

import importlib
import re
import shlex
from pathlib import Path

import numpy as np
import pytest

import tfstylegan
from tests import tiny_networks
from tfstylegan.cli import main

ROOT = Path(__file__).parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


def commands():
    for document in DOCUMENTS:
        for block in blocks(document.read_text(encoding="utf-8"), "bash"):
            for part in re.split(r"&&|\n", block):
                words = shlex.split(part.strip())
                if words and Path(words[0]).name == "tfstylegan":
                    yield pytest.param(words[1], words[2:], id=f"{document.name}-{words[1]}")


@pytest.mark.parametrize(("command", "arguments"), commands())
def test_every_command_in_the_documents_has_these_flags(command, arguments):
    assert command in main.COMMANDS
    program = importlib.import_module(f"tfstylegan.cli.{command}").PROGRAM
    for argument in arguments:
        if argument.startswith("--"):
            name = argument[2:].partition("=")[0].replace("-", "_")
            assert name in program.flags, f"{command} has no flag --{name}"
        else:
            assert program.positional, f"{command} takes no bare argument"


def test_the_table_of_commands_is_complete():
    table = re.findall(r"^\| `tfstylegan (\w+)` \|", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert table == list(main.COMMANDS)


@pytest.fixture
def quickstart(tmp_path, monkeypatch):
    """A directory with a run as the quickstart makes it, to work in."""
    monkeypatch.chdir(tmp_path)
    snapshots = tmp_path / "runs" / "quickstart" / "snapshots"
    snapshots.mkdir(parents=True)
    tiny_networks.generator(img_resolution=32, channel_base=256).save(snapshots / "network-000001.keras")
    return tmp_path


def test_the_python_of_the_readme_runs(quickstart):
    names: dict = {}
    code = blocks((ROOT / "README.md").read_text(encoding="utf-8"), "python")
    assert len(code) >= 4
    for block in code:
        exec(compile(block, "README.md", "exec"), names)
    assert names["images"].shape == (3, 32, 32, 3)
    assert (quickstart / "generator.keras").exists()
    assert names["smiling"].shape == (256, 256, 3)


def test_the_python_of_the_networks_document_runs():
    names: dict = {"tfstylegan": tfstylegan}
    for block in blocks((ROOT / "docs" / "networks.md").read_text(encoding="utf-8"), "python"):
        exec(compile(block, "networks.md", "exec"), names)
    assert names["images"].shape == (2, 32, 32, 3)


def test_the_python_of_the_editing_document_runs(quickstart):
    names: dict = {}
    text = (ROOT / "docs" / "editing.md").read_text(encoding="utf-8")
    code = blocks(text, "python")
    assert len(code) >= 6
    for block in code:
        exec(compile(block, "editing.md", "exec"), names)
    for name in ("images", "mixed", "edited", "quiet", "moved"):
        assert np.isfinite(names[name]).all(), name
    assert np.abs(np.asarray(names["edited"]) - names["images"]).max() > 1e-4
    table = re.findall(
        r"^\| (\d+) \| (.*) \|$", (ROOT / "docs" / "editing.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    layers = names["G"].synthesis.style_layers.values()
    for index, listed in table:
        assert listed == ", ".join(f"`{layer.name}`" for layer in layers if layer.ws_index == int(index))
    assert len(table) == names["G"].num_ws


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", document.read_text(encoding="utf-8")):
        assert (document.parent / target).exists(), f"{document.name} links to {target}"
