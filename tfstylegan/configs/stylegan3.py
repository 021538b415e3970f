"""StyleGAN3 (Karras et al. 2021, "Alias-Free Generative Adversarial Networks")."""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

from tfstylegan.configs import checks
from tfstylegan.configs.resolution import Resolution, check_sides, either_of, longer_side, multiples_of, size_of


@dataclass(frozen=True)
class LayerSpec:
    """Sampling rates, bandwidths and sizes of a synthesis layer. Frequencies are in cycles per unit of length."""

    name: str  # L{index}_{out_size}_{out_channels}; the size is a side, or HxW
    is_torgb: bool
    is_critically_sampled: bool  # no room between bandwidth and sampling rate
    in_channels: int
    out_channels: int
    in_size: tuple[int, int]  # (height, width) in pixels, margin included
    out_size: tuple[int, int]
    in_sampling_rate: int
    out_sampling_rate: int
    in_cutoff: float
    out_cutoff: float
    in_half_width: float  # of the transition band
    out_half_width: float
    conv_kernel: int
    up: int  # to the rate of the nonlinearity
    down: int  # and back
    up_taps: int  # 1 is no filter
    down_taps: int
    down_radial: bool

    def __post_init__(self):
        for name in ("in_size", "out_size"):  # lists, if they come from a file
            object.__setattr__(self, name, tuple(getattr(self, name)))

    @property
    def tmp_sampling_rate(self) -> int:
        """The rate at which the nonlinearity acts."""
        return self.in_sampling_rate * self.up

    @property
    def padding(self) -> tuple[int, int, int, int]:
        """Pixels (x_before, x_after, y_before, y_after) at the nonlinearity's rate; negative crops.

        What makes a full convolution and the resampling of ``in_size`` pixels end at ``out_size``.
        """
        return (*self._padding(axis=1), *self._padding(axis=0))

    def _padding(self, axis: int) -> tuple[int, int]:
        wanted = (self.out_size[axis] - 1) * self.down + 1
        there = (self.in_size[axis] + self.conv_kernel - 1) * self.up
        total = wanted - there + self.up_taps + self.down_taps - 2
        before = (total + self.up) // 2
        return before, total - before


@dataclass(frozen=True)
class StyleGAN3:
    """Hyperparameters of a StyleGAN3 generator. The defaults are the published configuration T.

    Configuration R is ``conv_kernel=1, use_radial_filters=True`` with twice ``channel_base`` and ``channel_max``.

    The unit of length is ``unit`` pixels of the image, the smallest power of two that holds its longer side. The
    schedule of rates and bandwidths is that of a square image of this side, so that filters are the published ones; an
    image of (height, width) pixels is height / unit by width / unit units large. As published, it is one unit wide.
    """

    img_resolution: Resolution = 256  # side in pixels, as published a power of two from 4 up; or (height, width)
    img_channels: int = 3  # 1 grayscale, 3 RGB, 4 RGBA
    z_dim: int = 512  # latent size; 0 for a generator driven by labels only
    c_dim: int = 0  # label size; 0 is unconditional
    w_dim: int = 512  # intermediate latent size
    channel_base: int = 32768  # channels = min(channel_base / 2 / cutoff, channel_max)
    channel_max: int = 512
    num_layers: int = 14  # synthesis layers before ToRGB
    num_critical: int = 2  # of them, at the end, sampled without room for a transition band
    first_cutoff: float = 2.0  # bandwidth of the first layer, in cycles per unit of length
    first_stopband: float = 2**2.1  # where the first layer's content has to be gone
    last_stopband_rel: float = 2**0.3  # the last layer's stopband, relative to its cutoff
    margin_size: int = 10  # pixels that every layer keeps beyond the image's edges
    output_scale: float = 0.25  # from activations of unit variance to images in [-1, 1]
    conv_kernel: int = 3  # side of the kernels: 3 in T, 1 in R
    filter_size: int = 6  # taps of the low-pass filters, relative to the factor of resampling
    lrelu_upsampling: int = 2  # the nonlinearity acts at so many times the sampling rate
    use_radial_filters: bool = False  # radially symmetric downsampling filters, for equivariance to rotation
    conv_clamp: float | None = 256.0  # bound on activations, for half precision
    magnitude_ema_beta: float = 0.999  # decay of the running mean square of activations
    mapping_layers: int = 2
    mapping_lr_multiplier: float = 0.01
    w_avg_beta: float = 0.998  # decay of the running mean of w

    # Every layer of this family's mapping network is w_dim wide.
    mapping_embed_features: ClassVar[int | None] = None
    mapping_layer_features: ClassVar[int | None] = None

    def __post_init__(self):
        check_sides(self)
        checks.positive(self, "img_channels", "w_dim", "channel_base", "channel_max", "num_layers")
        checks.positive(self, "first_cutoff", "first_stopband", "last_stopband_rel", "output_scale")
        checks.positive(self, "conv_kernel", "filter_size", "lrelu_upsampling", "mapping_lr_multiplier")
        checks.not_negative(self, "c_dim", "z_dim", "margin_size", "mapping_layers")
        checks.within(self, "num_critical", 0, self.num_layers - 1)
        checks.within(self, "w_avg_beta", 0, 1)
        checks.within(self, "magnitude_ema_beta", 0, 1)
        if self.conv_clamp is not None:
            checks.positive(self, "conv_clamp")
        if self.z_dim == 0 and self.c_dim == 0:
            raise ValueError("StyleGAN3: z_dim and c_dim are both 0: the generator would have no input")
        if self.channel_base < self.unit:
            raise ValueError(
                f"StyleGAN3: channel_base={self.channel_base} leaves no channel "
                f"at img_resolution={self.img_resolution}; use {self.unit} or more"
            )
        if self.first_cutoff >= self.unit / 2:
            raise ValueError(
                f"StyleGAN3: first_cutoff={self.first_cutoff} must be below {self.unit / 2:g}, where the last layer's "
                f"cutoff lies at img_resolution={self.img_resolution}"
            )
        if self.last_stopband_rel < 1:
            raise ValueError(
                f"StyleGAN3: last_stopband_rel must be 1 or more, for the last stopband not to lie below its cutoff; "
                f"got {self.last_stopband_rel}"
            )
        self._check_grid()

    @property
    def unit(self) -> int:
        """Pixels of the image in a unit of length: the smallest power of two that holds the longer side."""
        return 1 << (longer_side(self.img_resolution) - 1).bit_length()

    @property
    def num_ws(self) -> int:
        """Number of style inputs: one for the input, one for every layer, ToRGB included."""
        return self.num_layers + 2

    @functools.cached_property
    def layers(self) -> tuple[LayerSpec, ...]:
        """The synthesis layers, ToRGB last: geometric progression of cutoff and stopband (section 3.2)."""
        return tuple(self._layer(index) for index in range(self.num_layers + 1))

    def cutoff(self, index: int) -> float:
        """Bandwidth after layer ``index``; ``num_layers`` is ToRGB."""
        last = self.unit / 2
        return float(self.first_cutoff * (last / self.first_cutoff) ** self._progress(index))

    def stopband(self, index: int) -> float:
        """Frequency above which layer ``index`` leaves nothing."""
        last = self.unit / 2 * self.last_stopband_rel
        return float(self.first_stopband * (last / self.first_stopband) ** self._progress(index))

    def sampling_rate(self, index: int) -> int:
        """Pixels per unit of length after layer ``index``: the power of two that holds the stopband."""
        needed = min(2 * self.stopband(index), self.unit)
        return 2 ** math.ceil(math.log2(needed))

    def half_width(self, index: int) -> float:
        """Half the transition band of layer ``index``: from the cutoff to the stopband, or to all that fits."""
        return max(self.stopband(index), self.sampling_rate(index) / 2) - self.cutoff(index)

    def size(self, index: int) -> tuple[int, int]:
        """(height, width) of layer ``index``'s output in pixels, margins included, which the last two have none of."""
        height, width = size_of(self.img_resolution)
        if index >= self.num_layers - 1:
            return height, width
        rate, margins = self.sampling_rate(index), 2 * self.margin_size
        return rate * height // self.unit + margins, rate * width // self.unit + margins

    def channels(self, index: int) -> int:
        """Channels after layer ``index``."""
        if index == self.num_layers:
            return self.img_channels
        return round(min(self.channel_base / 2 / self.cutoff(index), self.channel_max))

    def _check_grid(self) -> None:
        """Requires the image to be whole pixels at every rate, so that all layers see the same part of the plane."""
        lowest = min(self.sampling_rate(0), self.sampling_rate(self.num_layers))  # rates rise or fall throughout
        step = self.unit // max(lowest, 1)
        sides = size_of(self.img_resolution)
        if any(side % step for side in sides):
            nearest = either_of([multiples_of(step, sides, up) for up in (False, True)])
            raise ValueError(
                f"StyleGAN3: img_resolution={self.img_resolution} is no whole number of pixels at the lowest sampling "
                f"rate, where a pixel is {step} of the image's: {nearest} would be"
            )

    def _progress(self, index: int) -> float:
        return min(index / (self.num_layers - self.num_critical), 1.0)

    def _layer(self, index: int) -> LayerSpec:
        before = max(index - 1, 0)
        is_torgb = index == self.num_layers
        in_rate, out_rate = self.sampling_rate(before), self.sampling_rate(index)
        tmp_rate = max(in_rate, out_rate) * (1 if is_torgb else self.lrelu_upsampling)
        up, down = round(tmp_rate / in_rate), round(tmp_rate / out_rate)
        is_critically_sampled = index >= self.num_layers - self.num_critical
        height, width = self.size(index)
        size = height if height == width else f"{height}x{width}"
        return LayerSpec(
            name=f"L{index}_{size}_{self.channels(index)}",
            is_torgb=is_torgb,
            is_critically_sampled=is_critically_sampled,
            in_channels=self.channels(before),
            out_channels=self.channels(index),
            in_size=self.size(before),
            out_size=self.size(index),
            in_sampling_rate=in_rate,
            out_sampling_rate=out_rate,
            in_cutoff=self.cutoff(before),
            out_cutoff=self.cutoff(index),
            in_half_width=self.half_width(before),
            out_half_width=self.half_width(index),
            conv_kernel=1 if is_torgb else self.conv_kernel,
            up=up,
            down=down,
            up_taps=self.filter_size * up if up > 1 and not is_torgb else 1,
            down_taps=self.filter_size * down if down > 1 and not is_torgb else 1,
            down_radial=self.use_radial_filters and not is_critically_sampled,
        )
