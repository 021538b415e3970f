/* upfirdn2d: up, FIR, down, per channel. Neighbouring threads read overlapping pixels, which the first cache serves. */
#ifndef TFSTYLEGAN_CUDA_UPFIRDN2D_CUH_
#define TFSTYLEGAN_CUDA_UPFIRDN2D_CUH_

#include "activation.h"
#include "columns.h"

namespace tfsg {

constexpr int kStrip = 8; /* rows of a thread in the separable form */

/* Where along one axis the taps of output j meet samples: from tap `first`, every up-th, with sample `sample` and on. */
struct Meeting {
  int first;
  i64 sample;
};

TFSG_DEVICE Meeting meet(i64 j, int up, int down, int pad) {
  const i64 start = j * down - pad;
  const i64 sample = start > 0 ? (start + up - 1) / up : -(-start / up); /* rounded up */
  return {static_cast<int>(sample * up - start), sample};
}

/* Copies the taps to shared memory. */
TFSG_DEVICE void load_taps(const float* memory, const float* here, int count, float* to) {
  for (int i = threadIdx.x; i < count; i += kThreads) to[i] = memory ? memory[i] : here[i];
  barrier();
}

/* The column and the first channel of a thread, and whatever is left of its number. */
template <int V>
struct Column {
  i64 rest, x, channel;

  TFSG_DEVICE Column(const Upfirdn2dParameters& p, i64 thread) {
    const i64 packs = p.channels / V;
    channel = thread % packs * V;
    thread /= packs;
    x = thread % p.out_w;
    rest = thread / p.out_w;
  }
};

template <class T, int V>
TFSG_DEVICE void write_sum(const Upfirdn2dParameters& p, i64 index, const float (&sum)[V]) {
  float y[V];
  load_or<T, V>(p.add, index, 0.f, y);
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) y[j] += sum[j];
  store<T, V>(p.y, index, y);
}

/* Any filter; a thread makes one pixel. */
template <class T, int V>
TFSG_DEVICE void upfirdn2d_direct(const Upfirdn2dParameters& p) {
  float* taps = shared_floats();
  load_taps(p.memory, p.taps, p.height * p.width, taps);
  const i64 thread = static_cast<i64>(blockIdx.x) * kThreads + threadIdx.x;
  if (thread >= p.threads) return;
  const Column<V> at(p, thread);
  const i64 n = at.rest / p.out_h, y = at.rest % p.out_h;
  const Meeting rows = meet(y, p.up_y, p.down_y, p.pad_y), columns = meet(at.x, p.up_x, p.down_x, p.pad_x);
  float sum[V];
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) sum[j] = 0.f;
  i64 row = rows.sample;
  for (int ky = rows.first; ky < p.height; ky += p.up_y, ++row) {
    if (row < 0 || row >= p.in_h) continue;
    i64 column = columns.sample;
    for (int kx = columns.first; kx < p.width; kx += p.up_x, ++column) {
      if (column < 0 || column >= p.in_w) continue;
      float x[V];
      load<T, V>(p.x, ((n * p.in_h + row) * p.in_w + column) * p.channels + at.channel, x);
      const float tap = taps[ky * p.width + kx];
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) sum[j] += tap * x[j];
    }
  }
  write_sum<T, V>(p, ((n * p.out_h + y) * p.out_w + at.x) * p.channels + at.channel, sum);
}

/* A row filtered along x. FEW: at most 4 taps meet samples, so their loads can be issued together. */
template <class T, int V, bool FEW>
TFSG_DEVICE void filter_row(const Upfirdn2dParameters& p, const float* taps, Meeting columns, i64 first, float (&h)[V]) {
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) h[j] = 0.f;
  if (FEW) {
    float x[4][V];
    TFSG_UNROLL
    for (int i = 0; i < 4; ++i) {
      const i64 column = columns.sample + i;
      const bool there = columns.first + i * p.up_x < p.width && column >= 0 && column < p.in_w;
      load_or<T, V>(there ? p.x : nullptr, first + column * p.channels, 0.f, x[i]);
    }
    TFSG_UNROLL
    for (int i = 0; i < 4; ++i) {
      const int k = columns.first + i * p.up_x;
      const float tap = k < p.width ? taps[k] : 0.f;
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) h[j] += tap * x[i][j];
    }
    return;
  }
  i64 column = columns.sample;
  TFSG_UNROLL_4
  for (int k = columns.first; k < p.width; k += p.up_x, ++column) {
    if (column < 0 || column >= p.in_w) continue;
    float x[V];
    load<T, V>(p.x, first + column * p.channels, x);
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) h[j] += taps[k] * x[j];
  }
}

/* A separable filter; a thread makes a strip of pixels, one below the other, and filters every row along x once. */
template <class T, int V, bool FEW>
TFSG_DEVICE void upfirdn2d_separable(const Upfirdn2dParameters& p) {
  float* taps = shared_floats();
  load_taps(p.memory, p.taps, p.height + p.width, taps);
  const i64 thread = static_cast<i64>(blockIdx.x) * kThreads + threadIdx.x;
  if (thread >= p.threads) return;
  const Column<V> at(p, thread);
  const i64 strips = (p.out_h + kStrip - 1) / kStrip;
  const i64 n = at.rest / strips, y = at.rest % strips * kStrip;
  const Meeting columns = meet(at.x, p.up_x, p.down_x, p.pad_x);
  const i64 last = (y + kStrip < p.out_h ? y + kStrip : p.out_h) - 1;
  /* The first and the last row that any of the strip's pixels needs. */
  i64 row = meet(y, p.up_y, p.down_y, p.pad_y).sample;
  const Meeting below = meet(last, p.up_y, p.down_y, p.pad_y);
  i64 end = below.first < p.height ? below.sample + (p.height - 1 - below.first) / p.up_y : below.sample - 1;
  if (row < 0) row = 0;
  if (end > p.in_h - 1) end = p.in_h - 1;
  float sum[kStrip][V];
  TFSG_UNROLL
  for (int r = 0; r < kStrip; ++r) {
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) sum[r][j] = 0.f;
  }
  for (; row <= end; ++row) {
    float h[V];
    filter_row<T, V, FEW>(p, taps + p.height, columns, (n * p.in_h + row) * p.in_w * p.channels + at.channel, h);
    const i64 tap_of_first = row * p.up_y + p.pad_y - y * p.down_y;
    TFSG_UNROLL
    for (int r = 0; r < kStrip; ++r) {
      const i64 k = tap_of_first - r * p.down_y;
      if (k < 0 || k >= p.height) continue;
      const float tap = taps[k];
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) sum[r][j] += tap * h[j];
    }
  }
  TFSG_UNROLL
  for (int r = 0; r < kStrip; ++r) {
    if (y + r > last) break;
    write_sum<T, V>(p, ((n * p.out_h + y + r) * p.out_w + at.x) * p.channels + at.channel, sum[r]);
  }
}

/* Writes taps that do not fit in the parameters of the kernel that needs them. */
TFSG_DEVICE void store_taps(const StoreTapsParameters& p) {
  for (int i = threadIdx.x; i < p.count; i += kThreads) p.to[i] = p.taps[i];
}

}  // namespace tfsg

#endif
