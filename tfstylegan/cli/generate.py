"""``tfstylegan generate``: pictures from seeds."""

import sys
from collections.abc import Iterator
from pathlib import Path

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags, seeds_from_text
from tfstylegan.errors import UserError

FLAGS = new_flags()
picture_flags.define_generator_flags(FLAGS)
absl_flags.DEFINE_string("seeds", None, "numbers and ranges, such as 0-5,9: a picture each", flag_values=FLAGS)
absl_flags.DEFINE_string("outdir", "out", "directory to write seed0000.png and so on to", flag_values=FLAGS)
absl_flags.DEFINE_string(
    "grid",
    None,
    "COLUMNSxROWS or COLUMNS: write all pictures as one, grid.png, in place of a file each",
    flag_values=FLAGS,
)


def run(flags) -> None:
    """Writes ``seed0000.png`` and so on, or ``grid.png``."""
    seeds = seeds_from_text(picture_flags.required(flags, "seeds", "0-3"))
    columns = _grid_columns(flags.grid, len(seeds)) if flags.grid is not None else None
    truncation = picture_flags.truncation(flags)
    generator = picture_flags.open_generator(flags)
    label = picture_flags.class_label(flags, generator)
    outdir = picture_flags.output_directory(flags)
    metadata = picture_flags.metadata(flags)

    from tfstylegan import latents

    ws = latents.styles_from_seeds(generator, seeds, label, **truncation, batch=flags.batch)
    pictures = latents.render(generator, ws, flags.noise_mode, flags.batch)
    if columns is None:
        _write_each(outdir, seeds, pictures, metadata)
    else:
        _write_grid(outdir / "grid.png", columns, seeds, pictures, {**metadata, "seeds": flags.seeds})


def _grid_columns(text: str, count: int) -> int:
    columns, rows = picture_flags.grid_from_text(text)
    if rows is not None and columns * rows < count:
        raise UserError(f"--grid={text} has {columns * rows} places, too few for the {count} seeds of --seeds")
    return columns


def _write_each(outdir: Path, seeds: list[int], pictures: Iterator, metadata: dict) -> None:
    from tfstylegan.images import write_png
    from tfstylegan.progress import Progress

    with Progress(len(seeds), "generating", "pictures") as progress:
        for seed, picture in zip(seeds, pictures, strict=True):
            write_png(outdir / f"seed{seed:04d}.png", picture, {"seed": seed, **metadata})
            progress.advance()
    print(f"wrote {len(seeds)} picture{'s' if len(seeds) > 1 else ''} to {outdir}")


def _write_grid(path: Path, columns: int, seeds: list[int], pictures: Iterator, metadata: dict) -> None:
    from tfstylegan.images import image_grid, write_png
    from tfstylegan.progress import track

    images = list(track(pictures, "generating", "pictures", total=len(seeds)))
    write_png(path, image_grid(images, columns), metadata)
    print(f"wrote {path}")


PROGRAM = Program(
    name="generate",
    summary="Makes pictures from seeds. The same seed and settings give the same picture as the official tools.",
    examples=(
        "tfstylegan generate --model=network.keras --seeds=0-3 --trunc=0.7 --outdir=out",
        "tfstylegan generate --model=runs/faces --seeds=0-63 --grid=8x8",
        "tfstylegan generate --model=cifar.keras --seeds=0-9 --class=3",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
