/* filtered_lrelu: bias, up-FIR, leaky ReLU, down-FIR, without the upsampled image in memory.
 *
 * A block makes a tile of the output for 8 channels. What it needs of the input and of the upsampled image is in shared
 * memory, in two buffers that the steps use in turn, [row, column, channel]:
 *
 *   1. first  <- x + b, zero outside of the image        in_tile_h x in_tile_w
 *   2. second <- up along x                               in_tile_h x mid_w
 *   3. first  <- up along y, leaky ReLU; codes            mid_h x mid_w
 *   4. second <- down along x                             mid_h x tile_w
 *   5. y      <- down along y                             tile_h x tile_w
 *
 * A 2-D filter skips step 2 or 4. Rows of the buffers are an odd number of pixels apart, so that the lanes of a warp in
 * steps 2 and 4, 8 channels of 4 rows, are in different banks.
 *
 * Threads make several neighbouring elements from one window of registers, so that they multiply more than they load.
 * This needs the number of taps at compile time. */
#ifndef TFSTYLEGAN_CUDA_FILTERED_LRELU_CUH_
#define TFSTYLEGAN_CUDA_FILTERED_LRELU_CUH_

#include "upfirdn2d.cuh"

namespace tfsg {

constexpr int kGroup = 8; /* channels of a block */

/* The tile of this block. */
struct Tile {
  i64 n, channel, out_y, out_x;
  int phase_y, phase_x; /* of the first output in the tile's part of the upsampled image, which begins at a sample */
  i64 mid_y, mid_x;     /* where that part begins; may be before the image */
  i64 in_y, in_x;       /* the sample there */

  TFSG_DEVICE explicit Tile(const FilteredLreluParameters& p) {
    i64 block = blockIdx.x;
    out_x = block % p.tiles_x * p.tile_w;
    block /= p.tiles_x;
    out_y = block % p.tiles_y * p.tile_h;
    block /= p.tiles_y;
    channel = block % p.groups * kGroup;
    n = block / p.groups;
    in_y = floor_div(out_y * p.down - p.pad_y, p.up);
    in_x = floor_div(out_x * p.down - p.pad_x, p.up);
    mid_y = in_y * p.up + p.pad_y;
    mid_x = in_x * p.up + p.pad_x;
    phase_y = static_cast<int>(out_y * p.down - mid_y);
    phase_x = static_cast<int>(out_x * p.down - mid_x);
  }

  TFSG_DEVICE static i64 floor_div(i64 a, int b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }
};

/* Step 1, for `count` of the block's channels, from `first`. */
TFSG_DEVICE void load_tile(const FilteredLreluParameters& p, const Tile& at, float* to, int count = kGroup,
                           int first = 0) {
  const int items = p.in_tile_h * p.in_tile_w * count;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % count, x = item / count % p.in_tile_w, y = item / count / p.in_tile_w;
    const i64 row = at.in_y + y, column = at.in_x + x, channel = at.channel + first + c;
    float value = 0.f;
    if (row >= 0 && row < p.in_h && column >= 0 && column < p.in_w && channel < p.channels) {
      value = load_any(p.dtype, p.x, ((at.n * p.in_h + row) * p.in_w + column) * p.channels + channel);
      if (p.b && !p.read_codes) value += load_any(p.dtype, p.b, channel);
    }
    to[(y * p.in_pitch + x) * count + c] = value;
  }
}

/* The leaky ReLU of the element t at (y, x) of the tile's part of the upsampled image, and its code: read, or written
 * by the tile that owns it. All lanes of a warp must call it together; `valid` says whether this one has an element. Of the
 * block's channels `count` are worked on at a time, by so many neighbouring lanes; this lane on number first + c. */
TFSG_DEVICE float activate_with_code(const FilteredLreluParameters& p, const Tile& at, float t, int y, int x, int c,
                                     bool valid, int count = kGroup, int first = 0) {
  const i64 row = at.mid_y + y, column = at.mid_x + x;
  const i64 code_y = row + p.code_y0, code_x = column + p.code_x0;
  const bool coded = p.codes && valid && code_y >= 0 && code_y < p.code_h && code_x >= 0 && code_x < p.code_w;
  const i64 channel_groups = (p.channels + 15) / 16;
  const i64 byte = (((at.n * channel_groups + at.channel / 16) * p.code_h + code_y) * p.code_w + code_x) * 4 +
                   (at.channel / 8) % 2;
  if (p.read_codes) {
    if (!coded) return 0.f;
    const int bit = 1 << (first + c);
    if (p.codes[byte + 2] & bit) return 0.f;
    return t * (p.codes[byte] & bit ? p.gain * p.slope : p.gain);
  }
  const bool negative = t < 0.f;
  const float s = (negative ? t * p.slope : t) * p.gain;
  const bool clipped = p.clamp >= 0.f && fabsf(s) > p.clamp;
  if (p.codes) {
    const bool known = at.channel + first + c < p.channels;
    const unsigned negatives = warp_ballot(valid && known && negative), clips = warp_ballot(valid && known && clipped);
    /* A tile owns the elements from its first output's to the next tile's; the last has what is left. */
    const bool first_y = row >= at.out_y * p.down, first_x = column >= at.out_x * p.down;
    const bool last_y = at.out_y + p.tile_h >= p.out_h || row < (at.out_y + p.tile_h) * p.down;
    const bool last_x = at.out_x + p.tile_w >= p.out_w || column < (at.out_x + p.tile_w) * p.down;
    if (coded && first_y && first_x && last_y && last_x && c == 0) {
      const int shift = threadIdx.x % 32 / count * count;
      const unsigned mask = (1u << count) - 1u;
      /* The channels before were worked on by the same thread, so that it finds what it has written. */
      const unsigned negatives_before = first ? p.codes[byte] : 0u, clips_before = first ? p.codes[byte + 2] : 0u;
      p.codes[byte] = static_cast<unsigned char>(negatives_before | (negatives >> shift & mask) << first);
      p.codes[byte + 2] = static_cast<unsigned char>(clips_before | (clips >> shift & mask) << first);
      if (at.channel % 16 == 0 && at.channel + kGroup >= p.channels) p.codes[byte + 1] = p.codes[byte + 3] = 0;
    }
  }
  return clip(s, p.clamp);
}

TFSG_DEVICE void write_output(const FilteredLreluParameters& p, const Tile& at, int y, int x, int c, float value) {
  const i64 row = at.out_y + y, column = at.out_x + x, channel = at.channel + c;
  if (row >= p.out_h || column >= p.out_w || channel >= p.channels) return;
  store_any(p.dtype, p.y, ((at.n * p.out_h + row) * p.out_w + column) * p.channels + channel, value);
}

/* How many items the loop over `items` has, so that all lanes of a warp take part in every round. */
TFSG_DEVICE int whole_warps(int items) { return (items + 31) / 32 * 32; }

constexpr int kSamples = 4; /* samples of a thread in steps 2 and 3 */
constexpr int kOutputs = 4; /* outputs of a thread in steps 4 and 5 */

/* An element of the upsampled line, `phase` after a sample: it meets every UP-th of the UP * PHASES taps. */
template <int UP, int PHASES>
TFSG_DEVICE float up_element(const float* taps, const float (&window)[kSamples + PHASES], int sample, int phase) {
  float sum = 0.f;
  const int first = (UP - phase) % UP;
  TFSG_UNROLL
  for (int i = 0; i < PHASES; ++i) sum += taps[first + i * UP] * window[sample + (phase > 0) + i];
  return sum;
}

/* Step 2. */
template <int UP, int PHASES>
TFSG_DEVICE void up_along_x(const FilteredLreluParameters& p, const float* from, float* to, const float* taps) {
  const int sets = p.mid_w / (UP * kSamples), items = sets * p.in_tile_h * kGroup;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % kGroup, y = item / kGroup % p.in_tile_h, set = item / kGroup / p.in_tile_h;
    float window[kSamples + PHASES];
    TFSG_UNROLL
    for (int i = 0; i < kSamples + PHASES; ++i) window[i] = from[(y * p.in_pitch + set * kSamples + i) * kGroup + c];
    TFSG_UNROLL
    for (int i = 0; i < kSamples * UP; ++i) {
      to[(y * p.mid_pitch + set * kSamples * UP + i) * kGroup + c] = up_element<UP, PHASES>(taps, window, i / UP, i % UP);
    }
  }
}

/* Step 3. */
template <int UP, int PHASES>
TFSG_DEVICE void up_along_y(const FilteredLreluParameters& p, const Tile& at, const float* from, float* to,
                            const float* taps) {
  const int sets = p.mid_h / (UP * kSamples), items = sets * p.mid_w * kGroup;
  for (int item = threadIdx.x; item < whole_warps(items); item += kThreads) {
    const bool valid = item < items;
    const int c = item % kGroup, x = item / kGroup % p.mid_w, set = valid ? item / kGroup / p.mid_w : 0;
    float window[kSamples + PHASES];
    TFSG_UNROLL
    for (int i = 0; i < kSamples + PHASES; ++i) window[i] = from[((set * kSamples + i) * p.mid_pitch + x) * kGroup + c];
    TFSG_UNROLL
    for (int i = 0; i < kSamples * UP; ++i) {
      const int y = set * kSamples * UP + i;
      const float t = up_element<UP, PHASES>(taps, window, i / UP, i % UP);
      const float s = activate_with_code(p, at, t, y, x, c, valid);
      if (valid) to[(y * p.mid_pitch + x) * kGroup + c] = s;
    }
  }
}

/* Steps 2 and 3 for a 2-D filter: a thread makes the UP x UP elements of one sample. */
template <int UP, int PHASES>
TFSG_DEVICE void up_2d(const FilteredLreluParameters& p, const Tile& at, const float* from, float* to,
                       const float* taps) {
  constexpr int kWidth = UP * PHASES;
  const int samples_x = p.mid_w / UP, items = samples_x * (p.mid_h / UP) * kGroup;
  for (int item = threadIdx.x; item < whole_warps(items); item += kThreads) {
    const bool valid = item < items;
    const int c = item % kGroup, x = item / kGroup % samples_x, y = valid ? item / kGroup / samples_x : 0;
    float sum[UP * UP];
    TFSG_UNROLL
    for (int i = 0; i < UP * UP; ++i) sum[i] = 0.f;
    TFSG_UNROLL
    for (int row = 0; row <= PHASES; ++row) {
      TFSG_UNROLL
      for (int column = 0; column <= PHASES; ++column) {
        const float sample = from[((y + row) * p.in_pitch + x + column) * kGroup + c];
        TFSG_UNROLL
        for (int i = 0; i < UP * UP; ++i) {
          const int ky = (UP - i / UP) % UP + (row - (i / UP > 0)) * UP;
          const int kx = (UP - i % UP) % UP + (column - (i % UP > 0)) * UP;
          if (ky >= 0 && ky < kWidth && kx >= 0 && kx < kWidth) sum[i] += taps[ky * kWidth + kx] * sample;
        }
      }
    }
    TFSG_UNROLL
    for (int i = 0; i < UP * UP; ++i) {
      const float s = activate_with_code(p, at, sum[i], y * UP + i / UP, x * UP + i % UP, c, valid);
      if (valid) to[((y * UP + i / UP) * p.mid_pitch + x * UP + i % UP) * kGroup + c] = s;
    }
  }
}

/* Step 4. */
template <int DOWN, int TAPS>
TFSG_DEVICE void down_along_x(const FilteredLreluParameters& p, const Tile& at, const float* from, float* to,
                              const float* taps) {
  const int sets = p.tile_w / kOutputs, items = sets * p.mid_h * kGroup;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % kGroup, y = item / kGroup % p.mid_h, set = item / kGroup / p.mid_h;
    const float* row = from + (y * p.mid_pitch + at.phase_x + set * kOutputs * DOWN) * kGroup + c;
    float sum[kOutputs];
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) sum[r] = 0.f;
    TFSG_UNROLL
    for (int i = 0; i < (kOutputs - 1) * DOWN + TAPS; ++i) {
      const float value = row[i * kGroup];
      TFSG_UNROLL
      for (int r = 0; r < kOutputs; ++r) {
        if (i - r * DOWN >= 0 && i - r * DOWN < TAPS) sum[r] += taps[i - r * DOWN] * value;
      }
    }
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) to[(y * p.out_pitch + set * kOutputs + r) * kGroup + c] = sum[r];
  }
}

/* Step 5. */
template <int DOWN, int TAPS>
TFSG_DEVICE void down_along_y(const FilteredLreluParameters& p, const Tile& at, const float* from, const float* taps) {
  const int sets = p.tile_h / kOutputs, items = sets * p.tile_w * kGroup;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % kGroup, x = item / kGroup % p.tile_w, set = item / kGroup / p.tile_w;
    const float* column = from + ((at.phase_y + set * kOutputs * DOWN) * p.out_pitch + x) * kGroup + c;
    float sum[kOutputs];
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) sum[r] = 0.f;
    TFSG_UNROLL
    for (int i = 0; i < (kOutputs - 1) * DOWN + TAPS; ++i) {
      const float value = column[i * p.out_pitch * kGroup];
      TFSG_UNROLL
      for (int r = 0; r < kOutputs; ++r) {
        if (i - r * DOWN >= 0 && i - r * DOWN < TAPS) sum[r] += taps[i - r * DOWN] * value;
      }
    }
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) write_output(p, at, set * kOutputs + r, x, c, sum[r]);
  }
}

/* Steps 4 and 5 for a 2-D filter. */
template <int DOWN, int TAPS>
TFSG_DEVICE void down_2d(const FilteredLreluParameters& p, const Tile& at, const float* from, const float* taps) {
  const int sets = p.tile_w / kOutputs, items = sets * p.tile_h * kGroup;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % kGroup, y = item / kGroup % p.tile_h, set = item / kGroup / p.tile_h;
    float sum[kOutputs];
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) sum[r] = 0.f;
    for (int k = 0; k < TAPS; ++k) {
      const int row = at.phase_y + y * DOWN + k;
      const float* first = from + (row * p.mid_pitch + at.phase_x + set * kOutputs * DOWN) * kGroup + c;
      TFSG_UNROLL
      for (int i = 0; i < (kOutputs - 1) * DOWN + TAPS; ++i) {
        const float value = first[i * kGroup];
        TFSG_UNROLL
        for (int r = 0; r < kOutputs; ++r) {
          if (i - r * DOWN >= 0 && i - r * DOWN < TAPS) sum[r] += taps[k * TAPS + i - r * DOWN] * value;
        }
      }
    }
    TFSG_UNROLL
    for (int r = 0; r < kOutputs; ++r) write_output(p, at, y, set * kOutputs + r, c, sum[r]);
  }
}

/* UP * PHASES taps up and TAPS taps down; shorter filters are filled up by zeros. */
template <int UP, int PHASES, bool UP_2D, int DOWN, int TAPS, bool DOWN_2D>
TFSG_DEVICE void filtered_lrelu(const FilteredLreluParameters& p) {
  constexpr int kUpTaps = UP * PHASES;
  const float *fu = p.taps, *fd = p.taps + (UP_2D ? kUpTaps * kUpTaps : 2 * kUpTaps);
  float *first = shared_floats(), *second = first + p.second;
  const Tile at(p);
  load_tile(p, at, first);
  barrier();
  if (UP_2D) {
    /* Here the upsampled image must not overwrite what it is made of. */
    up_2d<UP, PHASES>(p, at, first, second, fu);
    barrier();
    if (DOWN_2D) {
      down_2d<DOWN, TAPS>(p, at, second, fd);
    } else {
      down_along_x<DOWN, TAPS>(p, at, second, first, fd + TAPS);
      barrier();
      down_along_y<DOWN, TAPS>(p, at, first, fd);
    }
    return;
  }
  up_along_x<UP, PHASES>(p, first, second, fu + kUpTaps);
  barrier();
  up_along_y<UP, PHASES>(p, at, second, first, fu);
  barrier();
  if (DOWN_2D) {
    down_2d<DOWN, TAPS>(p, at, first, fd);
  } else {
    down_along_x<DOWN, TAPS>(p, at, first, second, fd + TAPS);
    barrier();
    down_along_y<DOWN, TAPS>(p, at, second, fd);
  }
}

}  // namespace tfsg

#endif
