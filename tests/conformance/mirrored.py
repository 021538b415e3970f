"""Runs every network on two logical devices: ``python -m tests.conformance.mirrored``.

A process of its own, because logical devices have to be made before TensorFlow starts. Prints, for every network, by
how much two replicas, each with half of the batch, differ from one device, relative to the largest value, and
whether both replicas and a gradient step agree.
"""

import json

import numpy as np
import tensorflow as tf

from tests.conformance import families

ROWS = 4


def main() -> None:
    device = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(device, [tf.config.LogicalDeviceConfiguration()] * 2)
    strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
    found = {}
    for name, config in families.GENERATORS.items():
        single = families.build(config)
        z, c = families.latents(single, ROWS)
        expected = np.asarray(single(z, c, truncation_psi=0.7))
        found[f"G {name}"] = _difference(strategy, single, config, (z, c), expected, truncation_psi=0.7)
    for name, config in families.DISCRIMINATORS.items():
        single = families.build(config)
        img, c = families.images(config, ROWS), families.labels(single, ROWS)
        # Every replica has its own minibatch statistics.
        parts = [single(img[rows], None if c is None else c[rows]) for rows in (slice(0, 2), slice(2, 4))]
        found[f"D {name}"] = _difference(strategy, single, config, (img, c), np.concatenate(parts))
    print(json.dumps(found))


def _difference(strategy, single, config, inputs, expected, **options) -> float:
    with strategy.scope():
        model = families.build(config)
        model.set_weights(single.get_weights())

    def replica(*parts):
        with tf.GradientTape() as tape:
            out = model(*parts, **options)
            loss = tf.reduce_sum(out * out)
        variables = [variable.value for variable in model.trainable_variables]
        gradients = [g for g in tape.gradient(loss, variables) if g is not None]
        return out, tf.add_n([tf.reduce_sum(g * g) for g in gradients])

    values = [
        None
        if array is None
        else strategy.experimental_distribute_values_from_function(
            lambda context, array=array: tf.constant(np.split(array, 2)[context.replica_id_in_sync_group])
        )
        for array in inputs
    ]
    out, squares = tf.function(lambda *v: strategy.run(replica, args=v))(*values)
    joined = np.concatenate([part.numpy() for part in strategy.experimental_local_results(out)])
    norms = [float(part) for part in strategy.experimental_local_results(squares)]
    assert all(np.isfinite(norms)) and min(norms) > 0, norms
    return float(np.abs(joined - expected).max() / np.abs(expected).max())


if __name__ == "__main__":
    main()
