"""Styles by layer (StyleSpace): reading them, putting them back, changing one number."""

import numpy as np
import pytest
import tensorflow as tf

from tests.conformance import families
from tfstylegan import configs
from tfstylegan.networks.summary import layer_table

STYLED = [name for name, config in families.GENERATORS.items() if config.num_ws > 1]


@pytest.fixture(scope="module", params=STYLED)
def case(request):
    generator = families.build(families.GENERATORS[request.param])
    return generator, np.asarray(generator.mapping(*families.latents(generator, 2)))


def test_every_style_has_its_place(case):
    generator, ws = case
    layers, styles = generator.synthesis.style_layers, generator.synthesis.styles(ws)
    assert list(styles) == list(layers) and len(layers) >= generator.num_ws
    assert {layer.ws_index for layer in layers.values()} == set(range(generator.num_ws))
    for name, layer in layers.items():
        assert layer.name == name and styles[name].shape == (2, layer.channels)
    table = {row.name.partition(".")[2] for row in layer_table(generator) if row.name.startswith("synthesis.")}
    assert set(layers) <= table


def test_its_own_styles_change_nothing(case):
    generator, ws = case
    styles = generator.synthesis.styles(ws)
    expected = np.asarray(generator.synthesis(ws))
    np.testing.assert_array_equal(generator.synthesis(ws, styles=styles), expected)
    np.testing.assert_array_equal(generator.synthesis(np.zeros_like(ws), styles=styles).shape, expected.shape)
    traced = tf.function(lambda ws, styles: generator.synthesis(ws, styles=styles))
    np.testing.assert_allclose(traced(ws, styles), expected, atol=1e-4 * np.abs(expected).max())


def test_styles_of_another_picture_are_that_picture(case):
    generator, ws = case
    styles = generator.synthesis.styles(ws)
    swapped = {name: np.asarray(style)[::-1].copy() for name, style in styles.items()}
    found = np.asarray(generator.synthesis(ws, styles=swapped))
    expected = np.asarray(generator.synthesis(ws))[::-1]
    if getattr(generator.config, "const_input_layer", True):
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())
    else:  # w also makes the input
        assert np.abs(found - expected).max() > 1e-2 * np.abs(expected).max()


def test_one_number_changes_the_picture_and_has_a_gradient(case):
    generator, ws = case
    names = list(generator.synthesis.style_layers)
    for name in (names[0], names[len(names) // 2], names[-1]):
        style = tf.constant(np.asarray(generator.synthesis.styles(ws)[name]))
        with tf.GradientTape() as tape:
            tape.watch(style)
            images = generator.synthesis(ws, styles={name: style})
            total = tf.reduce_sum(images * images)
        gradient = tape.gradient(total, style)
        assert gradient is not None
        assert np.abs(gradient).max() > 0
        changed = np.asarray(style).copy()
        changed[0, np.abs(np.asarray(gradient)[0]).argmax()] += 1
        edited = np.asarray(generator.synthesis(ws, styles={name: changed}))
        assert np.abs(edited[0] - np.asarray(images)[0]).max() > 1e-6
        np.testing.assert_allclose(edited[1], np.asarray(images)[1], atol=1e-3 * np.abs(edited).max())


def test_mistakes_are_named(case):
    generator, ws = case
    name, layer = next(iter(generator.synthesis.style_layers.items()))
    with pytest.raises(ValueError, match=r"no layer 'b5.conv9'; this network has"):
        generator.synthesis(ws, styles={"b5.conv9": np.zeros([2, 3], np.float32)})
    for wrong in (np.zeros([2, layer.channels + 1], np.float32), [0.0] * layer.channels):
        with pytest.raises(ValueError, match=rf"{name} must be an array or tensor of shape \[N, {layer.channels}\]"):
            generator.synthesis(ws, styles={name: wrong})


SKIP = {"img_resolution": 16, "channel_base": 128, "channel_max": 16, "z_dim": 8, "w_dim": 8, "mapping_layers": 1}


@pytest.mark.parametrize(
    ("name", "first_changed"), [("b4.conv1", 0), ("b8.conv0", 1), ("b8.conv1", 1), ("b16.conv1", 2), ("b8.torgb", None)]
)
def test_one_number_changes_only_what_comes_after_it(name, first_changed):
    """Activations of the blocks before a layer stay as they are, and ToRGB changes no activations at all."""
    synthesis = families.build(configs.StyleGAN2(**SKIP)).synthesis
    ws = np.random.RandomState(0).randn(1, 6, 8).astype(np.float32)
    style = np.array(synthesis.styles(ws)[name])
    style[0, 3] += 1

    def run(styles):
        x, img, found = None, None, []
        for index, block in enumerate(synthesis.blocks):
            first = max(2 * index - 1, 0)
            x, img = block([ws[:, first + k] for k in range(block.num_convs + 1)], x, img, styles=styles)
            found.append((np.asarray(x), np.asarray(img)))
        return found

    before, after = run({}), run({name: style})
    activations = [np.array_equal(a[0], b[0]) for a, b in zip(before, after, strict=True)]
    images = [np.array_equal(a[1], b[1]) for a, b in zip(before, after, strict=True)]
    changed_from = 3 if first_changed is None else first_changed
    assert activations == [index < changed_from for index in range(3)]
    assert images == [index < (1 if first_changed is None else first_changed) for index in range(3)]
    np.testing.assert_array_equal(after[-1][1], synthesis(ws, styles={name: style}))


def test_styles_come_before_the_gain_of_torgb():
    synthesis = families.build(configs.StyleGAN2(**SKIP)).synthesis
    ws = np.random.RandomState(0).randn(2, 6, 8).astype(np.float32)
    torgb, index = synthesis.blocks[1].torgb, synthesis.style_layers["b8.torgb"].ws_index
    np.testing.assert_array_equal(synthesis.styles(ws)["b8.torgb"], torgb.affine(ws[:, index]))
    assert [layer.ws_index for layer in synthesis.style_layers.values()] == [0, 1, 1, 2, 3, 3, 4, 5]
