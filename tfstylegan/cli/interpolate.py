"""``tfstylegan interpolate``: an animation that walks through seeds."""

import itertools
import sys
from collections.abc import Iterator

from absl import flags as absl_flags

from tfstylegan.cli import picture_flags
from tfstylegan.cli.program import Program, new_flags, seeds_from_text
from tfstylegan.errors import UserError

FLAGS = new_flags()
picture_flags.define_generator_flags(FLAGS)
absl_flags.DEFINE_string(
    "seeds", None, "the seeds to pass, in order: numbers and ranges, such as 0-5", flag_values=FLAGS
)
absl_flags.DEFINE_integer("frames", 60, "frames from one seed to the next", lower_bound=1, flag_values=FLAGS)
absl_flags.DEFINE_float("fps", 30.0, "frames per second", flag_values=FLAGS)
absl_flags.DEFINE_enum(
    "space",
    "w",
    ["w", "z"],
    "walk in w, along a smooth curve, or in z, along great circles",
    flag_values=FLAGS,
)
absl_flags.DEFINE_bool("loop", True, "come back to the first seed; --noloop ends at the last", flag_values=FLAGS)
absl_flags.DEFINE_string(
    "grid",
    None,
    "COLUMNSxROWS: several walks at once; --seeds is divided between them, in order",
    flag_values=FLAGS,
)
absl_flags.DEFINE_string(
    "output", "walk.webp", "file to write: .webp, .gif, .png (animated) or .mp4 (needs [video])", flag_values=FLAGS
)


def run(flags) -> None:
    """Writes the animation."""
    seeds = seeds_from_text(picture_flags.required(flags, "seeds", "0-5"))
    columns, rows = _grid(flags.grid)
    walks = _divide(seeds, columns * rows)
    truncation = picture_flags.truncation(flags)
    output = picture_flags.required(flags, "output", "walk.webp")

    from tfstylegan.animation import check_animation, write_animation

    check_animation(output, flags.fps)
    generator = picture_flags.open_generator(flags)
    label = picture_flags.class_label(flags, generator)
    picture_flags.check_output_file(output)

    from tfstylegan import latents
    from tfstylegan.images import image_grid
    from tfstylegan.progress import track

    positions = latents.frame_positions(len(walks[0]), flags.frames, flags.loop)
    walk = walk_in_w if flags.space == "w" else walk_in_z
    ws = walk(generator, walks, positions, label, truncation, flags.loop)
    pictures = latents.render(generator, ws, flags.noise_mode, flags.batch)
    frames = (image_grid(cells, columns) for cells in _groups(pictures, len(walks)))
    write_animation(output, track(frames, "animating", "frames", total=len(positions)), flags.fps)
    print(f"wrote {output}: {len(positions)} frames, {len(positions) / flags.fps:.1f} s")


def walk_in_w(generator, walks: list[list[int]], positions, label, truncation: dict, loop: bool) -> Iterator:
    """Yields the styles of every walk at the first position, then at the second, and so on."""
    import numpy as np

    from tfstylegan import latents

    keyframes = [np.stack(list(latents.styles_from_seeds(generator, seeds, label, **truncation))) for seeds in walks]
    for position in positions:
        for keys in keyframes:
            yield latents.interpolate(keys, [position], "smooth", loop)[0]


def walk_in_z(generator, walks: list[list[int]], positions, label, truncation: dict, loop: bool) -> Iterator:
    """As :func:`walk_in_w`, but along great circles in z."""
    import numpy as np

    from tfstylegan import latents

    keyframes = [latents.z_from_seeds(seeds, generator.z_dim) for seeds in walks]
    for position in positions:
        z = np.concatenate([latents.interpolate(keys, [position], "spherical", loop) for keys in keyframes])
        yield from latents.styles_from_latents(generator, z, label, **truncation)


def _grid(text: str | None) -> tuple[int, int]:
    columns, rows = (1, 1) if text is None else picture_flags.grid_from_text(text)
    return columns, rows or 1


def _divide(seeds: list[int], walks: int) -> list[list[int]]:
    """Consecutive seeds for each walk."""
    each, rest = divmod(len(seeds), walks)
    if walks > 1 and rest:
        raise UserError(f"--seeds has {len(seeds)} seeds, which cannot be divided evenly between {walks} walks")
    if each < 2:
        raise UserError(f"--seeds must have 2 seeds or more for each walk; {len(seeds)} are too few for {walks}")
    return [seeds[index * each : (index + 1) * each] for index in range(walks)]


def _groups(items: Iterator, size: int) -> Iterator[list]:
    while group := list(itertools.islice(items, size)):
        yield group


PROGRAM = Program(
    name="interpolate",
    summary="Makes an animation that walks from seed to seed. It repeats for ever (a player decides that for MP4) "
    "and closes smoothly, unless --noloop.",
    examples=(
        "tfstylegan interpolate --model=network.keras --seeds=0-5 --trunc=0.7 --output=walk.webp",
        "tfstylegan interpolate --model=network.keras --seeds=0-31 --grid=4x2 --frames=120 --fps=60 --output=walk.mp4",
    ),
    flags=FLAGS,
    run=run,
)
main = PROGRAM.main

if __name__ == "__main__":
    sys.exit(main())
