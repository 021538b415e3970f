/* filtered_lrelu with the filters' sizes known at run time only: the steps of filtered_lrelu.cuh, an element a thread.
 *
 * Where 8 channels do not fit in shared memory, fewer are worked on at a time, one set after the other. */
#ifndef TFSTYLEGAN_CUDA_FILTERED_LRELU_ANY_CUH_
#define TFSTYLEGAN_CUDA_FILTERED_LRELU_ANY_CUH_

#include "filtered_lrelu.cuh"

namespace tfsg {

/* The sum over taps that meet samples, from `first` with `from`, by `up`. */
TFSG_DEVICE float strided_sum(const float* taps, int count, int first, int up, const float* from, int pitch) {
  float sum = 0.f;
  for (int k = first; k < count; k += up, from += pitch) sum += taps[k] * *from;
  return sum;
}

/* Step 3, from samples (2-D) or from what step 2 has made. */
TFSG_DEVICE void up_any(const FilteredLreluParameters& p, const Tile& at, int first, const float* from, float* to,
                        const float* taps) {
  const int items = p.mid_h * p.mid_w * p.set;
  for (int item = threadIdx.x; item < whole_warps(items); item += kThreads) {
    const bool valid = item < items;
    const int c = item % p.set, x = item / p.set % p.mid_w, y = valid ? item / p.set / p.mid_w : 0;
    const int phase_y = y % p.up, first_y = (p.up - phase_y) % p.up, sample_y = y / p.up + (phase_y > 0);
    float t = 0.f;
    if (p.fu_w == 0) {
      const int phase_x = x % p.up, first_x = (p.up - phase_x) % p.up, sample_x = x / p.up + (phase_x > 0);
      for (int k = first_y, row = sample_y; k < p.fu_h; k += p.up, ++row) {
        const float* line = from + (row * p.in_pitch + sample_x) * p.set + c;
        t += strided_sum(taps + k * p.fu_h, p.fu_h, first_x, p.up, line, p.set);
      }
    } else {
      t = strided_sum(taps, p.fu_h, first_y, p.up, from + (sample_y * p.mid_pitch + x) * p.set + c,
                      p.mid_pitch * p.set);
    }
    const float s = activate_with_code(p, at, t, y, x, c, valid, p.set, first);
    if (valid) to[(y * p.mid_pitch + x) * p.set + c] = s;
  }
}

/* Step 2. */
TFSG_DEVICE void up_along_x_any(const FilteredLreluParameters& p, const float* from, float* to, const float* taps) {
  const int items = p.in_tile_h * p.mid_w * p.set;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % p.set, x = item / p.set % p.mid_w, y = item / p.set / p.mid_w;
    const int phase = x % p.up, sample = x / p.up + (phase > 0);
    to[(y * p.mid_pitch + x) * p.set + c] = strided_sum(
        taps, p.fu_w, (p.up - phase) % p.up, p.up, from + (y * p.in_pitch + sample) * p.set + c, p.set);
  }
}

/* Step 4. */
TFSG_DEVICE void down_along_x_any(const FilteredLreluParameters& p, const Tile& at, const float* from, float* to,
                                  const float* taps) {
  const int items = p.mid_h * p.tile_w * p.set;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % p.set, x = item / p.set % p.tile_w, y = item / p.set / p.tile_w;
    const float* first = from + (y * p.mid_pitch + at.phase_x + x * p.down) * p.set + c;
    to[(y * p.out_pitch + x) * p.set + c] = strided_sum(taps, p.fd_w, 0, 1, first, p.set);
  }
}

/* Step 5, from the upsampled image (2-D) or from what step 4 has made. */
TFSG_DEVICE void down_any(const FilteredLreluParameters& p, const Tile& at, int channel, const float* from,
                          const float* taps) {
  const int items = p.tile_h * p.tile_w * p.set;
  for (int item = threadIdx.x; item < items; item += kThreads) {
    const int c = item % p.set, x = item / p.set % p.tile_w, y = item / p.set / p.tile_w;
    const int row = at.phase_y + y * p.down;
    float sum = 0.f;
    if (p.fd_w == 0) {
      const float* first = from + (row * p.mid_pitch + at.phase_x + x * p.down) * p.set + c;
      for (int k = 0; k < p.fd_h; ++k) {
        sum += strided_sum(taps + k * p.fd_h, p.fd_h, 0, 1, first + k * p.mid_pitch * p.set, p.set);
      }
    } else {
      sum = strided_sum(taps, p.fd_h, 0, 1, from + (row * p.out_pitch + x) * p.set + c, p.out_pitch * p.set);
    }
    write_output(p, at, y, x, channel + c, sum);
  }
}

TFSG_DEVICE void filtered_lrelu_any(const FilteredLreluParameters& p) {
  float *first = shared_floats(), *second = first + p.second, *taps = first + p.shared_taps;
  const int fu_taps = p.fu_w ? p.fu_h + p.fu_w : p.fu_h * p.fu_h, fd_taps = p.fd_w ? p.fd_h + p.fd_w : p.fd_h * p.fd_h;
  const float *fu = taps, *fd = taps + fu_taps;
  const Tile at(p);
  load_taps(p.memory, p.taps, fu_taps + fd_taps, taps);
  for (int channel = 0; channel < kGroup; channel += p.set) {
    load_tile(p, at, first, p.set, channel);
    barrier();
    float *middle = second, *other = first;
    if (p.fu_w) {
      up_along_x_any(p, first, second, fu + p.fu_h);
      barrier();
      middle = first;
      other = second;
    }
    up_any(p, at, channel, other, middle, fu);
    barrier();
    if (p.fd_w) {
      down_along_x_any(p, at, middle, other, fd + p.fd_h);
      barrier();
      middle = other;
    }
    down_any(p, at, channel, middle, fd);
    barrier();
  }
}

}  // namespace tfsg

#endif
