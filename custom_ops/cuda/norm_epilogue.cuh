/* norm_epilogue: noise, bias and activation, then instance norm with style scale and shift; and its gradient. */
#ifndef TFSTYLEGAN_CUDA_NORM_EPILOGUE_CUH_
#define TFSTYLEGAN_CUDA_NORM_EPILOGUE_CUH_

#include "style_epilogue.cuh"

namespace tfsg {

/* What makes t of x, for the channels of a thread. */
template <class T, int V>
struct BeforeNorm {
  float bias[V], strength[V];

  TFSG_DEVICE BeforeNorm(const void* b, const Noise& noise, const Place& at) {
    fill(bias, 0.f);
    if (at.active) load_or<T, V>(b, at.channel, 0.f, bias);
    load_strength<T, V>(noise, at, strength);
  }

  TFSG_DEVICE float operator()(float x, float noise, int j) const { return x + (noise * strength[j] + bias[j]); }
};

/* Partial sums of t - pivot and (t - pivot)². */
template <class T, int V>
TFSG_DEVICE void norm_sums(const NormParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  const BeforeNorm<T, V> before(p.b, p.noise, at);
  float pivot[V], sum[V], square[V];
  fill(pivot, 0.f);
  fill(sum, 0.f);
  fill(square, 0.f);
  if (at.active) {
    load<T, V>(p.x, at.n * g.pixels * g.channels + at.channel, pivot);
    const float noise = load_noise<T>(p.noise, at, 0);
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) {
      pivot[j] = activate(p.a, before(pivot[j], noise, j));
      if (at.chunk == 0 && at.lane_p == 0) p.pivot[at.statistic + j] = pivot[j];
    }
  }
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 pixel = at.begin; at.active && pixel < at.end; pixel += kUnroll * g.lanes_p, index += kUnroll * step) {
    Pack<T, V> packs[kUnroll];
    float noise[kUnroll];
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      packs[u] = load_pack<T, V>(p.x, index + u * step);
      noise[u] = load_noise<T>(p.noise, at, pixel + u * g.lanes_p);
    }
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      float x[V];
      widen_pack<T, V>(packs[u], x);
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) {
        const float t = activate(p.a, before(x[j], noise[u], j)) - pivot[j];
        sum[j] += t;
        square[j] += t * t;
      }
    }
  }
  write_partial<V>(g, at, sum, p.partial);
  write_partial<V>(g, at, square, p.partial + g.batch * g.chunks * g.channels);
}

/* y, mean and rstd from the sums. */
template <class T, int V>
TFSG_DEVICE void norm_apply(const NormParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  if (!at.active) return;
  const BeforeNorm<T, V> before(p.b, p.noise, at);
  float mean[V], factor[V], scale[V], shift[V];
  load_or<T, V>(p.scale, at.statistic, 1.f, scale);
  load_or<T, V>(p.shift, at.statistic, 0.f, shift);
  const float inverse = 1.f / static_cast<float>(g.pixels);
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) {
    const float offset = p.sums[at.statistic + j] * inverse;
    const float square = p.sums[g.batch * g.channels + at.statistic + j] * inverse;
    const float rstd = 1.f / sqrtf(fmaxf(square - offset * offset, 0.f) + p.epsilon);
    mean[j] = p.pivot[at.statistic + j] + offset;
    factor[j] = rstd * scale[j];
    if (at.chunk == 0 && at.lane_p == 0) {
      p.mean[at.statistic + j] = mean[j];
      p.rstd[at.statistic + j] = rstd;
    }
  }
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 pixel = at.begin; pixel < at.end; pixel += kUnroll * g.lanes_p, index += kUnroll * step) {
    Pack<T, V> packs[kUnroll];
    float noise[kUnroll];
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      packs[u] = load_pack<T, V>(p.x, index + u * step);
      noise[u] = load_noise<T>(p.noise, at, pixel + u * g.lanes_p);
    }
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      float x[V];
      widen_pack<T, V>(packs[u], x);
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) x[j] = (activate(p.a, before(x[j], noise[u], j)) - mean[j]) * factor[j] + shift[j];
      store<T, V>(p.y, index + u * step, x);
    }
  }
}

/* With `second`, dx and the partial sums for the bias and the strength; else the partial sums of dy and dy * xhat. */
template <class T, int V, bool second>
TFSG_DEVICE void norm_grad(const NormGradParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  const BeforeNorm<T, V> before(p.b, p.noise, at);
  float mean[V], rstd[V], scale[V], mean_dy[V], mean_dy_xhat[V], sum[V], other[V];
  fill(scale, 1.f);
  fill(sum, 0.f);
  fill(other, 0.f);
  if (at.active) {
    load_or<T, V>(p.scale, at.statistic, 1.f, scale);
    const float inverse = 1.f / static_cast<float>(g.pixels);
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) {
      mean[j] = p.mean[at.statistic + j];
      rstd[j] = p.rstd[at.statistic + j];
      if (!second) continue;
      const float dshift = p.sums[at.statistic + j];
      const float dscale = p.sums[g.batch * g.channels + at.statistic + j];
      mean_dy[j] = dshift * inverse;
      mean_dy_xhat[j] = dscale * inverse;
      if (at.chunk == 0 && at.lane_p == 0) {
        store_one<T>(p.dshift, at.statistic + j, dshift);
        store_one<T>(p.dscale, at.statistic + j, dscale);
      }
    }
  }
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 pixel = at.begin; at.active && pixel < at.end; pixel += g.lanes_p, index += step) {
    float dy[V], x[V];
    load<T, V>(p.dy, index, dy);
    load<T, V>(p.x, index, x);
    const float noise = load_noise<T>(p.noise, at, pixel);
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) {
      const float input = before(x[j], noise, j);
      const float xhat = (activate(p.a, input) - mean[j]) * rstd[j];
      if (second) {
        const float dt = scale[j] * rstd[j] * (dy[j] - mean_dy[j] - xhat * mean_dy_xhat[j]);
        dy[j] = dt * activate_slope(p.a, input);
        sum[j] += dy[j];
        other[j] += dy[j] * noise;
      } else {
        sum[j] += dy[j];
        other[j] += dy[j] * xhat;
      }
    }
    if (second) store<T, V>(p.dx, index, dy);
  }
  if (second) {
    if (p.partial_b) write_partial<V>(g, at, sum, p.partial_b);
    if (p.partial_noise) write_partial<V>(g, at, other, p.partial_noise);
  } else {
    write_partial<V>(g, at, sum, p.partial);
    write_partial<V>(g, at, other, p.partial + g.batch * g.chunks * g.channels);
  }
}

}  // namespace tfsg

#endif
