"""Changes of colour."""

import numpy as np
from keras import ops as kops

# Luma, and the two axes of chroma, of red, green and blue (NTSC 1953, to the digits that tensorflow-addons uses).
RGB_TO_YIQ = np.array([[0.299, 0.587, 0.114], [0.596, -0.274, -0.322], [0.211, -0.523, 0.312]])


def adjust_hsv_in_yiq(images, delta_hue=0.0, scale_saturation=1.0, scale_value=1.0):
    """Rotates the hue and scales saturation and brightness: one linear map of the colours.

    In YIQ the pair (I, Q) is rotated by ``delta_hue`` and multiplied by ``scale_saturation * scale_value``, Y by
    ``scale_value``. Nothing is clipped.

    Args:
      images: ``[N, H, W, 3]`` RGB, floating point, black at 0.
      delta_hue: radians, a number or ``[N]``.
      scale_saturation, scale_value: factors, a number or ``[N]`` each.

    Returns:
      ``[N, H, W, 3]`` of the images' type.

    Raises:
      ValueError: if there are not three channels.
    """
    if len(images.shape) != 4 or images.shape[3] != 3:
        raise ValueError(f"images must be [N, H, W, 3], red, green and blue; got shape {tuple(images.shape)}")
    hue, saturation, value = (
        kops.reshape(kops.convert_to_tensor(a, dtype="float32"), [-1])
        for a in (delta_hue, scale_saturation, scale_value)
    )
    chroma = saturation * value
    cos, sin = chroma * kops.cos(hue), chroma * kops.sin(hue)
    zero = kops.zeros_like(cos)
    in_yiq = kops.stack([value + zero, zero, zero, zero, cos, -sin, zero, sin, cos], axis=1)  # [N or 1, 9], rows first
    to_yiq, to_rgb = RGB_TO_YIQ.astype(np.float32), np.linalg.inv(RGB_TO_YIQ).astype(np.float32)
    matrices = kops.matmul(kops.matmul(to_rgb, kops.reshape(in_yiq, [-1, 3, 3])), to_yiq)
    height, width = images.shape[1:3]
    pixels = kops.reshape(images, [-1, height * width, 3])
    adjusted = kops.matmul(pixels, kops.cast(kops.transpose(matrices, [0, 2, 1]), images.dtype))
    return kops.reshape(adjusted, [-1, height, width, 3])
