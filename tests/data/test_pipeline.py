"""The stream of batches: the same for the same seed, from wherever it starts, on however many devices."""

import gc
import itertools
import os
import subprocess
import sys
import textwrap
import time
import weakref

import numpy as np
import pytest
import tensorflow as tf

from tests.data.image_files import write_pictures
from tfstylegan import data
from tfstylegan.data import pipeline
from tfstylegan.data.report import SourceReport
from tfstylegan.data.sources import ArraySource
from tfstylegan.errors import UserError


def numbered(count: int, width: int = 4) -> ArraySource:
    """Images that tell their number: the left column holds its low byte, the second column its high byte."""
    images = np.zeros((count, 2, width, 3), np.uint8)
    images[:, :, 0] = (np.arange(count) % 256)[:, None, None]
    images[:, :, 1] = (np.arange(count) // 256)[:, None, None]
    images[:, :, 2] = 255
    return ArraySource(
        images,
        name="numbered",
        shape=(2, width, 3),
        fingerprint="0",
        report=SourceReport("numbered", count, count),
    )


def numbers(batch) -> tuple[np.ndarray, np.ndarray]:
    """Which images a batch shows, and whether each is mirrored."""
    row = np.asarray(batch)[:, 0, :, 0].astype(int)
    flipped = row[:, 1] == 255
    row[flipped] = row[flipped, ::-1]
    return row[:, 0] + 256 * row[:, 1], flipped


def take(count: int, *arguments, **options) -> np.ndarray:
    """The first ``count`` batches, uint8 [count * batch_size, height, width, channels]."""
    return np.concatenate(list(pipeline.batches(*arguments, **options).take(count).as_numpy_iterator()))


def test_batches_have_a_static_shape_and_the_documented_content():
    source = numbered(10)
    dataset = pipeline.batches(source, 4, seed=5)
    assert dataset.element_spec == tf.TensorSpec((4, 2, 4, 3), tf.uint8)
    assert dataset.cardinality() == tf.data.INFINITE_CARDINALITY
    expected = np.concatenate([pipeline.permutation(5, epoch, 10) for epoch in range(4)])
    np.testing.assert_array_equal(take(10, source, 4, seed=5), source.batch(expected))


@pytest.mark.parametrize(("size", "batch_size"), [(10, 4), (3, 8), (1, 5), (64, 32), (50, 50)])
def test_every_image_comes_once_in_each_epoch(size, batch_size):
    count = -(-4 * size // batch_size)
    seen, _ = numbers(take(count, numbered(size), batch_size, seed=1))
    epochs = [seen[start : start + size] for start in range(0, 4 * size, size)]
    for epoch in epochs:
        np.testing.assert_array_equal(np.sort(epoch), np.arange(size))
    if size > 8:
        assert not any(np.array_equal(a, b) for a, b in itertools.combinations(epochs, 2))


def test_the_seed_alone_decides_the_stream():
    source = numbered(300)
    first = take(20, source, 8, seed=1, mirror=True)
    np.testing.assert_array_equal(take(20, source, 8, seed=1, mirror=True, prefetch=0), first)
    assert not np.array_equal(take(20, source, 8, seed=2, mirror=True), first)
    assert not np.array_equal(take(20, source, 8, seed=-1, mirror=True), first)


def test_the_shuffle_is_the_same_under_every_version():
    np.testing.assert_array_equal(pipeline.permutation(0, 0, 8), [3, 1, 0, 4, 5, 6, 7, 2])
    np.testing.assert_array_equal(pipeline.mirrored(0, 0, 8).astype(int), [0, 0, 0, 1, 1, 0, 0, 0])


@pytest.mark.parametrize("start", [0, 8, 24, 304, 100_000 * 8, 13])
def test_a_continued_stream_equals_the_rest_of_an_uninterrupted_one(start):
    source = numbered(37)
    options = {"seed": 3, "mirror": True}
    continued = take(12, source, 8, start=start, **options)
    if start < 1000:
        whole = take(60, source, 8, **options)
        np.testing.assert_array_equal(continued, whole[start : start + 96])
    # Wherever it starts, it may change its batch size as well: samples are numbered, not batches.
    np.testing.assert_array_equal(take(8, source, 12, start=start, **options), continued)


def test_half_of_the_samples_are_mirrored_independently_of_image_and_place():
    source = numbered(500)
    seen, flipped = numbers(take(250, source, 16, seed=0, mirror=True))
    # 4000 fair coins: five standard deviations are 0.04.
    assert abs(flipped.mean() - 0.5) < 0.04
    by_epoch = [flipped[start : start + 500][np.argsort(seen[start : start + 500])] for start in range(0, 4000, 500)]
    for a, b in itertools.combinations(by_epoch, 2):  # the same image's coins in two epochs
        assert abs((a == b).mean() - 0.5) < 0.12
    assert abs((flipped[1:] == flipped[:-1]).mean() - 0.5) < 0.04
    assert not numbers(take(250, source, 16, seed=0))[1].any()


def test_mirroring_changes_neither_the_order_nor_the_source():
    source = numbered(50)
    before = source.batch(range(50))
    plain, mirrored = (numbers(take(20, source, 8, seed=0, mirror=mirror))[0] for mirror in (False, True))
    np.testing.assert_array_equal(plain, mirrored)
    np.testing.assert_array_equal(source.batch(range(50)), before)


def test_order_permutes_the_places_within_each_batch():
    source = numbered(100)
    order = np.array([0, 2, 4, 6, 1, 3, 5, 7])
    plain = take(30, source, 8, seed=0, mirror=True).reshape(30, 8, 2, 4, 3)
    ordered = take(30, source, 8, seed=0, mirror=True, order=order).reshape(30, 8, 2, 4, 3)
    np.testing.assert_array_equal(ordered, plain[:, order])


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"batch_size": 0}, "batch_size=0"),
        ({"start": -1}, "start=-1"),
        ({"order": [0, 1, 2]}, "order must hold each number from 0 to 3 once"),
        ({"order": [0, 1, 1, 2]}, "order must hold"),
        ({"order": [1, 2, 3, 4]}, "order must hold"),
    ],
)
def test_impossible_arguments_are_user_errors(options, message):
    with pytest.raises(UserError, match=message):
        pipeline.batches(numbered(5), **{"batch_size": 4, "seed": 0, **options})


def test_a_file_that_vanishes_during_the_run_is_named(tmp_path):
    write_pictures(tmp_path, 6)
    with data.open_source(tmp_path, 16, memory_limit_bytes=0) as source:
        iterator = iter(pipeline.batches(source, 6, seed=0, prefetch=0))
        next(iterator)
        (tmp_path / "003.png").unlink()
        message = r"003\.png in .* was a good image .* open the data set again\.$"
        with pytest.raises(UserError, match=message), pipeline.user_errors():
            next(iterator)


def test_other_errors_pass_through_user_errors():
    with pytest.raises(tf.errors.InvalidArgumentError), pipeline.user_errors():
        tf.reshape(tf.zeros(3), [2])


def test_the_stream_keeps_its_source_alive_and_lets_go_of_it_at_the_end():
    source = numbered(20)
    alive = weakref.ref(source)
    dataset = pipeline.batches(source, 4, seed=0).map(lambda x: tf.cast(x, tf.float32)).prefetch(1)
    del source
    iterator = iter(dataset)
    del dataset
    gc.collect()
    next(iterator)
    assert alive() is not None
    del iterator
    gc.collect()
    assert alive() is None


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="counts threads as Linux does")
def test_iterators_leave_no_threads_behind():
    source = numbered(20)
    counts = []
    for _ in range(8):
        iterator = iter(pipeline.batches(source, 4, seed=0))
        next(iterator)
        del iterator
        gc.collect()
        counts.append(len(os.listdir("/proc/self/task")))
    assert counts[-1] <= counts[1]


def test_batches_in_memory_cost_little():
    iterator = iter(pipeline.batches(numbered(5000, width=64), 32, seed=0, mirror=True))
    next(iterator)
    start = time.perf_counter()
    for _ in range(100):
        next(iterator)
    assert (time.perf_counter() - start) / 100 < 0.02  # measured: 0.3 ms; wide, for a busy machine


DISTRIBUTED = """
    import numpy as np, tensorflow as tf
    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    from tests.data.test_pipeline import numbered, numbers, take
    from tfstylegan.data import pipeline

    source = numbered(30)
    expected = take(20, source, 8, seed=0, mirror=True, start=16).reshape(20, 8, 2, 4, 3)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    dataset = pipeline.batches(source, 8, seed=0, mirror=True, start=16)
    iterator = iter(strategy.experimental_distribute_dataset(dataset))
    del source, dataset

    @tf.function
    def step(batch):
        return strategy.run(lambda x: tf.identity(x), (batch,))

    for batch in expected:
        parts = strategy.experimental_local_results(step(next(iterator)))
        assert [part.shape.as_list() for part in parts] == [[4, 2, 4, 3]] * 2
        np.testing.assert_array_equal(parts[0], batch[:4])
        np.testing.assert_array_equal(parts[1], batch[4:])
    print("each replica had its half")
"""


def test_replicas_get_contiguous_halves_and_the_program_ends_cleanly():
    """In a process of its own, because logical devices must be made before TensorFlow starts."""
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(DISTRIBUTED)], capture_output=True, text=True, timeout=120
    )
    assert run.returncode == 0, run.stderr  # the iterator is still filling its buffer when the program ends
    assert run.stdout == "each replica had its half\n"
    assert "Traceback" not in run.stderr
