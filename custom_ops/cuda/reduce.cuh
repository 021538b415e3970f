/* The second half of the sums: of partial sums over blocks, and of channels for the gradient of the noise. */
#ifndef TFSTYLEGAN_CUDA_REDUCE_CUH_
#define TFSTYLEGAN_CUDA_REDUCE_CUH_

#include "activation.h"
#include "columns.h"

namespace tfsg {

constexpr int kReduceChannels = 32; /* threads of a block along the channels; the others share the count */

template <class T>
TFSG_DEVICE void reduce(const ReduceParameters& p) {
  const i64 tiles = (p.channels + kReduceChannels - 1) / kReduceChannels;
  const i64 group = blockIdx.x / tiles;
  const int lane = threadIdx.x / kReduceChannels, lanes = kThreads / kReduceChannels;
  const i64 channel = blockIdx.x % tiles * kReduceChannels + threadIdx.x % kReduceChannels;
  const bool active = channel < p.channels;
  float sum = 0.f;
  if (active) {
    const float* in = p.in + group * p.count * p.channels + channel;
    TFSG_UNROLL_4
    for (i64 k = lane; k < p.count; k += lanes) sum += in[k * p.channels];
  }
  float* shared = shared_floats();
  shared[threadIdx.x] = sum;
  for (int half = lanes / 2; half > 0; half /= 2) {
    barrier();
    if (lane < half) shared[threadIdx.x] += shared[threadIdx.x + half * kReduceChannels];
  }
  if (active && lane == 0) store_one<T>(p.out, group * p.channels + channel, shared[threadIdx.x]);
}

template <class T>
TFSG_DEVICE void noise_grad(const NoiseGradParameters& p) {
  const int lane = threadIdx.x % p.lanes;
  const i64 output = static_cast<i64>(blockIdx.x) * (kThreads / p.lanes) + threadIdx.x / p.lanes;
  const bool active = output < p.maps * p.pixels;
  const float clamp = rounded<T>(p.a.clamp);
  const i64 samples = p.maps == 1 ? p.batch : 1; /* that share the map */
  float sum = 0.f;
  for (i64 n = 0; active && n < samples; ++n) {
    const i64 first = (n * p.pixels + output) * p.channels;
    for (i64 c = lane; c < p.channels; c += p.lanes) {
      const float dy = load_one<T>(p.dy, first + c);
      const float slope = p.y ? slope_of_output(p.a, load_one<T>(p.y, first + c), clamp) : 1.f;
      sum += dy * slope * load_one<T>(p.weight, p.weight_step * c);
    }
  }
  float* shared = shared_floats();
  shared[threadIdx.x] = sum;
  for (int half = p.lanes / 2; half > 0; half /= 2) {
    barrier();
    if (lane < half) shared[threadIdx.x] += shared[threadIdx.x + half];
  }
  if (active && lane == 0) store_one<T>(p.dnoise, output, shared[threadIdx.x]);
}

}  // namespace tfsg

#endif
