"""StyleGAN3 (Karras et al. 2021, "Alias-Free Generative Adversarial Networks")."""

import functools
import math
from dataclasses import dataclass
from typing import ClassVar

from tfstylegan.configs import checks


@dataclass(frozen=True)
class LayerSpec:
    """Sampling rates, bandwidths and sizes of a synthesis layer. Frequencies are in cycles per image width."""

    name: str  # L{index}_{out_size}_{out_channels}
    is_torgb: bool
    is_critically_sampled: bool  # no room between bandwidth and sampling rate
    in_channels: int
    out_channels: int
    in_size: int  # side in pixels, margin included
    out_size: int
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

    @property
    def tmp_sampling_rate(self) -> int:
        """The rate at which the nonlinearity acts."""
        return self.in_sampling_rate * self.up

    @property
    def padding(self) -> tuple[int, int]:
        """Pixels before and after, the same for both axes, at the nonlinearity's rate; negative crops.

        What makes a full convolution and the resampling of ``in_size`` pixels end at ``out_size``.
        """
        wanted = (self.out_size - 1) * self.down + 1
        there = (self.in_size + self.conv_kernel - 1) * self.up
        total = wanted - there + self.up_taps + self.down_taps - 2
        before = (total + self.up) // 2
        return before, total - before


@dataclass(frozen=True)
class StyleGAN3:
    """Hyperparameters of a StyleGAN3 generator. The defaults are the published configuration T.

    Configuration R is ``conv_kernel=1, use_radial_filters=True`` with twice ``channel_base`` and ``channel_max``.
    """

    img_resolution: int = 256  # side of the image in pixels, a power of two from 4 up
    img_channels: int = 3  # 1 grayscale, 3 RGB, 4 RGBA
    z_dim: int = 512  # latent size; 0 for a generator driven by labels only
    c_dim: int = 0  # label size; 0 is unconditional
    w_dim: int = 512  # intermediate latent size
    channel_base: int = 32768  # channels = min(channel_base / 2 / cutoff, channel_max)
    channel_max: int = 512
    num_layers: int = 14  # synthesis layers before ToRGB
    num_critical: int = 2  # of them, at the end, sampled without room for a transition band
    first_cutoff: float = 2.0  # bandwidth of the first layer, in cycles per image width
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
        checks.power_of_two(self, "img_resolution", least=4)
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
        if self.channel_base < self.img_resolution:
            raise ValueError(
                f"StyleGAN3: channel_base={self.channel_base} leaves no channel "
                f"at img_resolution={self.img_resolution}; use {self.img_resolution} or more"
            )
        if self.first_cutoff >= self.img_resolution / 2:
            raise ValueError(
                f"StyleGAN3: first_cutoff={self.first_cutoff} must be below half of "
                f"img_resolution={self.img_resolution}, where the last layer's cutoff lies"
            )
        if self.last_stopband_rel < 1:
            raise ValueError(
                f"StyleGAN3: last_stopband_rel must be 1 or more, for the last stopband not to lie below its cutoff; "
                f"got {self.last_stopband_rel}"
            )

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
        last = self.img_resolution / 2
        return float(self.first_cutoff * (last / self.first_cutoff) ** self._progress(index))

    def stopband(self, index: int) -> float:
        """Frequency above which layer ``index`` leaves nothing."""
        last = self.img_resolution / 2 * self.last_stopband_rel
        return float(self.first_stopband * (last / self.first_stopband) ** self._progress(index))

    def sampling_rate(self, index: int) -> int:
        """Pixels per image width after layer ``index``: the power of two that holds the stopband."""
        needed = min(2 * self.stopband(index), self.img_resolution)
        return 2 ** math.ceil(math.log2(needed))

    def half_width(self, index: int) -> float:
        """Half the transition band of layer ``index``: from the cutoff to the stopband, or to all that fits."""
        return max(self.stopband(index), self.sampling_rate(index) / 2) - self.cutoff(index)

    def size(self, index: int) -> int:
        """Side of layer ``index``'s output in pixels."""
        if index >= self.num_layers - 1:
            return self.img_resolution
        return self.sampling_rate(index) + 2 * self.margin_size

    def channels(self, index: int) -> int:
        """Channels after layer ``index``."""
        if index == self.num_layers:
            return self.img_channels
        return round(min(self.channel_base / 2 / self.cutoff(index), self.channel_max))

    def _progress(self, index: int) -> float:
        return min(index / (self.num_layers - self.num_critical), 1.0)

    def _layer(self, index: int) -> LayerSpec:
        before = max(index - 1, 0)
        is_torgb = index == self.num_layers
        in_rate, out_rate = self.sampling_rate(before), self.sampling_rate(index)
        tmp_rate = max(in_rate, out_rate) * (1 if is_torgb else self.lrelu_upsampling)
        up, down = round(tmp_rate / in_rate), round(tmp_rate / out_rate)
        is_critically_sampled = index >= self.num_layers - self.num_critical
        return LayerSpec(
            name=f"L{index}_{self.size(index)}_{self.channels(index)}",
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
