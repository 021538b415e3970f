"""The progress line: what it says, how often, and where."""

import io

import pytest

from tfstylegan.progress import Progress, duration, track


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Terminal(io.StringIO):
    def isatty(self):
        return True


def shown(stream):
    """What is on the terminal after each redraw."""
    return [part.rstrip() for part in stream.getvalue().replace("\n", "").split("\r") if part]


def test_a_terminal_shows_one_line_that_changes(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    clock, stream = Clock(), Terminal()
    with Progress(4, "making", "things", stream=stream, clock=clock) as progress:
        for _ in range(4):
            clock.now += 2
            progress.advance()
    lines = shown(stream)
    assert lines[0] == "making:  [#####...............]  1/4 things  6.0 s left"
    assert lines[2] == "making:  [###############.....]  3/4 things  2.0 s left"
    assert lines[-1] == "making: 4/4 things in 8.0 s"
    assert stream.getvalue().count("\n") == 1 and stream.getvalue().endswith("\n")


def test_a_shorter_line_covers_a_longer_one(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    clock, stream = Clock(), Terminal()
    progress = Progress(2, "x", stream=stream, clock=clock)
    for note in ("a very long note indeed", ""):
        clock.now += 1
        progress.advance(note=note)
    first, second = (part for part in stream.getvalue().split("\r") if part)
    assert len(second) >= len(first)


def test_a_narrow_terminal_is_not_wrapped(monkeypatch):
    monkeypatch.setenv("COLUMNS", "30")
    clock, stream = Clock(), Terminal()
    progress = Progress(10, "making", "things", stream=stream, clock=clock)
    clock.now += 1
    progress.advance(note="n" * 100)
    assert all(len(line) <= 29 for line in shown(stream))


def test_redrawing_is_rare_enough_to_cost_nothing():
    clock, stream = Clock(), Terminal()
    progress = Progress(100_000, "making", stream=stream, clock=clock)
    for _ in range(100_000):
        clock.now += 1e-5
        progress.advance()
    assert len(shown(stream)) <= 11  # in a second


def test_a_log_gets_a_line_now_and_then():
    clock, stream = Clock(), io.StringIO()
    with Progress(60, "making", "things", stream=stream, clock=clock) as progress:
        for _ in range(60):
            clock.now += 1
            progress.advance()
    lines = stream.getvalue().splitlines()
    assert lines[0] == "making:  25%  15/60 things  45 s left"
    assert lines[-1] == "making: 60/60 things in 1 min 00 s"
    assert len(lines) == 5 and "\r" not in stream.getvalue()


def test_a_quick_job_writes_one_line_to_a_log():
    stream = io.StringIO()
    assert list(track("abc", "reading", "letters", stream=stream, clock=Clock())) == ["a", "b", "c"]
    assert stream.getvalue() == "reading: 3/3 letters in 0.0 s\n"


def test_the_first_step_does_not_spoil_the_estimate():
    clock = Clock()
    progress = Progress(11, "making", stream=io.StringIO(), clock=clock)
    clock.now += 100  # compilation
    progress.advance()
    assert progress.seconds_left() == pytest.approx(1000)
    clock.now += 1
    progress.advance()
    assert progress.seconds_left() == pytest.approx(9)


def test_a_continued_run_counts_but_does_not_time_what_was_done_before():
    clock, stream = Clock(), io.StringIO()
    progress = Progress(100, "training", initial=90, stream=stream, clock=clock)
    assert progress.seconds_left() is None
    clock.now += 20
    progress.advance(5)
    assert progress.seconds_left() == pytest.approx(20)
    assert "95%  95/100" in stream.getvalue()


def test_a_note_stays_until_the_next():
    clock, stream = Clock(), io.StringIO()
    progress = Progress(3, "training", stream=stream, clock=clock)
    for note in ("loss 1.5", None, "loss 1.2"):
        clock.now += 20
        progress.advance(note=note)
    assert [line.rpartition("  ")[2] for line in stream.getvalue().splitlines()] == ["loss 1.5", "loss 1.5", "loss 1.2"]


def test_an_error_leaves_the_line_and_says_nothing_more():
    clock, stream = Clock(), Terminal()
    with pytest.raises(RuntimeError), Progress(3, "making", stream=stream, clock=clock) as progress:
        clock.now += 1
        progress.advance()
        raise RuntimeError
    assert stream.getvalue().endswith("\n") and " in " not in stream.getvalue()


class Broken(io.StringIO):
    def write(self, text):
        raise BrokenPipeError


@pytest.mark.parametrize("stream", [Broken(), object()], ids=["closed pipe", "not a stream"])
def test_the_work_goes_on_when_nobody_reads(stream):
    clock = Clock()
    with Progress(2, "making", stream=stream, clock=clock) as progress:
        clock.now += 60
        progress.advance()


@pytest.mark.parametrize("total", [0, 2])
def test_more_or_fewer_steps_than_announced_are_no_error(total):
    clock, stream = Clock(), Terminal()
    with Progress(total, "making", stream=stream, clock=clock) as progress:
        for _ in range(5):
            clock.now += 1
            progress.advance()
    assert f"5/{total}" in stream.getvalue()


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (-1, "0.0 s"),
        (9.94, "9.9 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (59.6, "1 min 00 s"),
        (3599.6, "1 h 00 min"),
        (3700, "1 h 01 min"),
        (86400 * 2 + 3600 * 5, "2 d 05 h"),
    ],
)
def test_durations_read_well(seconds, text):
    assert duration(seconds) == text
