"""Minibatch standard deviation: lets a discriminator see how varied a batch is."""

from keras import ops as kops


def minibatch_stddev(x, group_size: int | None = 4, num_channels: int = 1):
    """Appends, as constant channels, the standard deviation over groups of samples.

    Sample ``n`` of ``N`` belongs to group ``n mod (N / G)``: the members of a group are ``N / G`` apart
    (Karras et al. 2018, "Progressive Growing of GANs", section 3).

    Args:
      x: ``[N, H, W, C]``.
      group_size: G, samples in a group; clipped to the batch size. None puts the whole batch into one group.
      num_channels: F, the number of channels appended; C must be a multiple.

    Returns:
      ``[N, H, W, C + F]``.

    Raises:
      ValueError: if C is not a multiple of F, or a static N not one of G.
    """
    _, height, width, channels = x.shape
    if channels % num_channels:
        raise ValueError(f"{channels} channels do not split into num_channels={num_channels} statistics")
    static_batch = x.shape[0]
    batch = kops.shape(x)[0] if static_batch is None else static_batch
    if static_batch is None:
        group = batch if group_size is None else kops.minimum(batch, group_size)
    else:
        group = batch if group_size is None else min(batch, group_size)
        if group and batch % group:
            raise ValueError(
                f"a batch of {batch} does not split into groups of {group} for the minibatch standard deviation; "
                f"use a multiple, or another mbstd_group_size"
            )
    # [N, H, W, C] -> [G, M, H, W, F, C/F], member index slow; pooled over H, W and C/F to [M, F].
    per_statistic = channels // num_channels
    y = kops.reshape(x, [group, -1, height * width, num_channels, per_statistic])
    y = y - kops.mean(y, axis=0, keepdims=True)
    y = kops.sqrt(kops.mean(y * y, axis=0) + 1e-8)
    y = kops.mean(y, axis=[1, 3])
    # Sample n gets row n mod M.
    y = kops.tile(y, [group, 1])
    y = kops.reshape(y, [-1, 1, 1, num_channels])
    y = y * kops.ones([1, height, width, 1], dtype=y.dtype)
    return kops.concatenate([x, y], axis=-1)
