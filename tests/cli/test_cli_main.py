"""The command itself: what it lists, how fast it answers, what it imports."""

import importlib
import subprocess
import sys

import pytest

import tfstylegan
from tfstylegan.cli import main as cli

HEAVY = ("tensorflow", "keras", "numpy", "PIL", "jax")


def run(code: str) -> str:
    """Runs Python code in a new process; returns what it printed."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60).stdout


@pytest.mark.parametrize("argument", ["--help", "-h", "help"])
def test_help_has_a_line_for_every_command(capsys, argument):
    assert cli.main([argument]) == 0
    lines = capsys.readouterr().out.splitlines()
    for name, text in cli.COMMANDS.items():
        assert [line.split(maxsplit=1) for line in lines].count([name, text]) == 1


def test_no_command_shows_the_help_and_fails(capsys):
    assert cli.main([]) == 2
    assert "usage: tfstylegan COMMAND" in capsys.readouterr().out


def test_an_unknown_command_is_named(capsys):
    assert cli.main(["paint"]) == 2
    captured = capsys.readouterr()
    assert captured.err == "tfstylegan: there is no command 'paint'; 'tfstylegan --help' lists them\n"
    assert not captured.out


@pytest.mark.parametrize("argument", ["--version", "version"])
def test_the_version(capsys, argument):
    assert cli.main([argument]) == 0
    assert capsys.readouterr().out == f"tfstylegan {tfstylegan.__version__}\n"


@pytest.mark.parametrize(
    "module", ["tfstylegan", "tfstylegan.cli.main", "tfstylegan.cli.program", "tfstylegan.progress"]
)
def test_importing_is_light(module):
    found = run(f"import sys, {module}; print(*[name for name in {HEAVY} if name in sys.modules])")
    assert found.split() == []


def test_picture_files_need_no_framework():
    code = "import sys, tfstylegan.animation; print('tensorflow' in sys.modules, 'keras' in sys.modules)"
    assert run(code) == "False False\n"


def test_help_of_every_command_answers_without_tensorflow():
    code = f"""
import sys
from tfstylegan.cli import main as cli
for name in cli.COMMANDS:
    assert cli.main([name, "--help"]) == 0
    loaded = [heavy for heavy in {HEAVY} if heavy in sys.modules]
    assert not loaded, f"{{name}} --help imports {{loaded}}"
"""
    text = run(code)
    for name in cli.COMMANDS:
        assert f"usage: tfstylegan {name} " in text


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_is_a_program_with_examples_that_parse(name):
    program = importlib.import_module(f"tfstylegan.cli.{name}").PROGRAM
    assert program.name == name and program.summary and program.examples
    for example in program.examples:
        tool, command, *arguments = example.split()
        assert (tool, command) == ("tfstylegan", name)
        program._parse(arguments)


def test_a_command_is_a_module_to_run_too():
    done = subprocess.run(
        [sys.executable, "-m", "tfstylegan.cli.generate", "--seeds=x"], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert done.stderr == "tfstylegan generate: --seeds takes numbers and ranges such as 0-5,9; got 'x'\n"
    assert not done.stdout
