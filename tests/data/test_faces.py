"""Drawn faces: the right factors, pictures that show them, the same everywhere and always."""

import ast
import itertools
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from tfstylegan.data import faces
from tfstylegan.data.faces import FACTORS, Faces, canvas, draw, sample
from tfstylegan.data.faces.anatomy import Shape
from tfstylegan.data.faces.factors import HAIR_STYLES
from tfstylegan.errors import UserError

NEUTRAL = {
    "yaw": 0.0,
    "pitch": 0.0,
    "roll": 0.0,
    "position_x": 0.0,
    "position_y": 0.0,
    "face_width": 0.5,
    "jaw": 0.5,
    "skin_tone": 0.3,
    "eye_size": 0.5,
    "gaze_x": 0.0,
    "gaze_y": 0.0,
    "brow_tilt": 0.0,
    "mouth_curve": 0.5,
    "mouth_open": 0.5,
    "background_hue": 0.6,
    "hair_style": "buzz",
    "hair_color": "brown",
    "eye_color": "blue",
    "shirt_color": "coral",
    "glasses": False,
    "hat": False,
    "earrings": False,
    "beard": False,
}
BY_NAME = {factor.name: factor for factor in FACTORS}


def every_factor():
    return pytest.mark.parametrize("name", BY_NAME)


def values_to_compare(name):
    """Values that ought to look different from each other."""
    factor = BY_NAME[name]
    if name == "background_hue":
        return (0.0, 0.5)  # its two ends are the same hue
    return range(len(factor.values)) if factor.kind == "categorical" else factor.values


def difference(first, second, resolution=64):
    """The largest difference over the channels, [H, W]."""
    return np.abs(draw(first, resolution).astype(int) - draw(second, resolution).astype(int)).max(-1)


# --- factors ------------------------------------------------------------------------------------------------


def test_the_table_covers_what_varies_in_faces():
    wanted = {
        "yaw",
        "position_x",
        "face_width",
        "skin_tone",
        "hair_color",
        "hair_style",
        "eye_size",
        "eye_color",
    }
    wanted |= {"gaze_x", "mouth_curve", "background_hue", "glasses", "hat", "earrings"}
    assert wanted <= set(BY_NAME)
    assert len(BY_NAME) == len(FACTORS)  # names are unique
    assert {factor.kind for factor in FACTORS} == {"continuous", "categorical", "binary"}
    assert all(factor.description for factor in FACTORS)


@every_factor()
def test_values_have_the_declared_dtype_shape_and_range(name):
    factor, values = BY_NAME[name], sample(np.arange(2000))[name]
    assert values.shape == (2000,)
    assert values.dtype == factor.dtype
    if factor.kind == "continuous":
        assert values.min() >= factor.values[0] and values.max() <= factor.values[1]
    else:
        assert set(values.tolist()) == set(range(len(factor.values)))


@every_factor()
def test_values_are_distributed_as_declared(name):
    count = 40_000
    factor, values = BY_NAME[name], sample(np.arange(count))[name]
    if factor.kind == "continuous":
        shares = np.histogram(values, bins=10, range=factor.values)[0] / count
        expected = np.full(10, 0.1)
    elif factor.kind == "categorical":
        shares = np.bincount(values, minlength=len(factor.values)) / count
        expected = np.full(len(factor.values), 1 / len(factor.values))
    else:
        shares, expected = np.array([values.mean()]), np.array([factor.rate])
    # 5 standard deviations of a binomial share: over all the bins of all the factors, chance stays within.
    tolerance = 5 * np.sqrt(expected * (1 - expected) / count)
    np.testing.assert_array_less(np.abs(shares - expected), tolerance)


def test_factors_indices_and_seeds_are_independent():
    count = 40_000
    first, other = sample(np.arange(count), seed=0), sample(np.arange(count), seed=1)
    columns = list(first.values()) + [column[1:] for column in first.values()] + list(other.values())
    table = np.stack([column[: count - 1].astype(np.float64) for column in columns])
    correlations = np.corrcoef(table)[~np.eye(len(table), dtype=bool)]
    assert len(correlations) == 69 * 68
    # A correlation of independent columns has standard deviation 1 / sqrt(count) = 0.005; 6 of them.
    assert np.abs(correlations).max() < 0.03


GOLDEN = {  # exact: 64-bit integers scaled by powers of two and one multiplication are the same everywhere
    "yaw": [-1.8952898979187012, 11.963029861450195, 5.928802013397217],
    "pitch": [-11.217865943908691, -10.179710388183594, 10.505340576171875],
    "roll": [7.075388431549072, 6.051286220550537, -0.8135382533073425],
    "position_x": [-0.0029223691672086716, 0.01519249752163887, 0.031202135607600212],
    "position_y": [0.022208217531442642, -0.018868444487452507, 0.0017234571278095245],
    "face_width": [0.36543476581573486, 0.6037145853042603, 0.5383344292640686],
    "jaw": [0.16508150100708008, 0.8025888204574585, 0.7740588188171387],
    "skin_tone": [0.40593957901000977, 0.24296218156814575, 0.53187096118927],
    "eye_size": [0.9477924704551697, 0.65213942527771, 0.5001971125602722],
    "gaze_x": [0.7425199747085571, 0.9322505593299866, 0.9957823157310486],
    "gaze_y": [-0.8639962077140808, -0.3838931620121002, 0.08655177801847458],
    "brow_tilt": [-0.10553916543722153, 0.6538422703742981, 0.7382519245147705],
    "mouth_curve": [-0.00164075440261513, 0.9621373414993286, 0.46247661113739014],
    "mouth_open": [0.4475616216659546, 0.5513299107551575, 0.3120104968547821],
    "background_hue": [0.743828296661377, 0.57422935962677, 0.5761796236038208],
    "hair_style": [7, 0, 4],
    "hair_color": [6, 5, 4],
    "eye_color": [0, 2, 5],
    "shirt_color": [0, 3, 1],
    "glasses": [False, False, True],
    "hat": [False, False, False],
    "earrings": [False, False, True],
    "beard": [False, False, False],
}


def test_factor_values_never_drift():
    found = sample([0, 7, 123_456_789])
    for name, expected in GOLDEN.items():
        assert found[name].tolist() == [BY_NAME[name].dtype.type(value).item() for value in expected], name
    assert set(GOLDEN) == set(BY_NAME)
    other_seed = sample(7, seed=-3)
    assert other_seed["yaw"].tolist() == [5.928246974945068]
    assert other_seed["hair_style"].tolist() == [1]


def test_values_depend_on_seed_and_index_alone():
    together = sample([9, 2, 1000, 2], seed=5)
    for position, index in enumerate([9, 2, 1000, 2]):
        alone = sample(index, seed=5)
        assert all(alone[name] == together[name][position : position + 1] for name in BY_NAME)
    assert (sample(range(50), seed=5)["yaw"] != sample(range(50), seed=6)["yaw"]).all()


@pytest.mark.parametrize("indices", [[], np.array([], np.int64), range(0)])
def test_no_indices_give_empty_columns(indices):
    assert all(values.shape == (0,) for values in sample(indices).values())


@pytest.mark.parametrize("indices", [[-1], [0.5], ["a"], [[1, 2]], [True], -3])
def test_indices_that_are_none_are_refused(indices):
    with pytest.raises(UserError, match="integers >= 0"):
        sample(indices)


# --- drawing ------------------------------------------------------------------------------------------------


@every_factor()
def test_every_factor_shows_with_every_hair_style(name):
    styles = ["buzz"] if name == "hair_style" else HAIR_STYLES
    compared = 0
    for style in styles:
        face = NEUTRAL | {"hair_style": style}
        for first, second in itertools.combinations(values_to_compare(name), 2):
            changed = difference(face | {name: first}, face | {name: second}) > 24
            assert changed.sum() >= 30, (style, first, second)  # of 4096 pixels; an iris has about 25
            compared += 1
    assert compared >= len(styles)


def test_hair_styles_differ_under_a_hat():
    face = NEUTRAL | {"hat": True}
    for first, second in itertools.combinations(HAIR_STYLES, 2):
        changed = difference(face | {"hair_style": first}, face | {"hair_style": second}) > 24
        assert changed.sum() >= 30, (first, second)


# The part of the picture (left, top, right, bottom; 0 to 1) outside of which a factor changes nothing.
ONLY_WITHIN = {
    "jaw": (0.15, 0.40, 0.85, 0.92),
    "skin_tone": (0.12, 0.15, 0.88, 0.97),
    "eye_size": (0.22, 0.32, 0.78, 0.66),
    "gaze_x": (0.26, 0.42, 0.74, 0.64),
    "gaze_y": (0.26, 0.42, 0.74, 0.64),
    "eye_color": (0.26, 0.42, 0.74, 0.64),
    "brow_tilt": (0.24, 0.34, 0.76, 0.48),
    "mouth_curve": (0.33, 0.62, 0.67, 0.83),
    "mouth_open": (0.33, 0.62, 0.67, 0.83),
    "shirt_color": (0.00, 0.78, 1.00, 1.00),
    "glasses": (0.17, 0.38, 0.83, 0.70),
    "hat": (0.00, 0.00, 1.00, 0.50),
    "earrings": (0.12, 0.58, 0.88, 0.74),
    "beard": (0.18, 0.52, 0.82, 0.92),
}


@pytest.mark.parametrize("name", ONLY_WITHIN)
def test_a_factor_changes_nothing_elsewhere(name):
    low, high = BY_NAME[name].values[0], BY_NAME[name].values[-1]
    left, top, right, bottom = (round(64 * edge) for edge in ONLY_WITHIN[name])
    elsewhere = np.ones((64, 64), bool)
    elsewhere[top:bottom, left:right] = False
    for style in HAIR_STYLES:
        face = NEUTRAL | {"hair_style": style}
        changed = difference(face | {name: low}, face | {name: high})
        assert changed[~elsewhere].any()
        assert not changed[elsewhere].any(), style


def test_the_background_changes_only_what_is_behind_the_person():
    changed = difference(NEUTRAL | {"background_hue": 0.0}, NEUTRAL | {"background_hue": 0.5})
    assert not changed[20:50, 24:40].any()  # the face
    assert not changed[60:, 16:48].any()  # the shirt
    assert (changed[:6] > 24).all()


@pytest.mark.parametrize("name", ["yaw", "pitch", "roll", "face_width"])
def test_the_head_moves_without_the_background(name):
    low, high = BY_NAME[name].values
    changed = difference(NEUTRAL | {name: low}, NEUTRAL | {name: high})
    assert changed.any()
    assert not changed[:5].any() and not changed[:, :5].any() and not changed[:, -5:].any()


def test_turning_moves_the_eyes_that_way():
    def center_of_eyes(factors):
        irises = difference(NEUTRAL | factors | {"eye_color": "brown"}, NEUTRAL | factors, 128) > 24
        assert irises.sum() > 50
        return np.argwhere(irises).mean(0)

    middle = center_of_eyes({})
    assert center_of_eyes({"yaw": 20.0})[1] > middle[1] + 3
    assert center_of_eyes({"yaw": -20.0})[1] < middle[1] - 3
    assert center_of_eyes({"position_x": 0.04})[1] > middle[1] + 3
    assert center_of_eyes({"pitch": 12.0})[0] < middle[0] - 1


def test_values_may_be_given_by_name_or_position():
    by_name = draw(NEUTRAL | {"hair_style": "afro"}, 64)
    by_position = draw(NEUTRAL | {"hair_style": np.int32(HAIR_STYLES.index("afro"))}, 64)
    np.testing.assert_array_equal(by_name, by_position)
    assert difference(NEUTRAL, NEUTRAL | {"hair_style": "afro"}).any()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"yaw": 50}, "yaw must be a number from -20 to 20, but is 50"),
        ({"jaw": float("nan")}, "jaw must be a number"),
        ({"jaw": "square"}, "jaw must be a number"),
        ({"hair_style": "mullet"}, "hair_style must be one of buzz, short"),
        ({"hair_style": 8}, "position from 0 to 7"),
        ({"eye_color": 1.5}, "eye_color must be one of"),
        ({"hat": "yes"}, "hat must be False or True"),
        ({"hat": 2}, "hat must be False or True"),
        ({"wings": True}, "wings is unknown"),
    ],
)
def test_a_factor_that_cannot_be_drawn_is_named(change, message):
    with pytest.raises(UserError, match=message):
        draw(NEUTRAL | change, 32)


def test_a_missing_factor_is_named():
    with pytest.raises(UserError, match="jaw is missing"):
        draw({name: value for name, value in NEUTRAL.items() if name != "jaw"}, 32)


# --- resolution ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("resolution", [16, 17, 32, 64, 100, 256, 512])
def test_pictures_have_the_resolution_asked_for(resolution):
    picture = Faces(np.int64(resolution), 1)[0]
    assert picture.shape == (resolution, resolution, 3)
    assert picture.dtype == np.uint8
    assert picture.std() > 20  # not one flat colour


@pytest.mark.parametrize("resolution", [15, 513, 0, -64, 64.0, "64", None, True])
def test_a_resolution_that_cannot_be_drawn_is_refused(resolution):
    for make in (lambda: Faces(resolution, 1), lambda: draw(NEUTRAL, resolution)):
        with pytest.raises(UserError, match="resolution of drawn faces must be a whole number from 16 to 512"):
            make()


@pytest.mark.parametrize("resolution", [16, 32, 64, 128])
def test_the_same_face_appears_at_every_resolution(resolution):
    indices, shrink = range(12), 256 // resolution
    large = Faces(256, 12).batch(indices).astype(np.float64)
    small = Faces(resolution, 12).batch(indices).astype(np.float64)
    averaged = large.reshape(12, resolution, shrink, resolution, shrink, 3).mean((2, 4))
    # Edges are rounded to an eighth of a pixel at worst, so only pixels on edges differ, by a little: about 2
    # levels on average at 16 px. Different faces are more than 40 levels apart.
    assert np.abs(averaged - small).mean((1, 2, 3)).max() < 4
    assert np.abs(averaged[1:] - small[:-1]).mean((1, 2, 3)).min() > 15


@pytest.mark.parametrize("resolution", [16, 32, 64, 256, 512])
def test_edges_are_anti_aliased(resolution):
    disc = Shape(0.5 + 0.5j + 0.4 * np.exp(2j * np.pi * np.arange(400) / 400), (255, 255, 255))
    picture = canvas.paint((0, 0, 0), (0, 0, 0), [disc], resolution)[..., 0].astype(np.float64)
    between = picture[(picture > 0) & (picture < 255)]
    assert len(np.unique(between)) >= 7
    # The edge is 2 pi 0.4 = 2.5 pictures long; where it runs along rows or columns it may fall between pixels.
    assert len(between) >= 2 * resolution
    # Coverage adds up to the area, but for half a canvas pixel (an eighth of a pixel at 16) along the edge.
    assert picture.mean() / 255 == pytest.approx(np.pi * 0.4**2, rel=0.02)


def test_a_face_has_soft_edges():
    face = NEUTRAL | {"hair_color": "black", "skin_tone": 0.0, "hair_style": "bob"}
    row = draw(face, 64)[40].astype(int).sum(-1)
    steps = np.abs(np.diff(row))
    hair = row < 250
    edges = np.flatnonzero(np.diff(hair.astype(int)))
    assert len(edges) >= 2
    assert sum((steps[max(edge - 1, 0) : edge + 2] > 20).sum() >= 2 for edge in edges) >= len(edges) / 2


# --- sets ---------------------------------------------------------------------------------------------------


def test_a_picture_is_the_same_in_any_order_batch_set_and_thread():
    small, large = Faces(32, 10), Faces(32, 1000)
    expected = small.batch(range(10))
    assert expected.shape == (10, 32, 32, 3)
    np.testing.assert_array_equal(large.batch([7, 3, 7])[[1, 2]], expected[[3, 7]])
    np.testing.assert_array_equal(large[9], expected[9])
    with ThreadPoolExecutor(4) as pool:
        threaded = list(pool.map(large.__getitem__, [*range(10)] * 4))
    np.testing.assert_array_equal(np.stack(threaded), np.concatenate([expected] * 4))
    assert len({picture.tobytes() for picture in expected}) == 10
    assert not np.array_equal(Faces(32, 10, seed=1).batch(range(10)), expected)


def test_a_set_is_a_sequence():
    pictures = Faces(16, 3)
    assert len(pictures) == 3 and len(list(pictures)) == 3
    np.testing.assert_array_equal(pictures[-1], pictures[2])
    for index in (3, -4):
        with pytest.raises(IndexError):
            pictures[index]
    with pytest.raises(TypeError):
        pictures[0.5]
    assert pictures.batch([]).shape == (0, 16, 16, 3)


def test_labels_describe_the_pictures():
    pictures = Faces(64, 40, seed=3)
    labels = pictures.factors()
    assert all(values.shape == (40,) for values in labels.values())
    for index in (0, 17, 39):
        own = {name: values[index] for name, values in labels.items()}
        np.testing.assert_array_equal(draw(own, 64), pictures[index])
    chosen = pictures.factors([17, -1])
    assert all((chosen[name] == values[[17, 39]]).all() for name, values in labels.items())


@pytest.mark.parametrize("count", [0, -1, 2.5, "many", True])
def test_a_count_that_is_none_is_refused(count):
    with pytest.raises(UserError, match="count of drawn faces"):
        Faces(32, count)


def test_only_numpy_and_pillow_are_needed():
    imported = set()
    for source in Path(faces.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    assert {"numpy", "PIL", "tfstylegan.data.faces"} <= imported
    outside = {name for name in imported if name.startswith("tfstylegan")}
    assert {name for name in outside if not name.startswith("tfstylegan.data.faces")} == {"tfstylegan.errors"}
    assert not {name.split(".")[0] for name in imported} & {
        "tensorflow",
        "keras",
        "scipy",
        "matplotlib",
        "cv2",
    }
