"""StyleGAN3's modulated convolution (Karras et al. 2021, "Alias-Free Generative Adversarial Networks", section 3.1)."""

from keras import ops as kops

from tfstylegan.ops.style_epilogue import scale_channels
from tfstylegan.ops.upfirdn2d import Padding, as_padding, pad_or_crop


def modulated_conv2d_sg3(x, kernel, styles, demodulate: bool = True, padding: Padding = 0, input_gain=None):
    """Convolution whose input channels are scaled per sample, with normalised kernel and styles and an input gain.

    As in StyleGAN2 every output channel is demodulated to unit variance, here from a kernel that has unit mean
    square per output channel and styles that have it over the batch. The input gain is not demodulated away: it
    carries the running magnitude of ``x``, in place of the data-dependent normalisation. As in
    :func:`tfstylegan.ops.modulated_conv2d` no kernel is made per sample: everything that depends on the sample, and
    the kernel's normalisation with it, scales activations before and after one convolution.

    Args:
      x: ``[N, H, W, in]``.
      kernel: ``[kh, kw, in, out]``, raw.
      styles: ``[N, in]``.
      demodulate: normalise kernel and styles, and scale outputs to unit variance for unit-variance input.
      padding: zeros around ``x``: a number, (x, y), or (x_before, x_after, y_before, y_after).
      input_gain: factor on ``x``: scalar, ``[in]`` or ``[N, in]``; None is one.

    Returns:
      ``[N, H', W', out]``.
    """
    coefficients = None
    if demodulate:
        styles = styles * kops.rsqrt(kops.mean(styles * styles))
        coefficients = _demodulation(kernel, styles)
    if input_gain is not None:
        styles = styles * input_gain
    x = pad_or_crop(scale_channels(x, styles), as_padding(padding))
    x = kops.conv(x, kernel, padding="valid")
    return x if coefficients is None else scale_channels(x, coefficients)


def _demodulation(kernel, styles, eps: float = 1e-8):
    """Factor of every sample and output channel ``[N, out]``: the kernel's normalisation times demodulation.

    With the kernel normalised to w' = w / rms(w), it is w'/w * 1 / sqrt(sum of (w' * style)² + eps).
    """
    kh, kw, channels, _ = kernel.shape
    energy = kops.sum(kernel * kernel, axis=[0, 1])  # [in, out]
    mean_square = kops.sum(energy, axis=0) * (1.0 / (kh * kw * channels))  # [out]
    modulated = kops.matmul(styles * styles, energy)  # [N, out], of the raw kernel
    # 1/rms * rsqrt(modulated / rms² + eps) = rsqrt(modulated + eps * rms²)
    return kops.rsqrt(modulated + eps * mean_square)
