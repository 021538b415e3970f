"""Devices and distribution."""

import tensorflow as tf

from tfstylegan.errors import UserError


def create_strategy(gpus: int | None = None, cpu_devices: int = 1) -> tf.distribute.MirroredStrategy:
    """A MirroredStrategy over the GPUs asked for, or over the CPU.

    Args:
      gpus: number of GPUs; 0 uses the CPU, None all GPUs there are, or the CPU if there is none.
      cpu_devices: logical devices to make of the CPU when no GPU is used. More than one is slower, and is there
        to try a run on several devices without having them.

    Raises:
      UserError: if there are fewer GPUs, or TensorFlow is already running with other devices.
    """
    physical = tf.config.list_physical_devices("GPU")
    if gpus is None:
        gpus = len(physical)
    if gpus > len(physical):
        raise UserError(f"--gpus={gpus}: TensorFlow sees {len(physical)} GPU(s); --gpus=0 trains on the CPU")
    if gpus > 0:
        for gpu in physical:
            tf.config.experimental.set_memory_growth(gpu, True)
        return tf.distribute.MirroredStrategy([f"/gpu:{index}" for index in range(gpus)])
    if cpu_devices > 1:
        make_logical_cpus(cpu_devices)
    return tf.distribute.MirroredStrategy([f"/cpu:{index}" for index in range(cpu_devices)])


def make_logical_cpus(count: int) -> None:
    """Splits the CPU into logical devices; must come before TensorFlow's first operation.

    Raises:
      UserError: if TensorFlow already runs with fewer.
    """
    cpu = tf.config.list_physical_devices("CPU")[0]
    try:
        tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
    except RuntimeError as error:
        if len(tf.config.list_logical_devices("CPU")) < count:
            raise UserError(f"TensorFlow already runs with fewer than {count} logical CPU devices") from error
