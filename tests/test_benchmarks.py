"""The benchmark programs at toy size: they run and print the rows they promise. The numbers are not looked at."""

import math

import pytest

from benchmarks import harness, inference, resampling, startup, training


def read_table(text: str) -> list[dict[str, str]]:
    """The rows of the one Markdown table in ``text``."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    headers, _, *rows = ([cell.strip() for cell in line.strip("|").split("|")] for line in lines)
    assert all(len(row) == len(headers) for row in rows)
    # A header may come more than once; the first is kept.
    return [dict(reversed(list(zip(headers, row, strict=True)))) for row in rows]


def numbers(rows: list[dict[str, str]], *columns: str) -> list[float]:
    """All values of some columns; they must be positive numbers or zero."""
    values = [float(row[column]) for row in rows for column in columns]
    assert all(math.isfinite(value) and value >= 0 for value in values)
    return values


def test_training_times_every_part(capsys):
    flags = ["--resolutions=16", "--width=4", "--max_width=8", "--batch=4", "--steps=4"]
    assert training.main(flags) == 0
    output = capsys.readouterr().out
    rows = read_table(output)
    parts = [part.name for part in training.PARTS]
    assert [row["part"] for row in rows] == [*parts, training.DATA, training.REST, training.TOTAL]
    assert {row["network"] for row in rows} == {"16 px"}
    assert [int(row["every"]) for row in rows] == [1, 4, 1, 16, 1, 1, 1, 1]
    shares = numbers(rows, "share %")
    assert sum(shares[:-1]) == pytest.approx(100, abs=0.5) and shares[-1] == 100
    assert float(rows[-1]["images/s"]) > 0
    assert "limit" not in output, "there is none for pictures as small"


def test_inference_compares_all_runtimes(capsys):
    flags = ["--resolutions=16", "--batches=2", "--width=4", "--max_width=8", "--repeats=2"]
    assert inference.main(flags) == 0
    rows = read_table(capsys.readouterr().out)
    assert sorted(row["runtime"] for row in rows) == sorted(inference.RUNTIMES)
    assert {(row["px"], row["batch"]) for row in rows} == {("16", "2")}
    numbers(rows, "ms an image", "/ tf.function")
    assert {row["/ tf.function"] for row in rows if row["runtime"] == inference.FUNCTION} == {"1.00"}


def test_inference_measures_families_by_the_names_of_their_presets(capsys):
    flags = ["--families=tiny,dcgan", "--resolutions=16", "--batches=1", "--runtimes=eager,ONNX", "--repeats=1"]
    assert inference.main(flags) == 0
    rows = read_table(capsys.readouterr().out)
    runtimes = {"eager", "tf.function", "ONNX"}
    assert {(row["network"], row["runtime"]) for row in rows} == {(f, r) for f in ("tiny", "dcgan") for r in runtimes}
    numbers(rows, "ms an image", "/ tf.function")


def test_resampling_compares_forms_of_one_function(capsys):
    assert resampling.main(["--sizes=8x2", "--batch=2", "--repeats=2", "--cases=up 2"]) == 0
    rows = read_table(capsys.readouterr().out)
    assert list(dict.fromkeys(row["case"] for row in rows)) == ["conv 3x3, up 2", "image, up 2", "activations, up 2"]
    assert {row["size"] for row in rows} == {"8x2", "8x3"}
    firsts = {row["case"]: row for row in reversed(rows)}
    assert all(row["form"].startswith("tfstylegan.ops") and row["/ ours"] == "1.00" for row in firsts.values())
    numbers(rows, "forward ms", "gradient ms", "second ms", "/ ours")


def test_startup_times_new_processes(capsys):
    assert startup.main(["--repeats=1"]) == 0
    output = capsys.readouterr().out
    rows = read_table(output)
    assert {"python", "tfstylegan --help", "import tfstylegan"} <= {row["what"] for row in rows}
    numbers(rows, "median s", "least s", "/ python")
    assert output.count("the limit of") == 2


@pytest.mark.parametrize("program", [inference, resampling, startup, training])
def test_help_lists_the_flags(capsys, program):
    assert program.main(["--help"]) == 0
    output = capsys.readouterr().out
    assert output.startswith(program.__doc__.strip())
    assert all(f"--{name}" in output for name in program.FLAGS)


@pytest.mark.parametrize(
    ("program", "flag"),
    [
        (training, "--resolutions=16,big"),
        (training, "--steps=none"),
        (training, "surplus"),
        (inference, "--runtimes=abacus"),
        (inference, "--families=paper256,cubism"),
        (resampling, "--sizes=32"),
        (startup, "--unknown"),
    ],
)
def test_a_wrong_flag_gives_one_sentence_and_status_2(capsys, program, flag):
    assert program.main([flag]) == 2
    captured = capsys.readouterr()
    assert len(captured.err.splitlines()) == 1 and not captured.out


def test_check_turns_a_missed_limit_into_a_failure():
    settings = harness.Settings()
    assert harness.main(lambda settings: False, settings, "about", []) == 0
    assert harness.main(lambda settings: False, settings, "about", ["--check"]) == 1
    assert harness.main(lambda settings: True, settings, "about", ["--check"]) == 0


def test_candidates_take_turns_and_ratios_are_within_a_turn():
    calls = []
    candidates = {name: lambda name=name: calls.append(name) for name in ("a", "b", "c")}
    times = harness.alternate(candidates, 3, least_seconds=0)
    assert calls[6:] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]
    assert {name: len(seconds) for name, seconds in times.items()} == {"a": 3, "b": 3, "c": 3}
    assert harness.ratio([2, 40, 6], [1, 10, 3]) == 2


def test_tables_are_aligned():
    text = harness.table(["name", "ms"], [["a", 1.23456], ["long", 1234.5], ["none", float("nan")]])
    assert text.splitlines() == [
        "| name |   ms |",
        "| ---- | ---: |",
        "| a    | 1.23 |",
        "| long | 1234 |",
        "| none |    - |",
    ]
