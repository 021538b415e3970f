"""The smallest run that uses everything."""

from dataclasses import replace

import numpy as np
import tensorflow as tf

from tfstylegan import configs, data
from tfstylegan.training.loop import train
from tfstylegan.training.run_directory import RunDirectory

SIZES = {"img_resolution": 16, "channel_base": 128, "channel_max": 8}


def tiny_config(**training) -> configs.RunConfig:
    """16 px, 8 channels, batches of 8, every regulariser on."""
    return configs.RunConfig(
        data=configs.DataConfig("builtin:faces", count=24),
        generator=configs.StyleGAN2(**SIZES, z_dim=8, w_dim=8, mapping_layers=2),
        discriminator=configs.StyleGAN2Discriminator(**SIZES),
        training=replace(
            configs.TrainingConfig(
                total_kimg=0.064, batch_size=8, g_reg_interval=2, d_reg_interval=3, kimg_per_tick=0.016, mirror=True,
                image_snapshot_ticks=2, network_snapshot_ticks=2, ema_kimg=0.02,
            ),
            **training,
        ),
    )  # fmt: skip


def open_source(config: configs.RunConfig):
    return data.open_source(config.data.source, config.generator.img_resolution, count=config.data.count)


def run_training(config: configs.RunConfig, path, **options):
    """Trains in this process on one CPU device."""
    strategy = tf.distribute.MirroredStrategy(["/cpu:0"])
    with open_source(config) as source:
        return train(config, source, RunDirectory(path), strategy, **options)


def final_arrays(path) -> dict[str, np.ndarray]:
    """The newest checkpoint's arrays."""
    from tfstylegan.training import checkpoint

    return checkpoint.load_newest(RunDirectory(path).checkpoints, print).arrays


def assert_same_arrays(first: dict, second: dict) -> None:
    """Bit for bit."""
    assert set(first) == set(second)
    different = [name for name in first if not np.array_equal(first[name], second[name])]
    assert not different, different
