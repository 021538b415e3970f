"""``tfstylegan export`` and ``tfstylegan verify``."""

import re
import subprocess
import sys

import pytest

from tests import tiny_networks
from tfstylegan.cli import export as export_command
from tfstylegan.cli import verify as verify_command


@pytest.fixture(scope="module")
def directory(tmp_path_factory):
    """A network, another one, and a TFLite file of the first."""
    directory = tmp_path_factory.mktemp("export")
    tiny_networks.generator(img_resolution=8).save(directory / "net.keras")
    tiny_networks.generator(seed=1, img_resolution=8).save(directory / "other.keras")
    tiny_networks.discriminator().save(directory / "d.keras")
    status = export_command.main(
        [f"--model={directory}/net.keras", "--format=tflite", f"--outdir={directory}", "--noverify"]
    )
    assert status == 0
    return directory


def test_export_writes_and_verifies_every_format(directory, tmp_path):
    child = subprocess.run(
        [sys.executable, "-m", "tfstylegan.cli.main", "export", f"--network={directory}/net.keras"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert child.returncode == 0, child.stderr
    assert "Traceback" not in child.stderr
    lines = child.stdout.splitlines()
    for line, (path, runtime) in zip(
        lines,
        [
            ("exported/saved_model", "TensorFlow"),
            ("exported/generator.tflite", "LiteRT"),
            ("exported/generator.onnx", "ONNX Runtime"),
        ],
        strict=True,
    ):
        pattern = r"(\S+) +[0-9.]+ MB  largest difference ([0-9.e-]+) of the value range.* ms per image in (.*) \S+"
        match = re.fullmatch(pattern, line)
        assert match, line
        assert (match[1], match[3]) == (path, runtime)
        assert float(match[2]) < 1e-4
    assert sorted(p.name for p in (tmp_path / "exported").iterdir()) == [
        "generator.onnx",
        "generator.tflite",
        "saved_model",
    ]


def test_verify_accepts_a_good_file_by_position_or_name(directory, capsys):
    file, model = str(directory / "generator.tflite"), f"--model={directory}/net.keras"
    for arguments in ([file, model], [model, file, "--seeds=0-2"], [f"--artefact={file}", model]):
        assert verify_command.main(arguments) == 0
        assert "generator.tflite" in capsys.readouterr().out


def test_verify_exits_with_1_for_the_wrong_model(directory, capsys):
    status = verify_command.main([str(directory / "generator.tflite"), f"--model={directory}/other.keras"])
    captured = capsys.readouterr()
    assert status == 1
    assert "generator.tflite" in captured.out
    assert "does not make the model's pictures: the largest difference is" in captured.err


def test_export_exits_with_1_when_a_file_does_not_agree(directory, tmp_path, capsys, monkeypatch):
    import tfstylegan
    from tfstylegan import export

    def another(generator, path, **options):
        return write(tiny_networks.generator(seed=1, img_resolution=8), path, **options)

    write = export.tflite
    monkeypatch.setattr(tfstylegan.export, "tflite", another, raising=False)
    arguments = [f"--model={directory}/net.keras", "--format=tflite", f"--outdir={tmp_path}"]
    assert export_command.main(arguments) == 1
    assert "does not make the model's pictures" in capsys.readouterr().err


def test_options_reach_the_exporters(directory, tmp_path, capsys):
    import onnx

    common = [f"--model={directory}/net.keras", f"--outdir={tmp_path}"]
    assert export_command.main([*common, "--format=onnx", "--opset=18", "--batch=2", "--noverify"]) == 0
    model = onnx.load(tmp_path / "generator.onnx")
    assert model.opset_import[0].version == 18
    assert model.graph.input[0].type.tensor_type.shape.dim[0].dim_value == 2
    plain = (directory / "generator.tflite").stat().st_size
    assert export_command.main([*common, "--format=tflite", "--quantize=float16", "--noverify"]) == 0
    assert (tmp_path / "generator.tflite").stat().st_size < 0.8 * plain
    assert "MB" in capsys.readouterr().out


@pytest.mark.parametrize(
    "program, arguments, message",
    [
        (export_command, ["--model={}/net.keras", "--format=tfjs"], "--format takes any of saved_model,tflite,onnx"),
        (export_command, ["--model={}/net.keras", "--format="], "--format takes any of saved_model,tflite,onnx"),
        (export_command, ["--model={}/net.keras", "--quantize=int8"], "none|float16|dynamic"),
        (export_command, ["--model={}/net.keras", "--opset=12"], "17|18"),
        (export_command, ["--model={}/net.keras", "--batch=-1"], "batch"),
        (export_command, ["--model={}/d.keras"], "Discriminator"),
        (export_command, ["--model={}/absent.keras"], "no such file"),
        (export_command, [], "--model is missing"),
        (export_command, ["{}/net.keras"], "unexpected argument"),
        (verify_command, ["--model={}/net.keras"], "--artefact is missing"),
        (verify_command, ["{}/generator.tflite"], "--model is missing"),
        (verify_command, ["a.onnx", "b.onnx", "--model={}/net.keras"], "unexpected argument 'a.onnx'"),
        (verify_command, ["{}/absent.onnx", "--model={}/net.keras"], "absent.onnx: no such file"),
        (verify_command, ["{}/net.keras", "--model={}/net.keras"], "net.keras is not an artefact"),
        (verify_command, ["{}/generator.tflite", "--model={}/net.keras", "--seeds=x"], "--seeds takes numbers"),
    ],
)
def test_mistakes_get_one_sentence_and_status_2(program, arguments, message, directory, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert program.main([argument.format(directory) for argument in arguments]) == 2
    captured = capsys.readouterr().err
    assert message in captured
    assert captured.count("\n") == 1


def test_help_needs_no_tensorflow():
    program = (
        "import sys; sys.modules.update(dict.fromkeys(['tensorflow', 'keras', 'onnx', 'tf2onnx'])); "
        "from tfstylegan.cli import export, verify; sys.exit(export.main(['--help']) or verify.main(['--help']))"
    )
    child = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert child.returncode == 0, child.stderr
    assert "usage: tfstylegan verify ARTEFACT" in child.stdout
    assert "--quantize=none|float16|dynamic" in child.stdout
