"""Decay of the exponential moving average of the generator (Karras et al. 2018, section 4.3 and appendix A)."""


def ema_beta(batch_size: int, cur_nimg: int, ema_kimg: float, ema_rampup: float | None) -> float:
    """Decay of one step: ``0.5^(batch / nimg)``, so that a weight loses half its influence in ``nimg`` images.

    Args:
      batch_size: images per step.
      cur_nimg: images shown before this step.
      ema_kimg: half-life in thousands of images.
      ema_rampup: bound on the half-life, as a share of ``cur_nimg``; None is none.
    """
    nimg = ema_kimg * 1000
    if ema_rampup is not None:
        nimg = min(nimg, cur_nimg * ema_rampup)
    return 0.5 ** (batch_size / max(nimg, 1e-8))


def step_decay(step: int, decay: float, dynamic: bool = False, start_step: int = 0) -> float:
    """Decay of one step for an average that is counted in steps, as tensorflow-addons' MovingAverage counts.

    Args:
      step: steps before this one.
      decay: of a step, once the average is old.
      dynamic: bounds the decay by ``(1 + t) / (10 + t)`` in the t-th step from ``start_step`` on, so that the first
        values are soon forgotten.
      start_step: before it there is no average: the decay is 0.
    """
    t = step - start_step
    if t < 0:
        return 0.0
    return min(decay, (1 + t) / (10 + t)) if dynamic else decay
