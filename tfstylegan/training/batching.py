"""Which samples of a global batch go to which replica."""

import numpy as np


def replica_order(batch_size: int, replicas: int, group_size: int | None) -> np.ndarray:
    """An order of the global batch whose contiguous parts, one per replica, keep minibatch stddev groups whole.

    Minibatch stddev puts sample n of N into group ``n mod (N / G)``. A replica gets all members of its groups, in
    an order in which the same rule forms the same groups of its part, so that any number of replicas computes
    what one would.

    Args:
      batch_size: N, over all replicas.
      replicas: number of replicas; N must be a multiple.
      group_size: G, or None for no constraint.

    Returns:
      int64 ``[N]``: replica r's samples are ``order[r * N / replicas :][: N / replicas]``.

    Raises:
      ValueError: if the groups do not divide over the replicas.
    """
    if batch_size % replicas:
        raise ValueError(f"a batch of {batch_size} does not divide over {replicas} devices")
    if group_size is None or replicas == 1:
        return np.arange(batch_size)
    group_size = min(group_size, batch_size)
    groups, rest = divmod(batch_size, group_size)
    if rest or groups % replicas:
        raise ValueError(
            f"a batch of {batch_size} over {replicas} devices cannot keep minibatch stddev groups of {group_size} "
            f"whole: each device needs a multiple of {group_size} samples (mbstd_group_size)"
        )
    members = np.arange(batch_size).reshape(group_size, replicas, groups // replicas)
    return members.transpose(1, 0, 2).reshape(-1)
