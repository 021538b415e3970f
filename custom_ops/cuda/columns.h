/* How elementwise kernels divide [batch, pixels, channels], and how their sums over pixels are made.
 *
 * A block takes one sample, a chunk of its pixels, and a tile of its channels. A thread keeps to V channels, so that
 * what is per channel stays in registers, and walks down the pixels. Sums over pixels are made within the block and written
 * as partial sums, which a second kernel adds up: always in the same order, so that runs can be repeated. */
#ifndef TFSTYLEGAN_CUDA_COLUMNS_H_
#define TFSTYLEGAN_CUDA_COLUMNS_H_

#include "elements.h"
#include "parameters.h"

namespace tfsg {

struct Place {
  bool active;
  i64 n, channel;          /* the sample, and the first channel of this thread */
  i64 begin, end;          /* the pixels of the block, from this thread's first */
  i64 first;               /* index of this thread's first element */
  i64 statistic;           /* index of (n, channel) */
  i64 partial;             /* index of (n, chunk, channel) */
  int chunk, lane_c, lane_p;
};

template <int V>
TFSG_DEVICE Place place(const Columns& g) {
  Place at;
  const int block = static_cast<int>(blockIdx.x), thread = static_cast<int>(threadIdx.x);
  at.n = block / (g.chunks * g.tiles);
  at.chunk = block / g.tiles % g.chunks;
  at.lane_c = thread % g.lanes_c;
  at.lane_p = thread / g.lanes_c;
  at.channel = (static_cast<i64>(block % g.tiles) * g.lanes_c + at.lane_c) * V;
  at.active = at.lane_p < g.lanes_p && at.channel < g.channels;
  at.begin = at.chunk * g.chunk + at.lane_p;
  at.end = (at.chunk + 1) * g.chunk < g.pixels ? (at.chunk + 1) * g.chunk : g.pixels;
  at.first = (at.n * g.pixels + at.begin) * g.channels + at.channel;
  at.statistic = at.n * g.channels + at.channel;
  at.partial = (at.n * g.chunks + at.chunk) * g.channels + at.channel;
  return at;
}

/* Adds up `sums` of the threads that share channels, and lets the first of them write the partial sum. Every thread of
 * the block must call it. Needs kThreads * V floats of shared memory. */
template <int V>
TFSG_DEVICE void write_partial(const Columns& g, const Place& at, const float (&sums)[V], float* partials) {
  float* shared = shared_floats();
  const int mine = threadIdx.x * V;
  barrier(); /* what was there before has been read */
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) shared[mine + j] = at.active ? sums[j] : 0.f;
  int half = 1;
  while (half * 2 < g.lanes_p) half *= 2;
  for (; half > 0; half /= 2) {
    barrier();
    if (at.lane_p < half && at.lane_p + half < g.lanes_p) {
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) shared[mine + j] += shared[mine + half * g.lanes_c * V + j];
    }
  }
  if (at.active && at.lane_p == 0) {
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) partials[at.partial + j] = shared[mine + j];
  }
}

}  // namespace tfsg

#endif
