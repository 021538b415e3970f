"""``tfstylegan mix``: style mixing between pairs of seeds."""

import sys

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags, seeds_from_text
from tfstylegan.errors import UserError

FLAGS = new_flags()
picture_flags.define_generator_flags(FLAGS)
absl_flags.DEFINE_string("rows", None, "seeds of the rows: the base pictures", flag_values=FLAGS)
absl_flags.DEFINE_string("cols", None, "seeds of the columns: the pictures to take styles from", flag_values=FLAGS)
absl_flags.DEFINE_string(
    "styles",
    None,
    "styles to take from the column's seed: numbers and ranges, and the names coarse (4 and 8 px, the two smallest "
    "resolutions), middle (16 and 32 px, the next two) and fine (64 px up); if not given coarse,middle (which is 0-6), "
    "or coarse if there is nothing finer",
    flag_values=FLAGS,
)
absl_flags.DEFINE_string("outdir", "out", "directory to write grid.png and ROW-COLUMN.png to", flag_values=FLAGS)


def run(flags) -> None:
    """Writes ``grid.png`` with the sources along its edges, and every picture in it as ``ROW-COLUMN.png``."""
    rows = seeds_from_text(picture_flags.required(flags, "rows", "85,100"), "--rows")
    cols = seeds_from_text(picture_flags.required(flags, "cols", "55,821"), "--cols")
    truncation = picture_flags.truncation(flags)
    generator = picture_flags.open_generator(flags)
    label = picture_flags.class_label(flags, generator)
    styles = styles_from_text(flags.styles, generator.synthesis.ws_resolutions)
    outdir = picture_flags.output_directory(flags)

    import numpy as np

    from tfstylegan import latents
    from tfstylegan.images import image_grid, write_png
    from tfstylegan.progress import Progress

    seeds = sorted({*rows, *cols})
    sources = dict(zip(seeds, latents.styles_from_seeds(generator, seeds, label, **truncation), strict=True))
    # A pair of equal seeds is the seed's own picture, as in the official tool.
    pairs = list(dict.fromkeys([*((seed, seed) for seed in seeds), *((r, c) for r in rows for c in cols)]))
    ws = (latents.mix(sources[row], sources[col], layers=styles) for row, col in pairs)
    metadata = {**picture_flags.metadata(flags), "styles": ",".join(map(str, styles))}

    pictures = {}
    with Progress(len(pairs), "mixing", "pictures") as progress:
        for pair, picture in zip(pairs, latents.render(generator, ws, flags.noise_mode, flags.batch), strict=True):
            pictures[pair] = picture
            row, col = pair
            write_png(outdir / f"{row}-{col}.png", picture, {"row_seed": row, "col_seed": col, **metadata})
            progress.advance()
    cells = [np.zeros_like(picture), *(pictures[col, col] for col in cols)]
    for row in rows:
        cells += [pictures[row, row], *(pictures[row, col] for col in cols)]
    grid = image_grid(cells, columns=len(cols) + 1)
    write_png(outdir / "grid.png", grid, {"rows": flags.rows, "cols": flags.cols, **metadata})
    print(f"wrote grid.png and {len(pairs)} pictures to {outdir}")


def styles_from_text(text: str | None, ws_resolutions: list[int]) -> list[int]:
    """``"coarse,5-6"`` to [0, 1, 2, 5, 6]; None to the default for the resolution.

    Args:
      text: of the flag.
      ws_resolutions: the network's, ``G.synthesis.ws_resolutions``.

    Raises:
      UserError: if a part is not a name, a number or a range, or the network has no such style.
    """
    from tfstylegan.latents import STYLE_GROUPS, style_group

    num_ws = len(ws_resolutions)
    if text is None:
        text = "coarse,middle" if style_group("fine", ws_resolutions) else "coarse"
    styles: set[int] = set()
    for part in text.split(","):
        name = part.strip().lower()
        if name in STYLE_GROUPS:
            found = style_group(name, ws_resolutions)
            if not found:
                count = len(set(ws_resolutions))
                raise UserError(f"--styles={text}: this network of {count} resolutions has no {name} styles")
        elif name[:1].isdecimal():
            found = seeds_from_text(name, "--styles")
            if found[-1] >= num_ws:
                raise UserError(f"--styles={text}: this network's {num_ws} styles are 0 to {num_ws - 1}")
        else:
            raise UserError(f"--styles takes numbers, ranges and {', '.join(STYLE_GROUPS)}; got {part.strip()!r}")
        styles.update(found)
    return sorted(styles)


PROGRAM = Program(
    name="mix",
    summary="Mixes styles: every picture is the row's seed with some styles of the column's seed. Coarse styles "
    "carry pose and shape, middle ones features, fine ones colour.",
    examples=(
        "tfstylegan mix --model=network.keras --rows=85,100,75 --cols=55,821,1789 --styles=0-6 --outdir=mixed",
        "tfstylegan mix --model=network.keras --rows=0-3 --cols=4-8 --styles=fine --trunc=0.7",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
