"""Flags, help, errors and exit status, which all commands share."""

import errno
import os

import pytest
from absl import flags as absl_flags

from tfstylegan.cli.program import Program, new_flags, require, seeds_from_text
from tfstylegan.errors import UserError


@pytest.fixture
def program():
    """A command that keeps its flags' values in ``seen`` and then does what ``action`` says."""
    values = new_flags()
    absl_flags.DEFINE_string("model", None, "a file", flag_values=values)
    absl_flags.DEFINE_alias("network", "model", flag_values=values)
    absl_flags.DEFINE_enum("noise_mode", "const", ["const", "none"], "kind of noise", flag_values=values)
    absl_flags.DEFINE_bool("half_speed", False, "slow", flag_values=values)
    absl_flags.DEFINE_integer("batch", 8, "pictures at a time", lower_bound=1, flag_values=values)
    absl_flags.DEFINE_float("trunc", 1.0, "truncation", flag_values=values)

    seen, action = {}, [lambda: None]

    def run(flags):
        names = ("model", "noise_mode", "half_speed", "batch", "trunc")
        seen.update({name: flags[name].value for name in names})
        return action[0]()

    command = Program("paint", "Paints things.", ("tfstylegan paint --model=x.keras",), values, run)
    return command, seen, action


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ([], {"model": None, "noise_mode": "const", "half_speed": False, "batch": 8, "trunc": 1.0}),
        (["--model=a=b.keras"], {"model": "a=b.keras"}),
        (["--model", "a.keras", "--batch", "3"], {"model": "a.keras", "batch": 3}),
        (["-model=a.keras"], {"model": "a.keras"}),
        (["--network=a.keras"], {"model": "a.keras"}),
        (["--noise-mode=none"], {"noise_mode": "none"}),
        (["--noise-mode", "none"], {"noise_mode": "none"}),
        (["--noise_mode=none"], {"noise_mode": "none"}),
        (["--half-speed"], {"half_speed": True}),
        (["--half-speed", "--nohalf-speed"], {"half_speed": False}),
        (["--nohalf_speed"], {"half_speed": False}),
        (["--trunc=-0.5"], {"trunc": -0.5}),
        (["--trunc", "-0.5"], {"trunc": -0.5}),
        (["--model=some-file.keras"], {"model": "some-file.keras"}),
        (["--batch=1", "--batch=2"], {"batch": 2}),
    ],
    ids=str,
)
def test_flags_in_all_spellings(program, arguments, expected):
    command, seen, _ = program
    assert command.main(arguments) == 0
    assert {name: seen[name] for name in expected} == expected


def test_flags_from_a_file(program, tmp_path):
    command, seen, _ = program
    file = tmp_path / "paint.flags"
    file.write_text("# the usual\n--noise-mode=none\n--batch=3\n--half-speed\n\n--model=my net.keras\n")
    assert command.main([f"--flagfile={file}", "--batch=4"]) == 0
    assert seen == {"model": "my net.keras", "noise_mode": "none", "half_speed": True, "batch": 4, "trunc": 1.0}


def test_a_second_run_starts_from_the_defaults(program):
    command, seen, _ = program
    command.main(["--batch=3", "--network=a", "--half-speed"])
    command.main([])
    assert seen == {"model": None, "noise_mode": "const", "half_speed": False, "batch": 8, "trunc": 1.0}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--modle=x"], "modle"),
        (["--batch=many"], "batch"),
        (["--batch=0"], "batch"),
        (["--noise-mode=loud"], "const"),
        (["picture"], "unexpected argument 'picture'"),
        (["--batch=1", "picture"], "unexpected argument 'picture'"),
        (["--model"], "model"),
        (["--flagfile=/no/such/file"], "/no/such/file"),
    ],
    ids=str,
)
def test_bad_flags_are_named_in_one_line(program, capsys, arguments, message):
    command, seen, _ = program
    assert command.main(arguments) == 2
    captured = capsys.readouterr()
    assert captured.err.startswith("tfstylegan paint: ") and message in captured.err
    assert captured.err.count("\n") == 1 and not captured.out and not seen


@pytest.mark.parametrize("debug", [False, True])
def test_a_users_mistake_is_one_sentence_and_the_traceback_is_for_debugging(program, capsys, debug):
    command, _, action = program

    def fail():
        raise UserError("x.keras: no such file")

    action[0] = fail
    assert command.main(["--debug"] if debug else []) == 2
    error = capsys.readouterr().err
    assert error.endswith("tfstylegan paint: x.keras: no such file\n")
    assert ("Traceback" in error) == debug
    assert debug or error.count("\n") == 1


def test_the_systems_errors_are_one_sentence_too(program, capsys):
    command, _, action = program

    def fail():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "out/seed0000.png")

    action[0] = fail
    assert command.main([]) == 1
    error = capsys.readouterr().err
    assert "No space left" in error and "out/seed0000.png" in error and error.count("\n") == 1


def test_an_interrupt_is_not_a_traceback(program, capsys):
    command, _, action = program

    def fail():
        raise KeyboardInterrupt

    action[0] = fail
    assert command.main([]) == 130
    assert "interrupted" in capsys.readouterr().err


def test_a_bug_is_not_hidden(program):
    command, _, action = program

    def fail():
        raise ZeroDivisionError

    action[0] = fail
    with pytest.raises(ZeroDivisionError):
        command.main([])


def test_the_exit_status_is_what_run_returns(program):
    command, _, action = program
    action[0] = lambda: 1
    assert command.main([]) == 1


@pytest.mark.parametrize("argument", ["--help", "-h", "--helpfull"])
def test_help_shows_flags_as_they_are_typed(program, capsys, argument):
    command, seen, _ = program
    assert command.main(["--batch=1", argument]) == 0
    text = capsys.readouterr().out
    for part in ("usage: tfstylegan paint", "Paints things.", "--noise-mode=const|none", "(default: const)"):
        assert part in text
    assert "--network" not in text  # an alias
    assert "--debug" in text and "tfstylegan paint --model=x.keras" in text
    assert not seen


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("3", [3]),
        ("0-3", [0, 1, 2, 3]),
        ("0-2,9", [0, 1, 2, 9]),
        ("9, 0-1", [9, 0, 1]),
        ("5-5", [5]),
        ("4294967295", [2**32 - 1]),
        ("1,1", [1, 1]),
    ],
)
def test_seeds(text, seeds):
    assert seeds_from_text(text) == seeds


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "numbers and ranges"),
        ("a", "numbers and ranges"),
        ("1,", "numbers and ranges"),
        ("-1", "numbers and ranges"),
        ("1-", "numbers and ranges"),
        ("1-2-3", "numbers and ranges"),
        ("1.5", "numbers and ranges"),
        ("²", "numbers and ranges"),
        ("3-1", "runs backwards"),
        ("4294967296", "below 2"),
        ("0-99999999", "more than a million"),
    ],
)
def test_bad_seeds(text, message):
    with pytest.raises(UserError, match=f"--rows.*{message}"):
        seeds_from_text(text, "--rows")


def test_a_missing_package_comes_with_the_command_that_installs_it():
    require("numpy", "this", "extra")
    with pytest.raises(
        UserError, match=r"making movies needs the package no_such_one: pip install 'tfstylegan\[video\]'"
    ):
        require("no_such_one", "making movies", "video")
