"""``tfstylegan COMMAND --flags``: finds the program and hands over."""

import importlib
import sys

from tfstylegan.version import __version__

# The order is the order in which a newcomer meets them. A program is imported only when it is asked for.
COMMANDS: dict[str, str] = {
    "quickstart": "train a small StyleGAN2 on built-in faces, then export and verify it",
    "train": "train a StyleGAN2 on a folder or zip of images",
    "generate": "make pictures from seeds",
    "mix": "make a style mixing grid",
    "interpolate": "make an animation that walks between seeds",
    "info": "print a network's layers, shapes and parameters",
    "import": "turn an official .pkl or a community .pt checkpoint into a .keras file",
    "export": "write a generator as SavedModel, TFLite and ONNX",
    "verify": "run an exported file in its own runtime and compare its pictures",
}


def main(argv: list[str] | None = None) -> int:
    """Runs a command; returns its exit status."""
    arguments = sys.argv[1:] if argv is None else argv
    if not arguments or arguments[0] in ("-h", "--help", "--helpfull", "help"):
        print(usage())
        return 0 if arguments else 2
    if arguments[0] in ("--version", "version"):
        print(f"tfstylegan {__version__}")
        return 0
    command = arguments[0]
    if command not in COMMANDS:
        print(f"tfstylegan: there is no command {command!r}; 'tfstylegan --help' lists them", file=sys.stderr)
        return 2
    return importlib.import_module(f"tfstylegan.cli.{command}").main(arguments[1:])


def usage() -> str:
    """The text of ``tfstylegan --help``."""
    width = max(map(len, COMMANDS))
    lines = [f"  {name:<{width}}  {text}" for name, text in COMMANDS.items()]
    return "\n".join(
        [
            f"tfstylegan {__version__}: the StyleGAN family for TensorFlow and Keras",
            "",
            "usage: tfstylegan COMMAND [--flag=value ...]",
            "",
            *lines,
            "",
            "'tfstylegan COMMAND --help' explains a command and its flags.",
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
