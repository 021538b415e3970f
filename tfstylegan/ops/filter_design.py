"""Low-pass filters by the window method (Karras et al. 2021, "Alias-Free Generative Adversarial Networks", appendix C).

All in float64 NumPy; the filters are constants of a network.
"""

import numpy as np


def design_lowpass_filter(
    numtaps: int, cutoff: float, width: float, fs: float, radial: bool = False
) -> np.ndarray | None:
    """An ideal low-pass filter under a Kaiser window, with unit gain for a constant.

    Args:
      numtaps: filter length; 1 is the identity.
      cutoff: bandwidth kept, in cycles per unit of length (as are all frequencies here).
      width: of the transition band around ``cutoff``; the window's shape follows from it.
      fs: sampling rate.
      radial: take the ideal response that is circularly symmetric, a jinc, not separable.

    Returns:
      float32 ``[numtaps]`` for a separable filter, ``[numtaps, numtaps]`` for a radial one, None for the identity.

    Raises:
      ValueError: if ``numtaps`` is below 1, or a frequency is not positive (``width`` may be zero).
    """
    if numtaps < 1:
        raise ValueError(f"numtaps must be 1 or more; got {numtaps}")
    for name, value in (("cutoff", cutoff), ("fs", fs)):
        if not value > 0:
            raise ValueError(f"{name} must be above 0; got {value}")
    if not width >= 0:
        raise ValueError(f"width must not be negative; got {width}")
    if numtaps == 1:
        return None
    window = np.kaiser(numtaps, kaiser_beta(kaiser_attenuation(numtaps, width / (fs / 2))))
    positions = (np.arange(numtaps) - (numtaps - 1) / 2) / fs
    if radial:
        f = _jinc(np.hypot(*np.meshgrid(positions, positions)), cutoff) * np.outer(window, window)
    else:
        f = np.sinc(2 * cutoff * positions) * window
    return (f / f.sum()).astype(np.float32)


def kaiser_attenuation(numtaps: int, width: float) -> float:
    """Stopband attenuation in dB that ``numtaps`` taps reach (Kaiser's formula).

    Args:
      numtaps: filter length.
      width: of the transition band, relative to half the sampling rate.
    """
    return 2.285 * (numtaps - 1) * np.pi * width + 7.95


def kaiser_beta(attenuation: float) -> float:
    """The Kaiser window's shape parameter for a stopband attenuation in dB."""
    if attenuation > 50:
        return 0.1102 * (attenuation - 8.7)
    if attenuation > 21:
        return 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21)
    return 0.0


def bessel_j1(x) -> np.ndarray:
    """Bessel function of the first kind of order one, to float64 rounding.

    Bessel's integral, the mean of cos(t - x sin t) over a period, by the trapezoidal rule. For a periodic function
    that rule with n points is wrong only by the Bessel functions of order n ± 1 and above, which are negligible once
    n is well above abs(x).
    """
    x = np.asarray(x, np.float64)
    points = int(np.abs(x).max(initial=0.0) * 1.25) + 50
    t = 2 * np.pi * np.arange(points) / points
    return np.cos(t - x[..., None] * np.sin(t)).mean(axis=-1)


def _jinc(radius: np.ndarray, cutoff: float) -> np.ndarray:
    """Impulse response of the ideal circular low-pass filter, ``J1(2 pi cutoff r) / (pi r) * cutoff``, up to scale."""
    safe = np.where(radius > 0, radius, 1.0)
    # At the centre, J1(z) / z tends to 1/2.
    return np.where(radius > 0, bessel_j1(2 * np.pi * cutoff * safe) / (np.pi * safe), cutoff)
