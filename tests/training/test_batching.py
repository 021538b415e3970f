"""Splitting a global batch over replicas."""

import numpy as np
import pytest

from tfstylegan.training.batching import replica_order


def groups_of(samples, group_size):
    """The minibatch stddev groups of a batch: sample n is in group n mod (N / G)."""
    count = len(samples) // group_size
    return {frozenset(samples[i] for i in range(len(samples)) if i % count == g) for g in range(count)}


@pytest.mark.parametrize(
    ("batch_size", "replicas", "group_size"),
    [(8, 1, 4), (8, 2, 4), (16, 2, 4), (32, 4, 4), (24, 2, 3), (16, 2, 8), (6, 3, 1)],
)
def test_replicas_form_the_groups_of_one_device(batch_size, replicas, group_size):
    order = replica_order(batch_size, replicas, group_size)
    assert sorted(order) == list(range(batch_size))
    found = set()
    for part in np.split(order, replicas):
        found |= groups_of(part.tolist(), group_size)
    assert found == groups_of(list(range(batch_size)), group_size)


def test_one_device_keeps_the_order():
    assert list(replica_order(8, 1, 4)) == list(range(8))


@pytest.mark.parametrize(
    ("batch_size", "replicas", "group_size", "message"),
    [(9, 2, None, "does not divide over 2 devices"), (8, 4, 4, "groups of 4 whole"), (6, 2, 4, "groups of 4 whole")],
)
def test_impossible_splits_are_refused(batch_size, replicas, group_size, message):
    with pytest.raises(ValueError, match=message):
        replica_order(batch_size, replicas, group_size)
