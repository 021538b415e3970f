"""What verify says about good, wrong, foreign and damaged artefacts."""

import dataclasses
import math

import pytest

from tests.export import exported
from tfstylegan import export
from tfstylegan.errors import UserError
from tfstylegan.export import artefacts


def test_report_describes_the_comparison(artefact):
    model, path = artefact("onnx")
    report = export.verify(path, model, seeds=[3], psi=[0.5, 0.6, 0.7])
    assert dataclasses.is_dataclass(report) and report.ok
    assert report.images == 6
    assert report.runtime.startswith("ONNX Runtime 1.")
    assert report.tolerance == 1e-3
    assert report.relative_difference == report.max_abs_difference / report.value_range
    with pytest.raises(dataclasses.FrozenInstanceError):
        report.images = 7


def test_report_judges_extremes():
    report = export.VerificationReport("g", "r", "float32", 1, 0.0, 0.0, math.inf, 1.0, 1e-3)
    assert report.ok
    assert not dataclasses.replace(report, max_abs_difference=1e-9).ok  # of a constant image
    assert not dataclasses.replace(report, max_abs_difference=math.nan, value_range=1.0).ok


@pytest.mark.parametrize("name", ["tflite", "onnx"])
def test_another_models_artefact_does_not_agree(name, artefact):
    report = export.verify(artefact(name)[1], exported.generator(seed=1), seeds=[0], psi=[1])
    assert not report.ok
    assert report.relative_difference > 0.05
    assert report.psnr_db < 40


@pytest.mark.parametrize(
    "other, message",
    [
        ({"z_dim": 8}, "is not an export of this model: its inputs are .*z of size 16; the model's .*z of size 8"),
        ({"c_dim": 2}, "is not an export of this model: .* the model's are c of size 2"),
        ({"use_noise": False}, "is not an export of this model: its inputs are noise_gain"),
        ({"img_resolution": 8}, "is not an export of this model: its images have shape"),
    ],
)
def test_artefact_of_another_kind_of_model_is_told_apart(other, message, artefact):
    with pytest.raises(export.VerificationError, match=message):
        export.verify(artefact("tflite")[1], exported.generator(**other))


@pytest.mark.parametrize(
    "name, size",
    [("tflite", 0), ("tflite", 1000), ("tflite", -100), ("onnx", 0), ("onnx", -100), ("saved_model", 1000)],
)
def test_truncated_artefact_gets_one_sentence(name, size, artefact, tmp_path):
    model, whole = artefact(name)
    file = whole / "saved_model.pb" if name == "saved_model" else whole
    copy = tmp_path / file.name
    copy.write_bytes(file.read_bytes()[:size])
    path = tmp_path if name == "saved_model" else copy
    with pytest.raises(UserError, match=r"could not be run by .*; if it is damaged, export it again: ") as caught:
        export.verify(path, model)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    assert caught.value.log


@pytest.mark.parametrize(
    "file, message",
    [
        ("absent.onnx", "absent.onnx: no such file or directory"),
        ("notes.txt", "notes.txt is not an artefact: a SavedModel directory, a .tflite or an .onnx file is needed"),
        ("empty", "empty is not a SavedModel: it has no saved_model.pb"),
    ],
)
def test_unknown_artefacts_are_refused(file, message, artefact, tmp_path):
    (tmp_path / "notes.txt").write_text("not a model")
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=message):
        export.verify(tmp_path / file, artefact("tflite")[0])


@pytest.mark.parametrize(
    "program, message",
    [
        (
            "import os, signal, sys; print('one\\ntwo\\nthree\\nfour', file=sys.stderr, flush=True); "
            "os.kill(os.getpid(), signal.SIGSEGV)",
            r"the process was killed by SIGSEGV; its last lines: two \| three \| four",
        ),
        ("import os; os._exit(3)", r"the process ended with status 3; its last lines: \(none\)"),
        ("import time; time.sleep(60)", "LiteRT did not finish within 2 seconds"),
    ],
)
def test_crash_or_hang_of_the_runtime_is_reported(program, message, artefact, tmp_path, monkeypatch):
    model, path = artefact("tflite")
    runner = tmp_path / "runner.py"
    runner.write_text(program)
    monkeypatch.setattr(artefacts, "RUNNER", runner)
    with pytest.raises(export.VerificationError, match=message):
        export.verify(path, model, timeout=2)


def test_verify_needs_something_to_compare(artefact):
    model, path = artefact("onnx")
    with pytest.raises(UserError, match="at least one seed and one psi"):
        export.verify(path, model, seeds=[])
