/* style_epilogue: demodulation, noise, bias, activation, gain and clamp in one pass, and its first two derivatives. */
#ifndef TFSTYLEGAN_CUDA_STYLE_EPILOGUE_CUH_
#define TFSTYLEGAN_CUDA_STYLE_EPILOGUE_CUH_

#include "activation.h"
#include "columns.h"

namespace tfsg {

template <class T, int V>
TFSG_DEVICE void load_strength(const Noise& noise, const Place& at, float (&strength)[V]) {
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) {
    const bool there = noise.strength && at.active;
    strength[j] = there ? load_one<T>(noise.strength, noise.strength_step * (at.channel + j)) : 0.f;
  }
}

template <class T>
TFSG_DEVICE float load_noise(const Noise& noise, const Place& at, i64 pixel) {
  return noise.map ? load_one<T>(noise.map, at.n * noise.stride + pixel) : 0.f;
}

template <int V>
TFSG_DEVICE void fill(float (&values)[V], float value) {
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) values[j] = value;
}

template <class T, int V>
TFSG_DEVICE void style_epilogue(const StyleParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  if (!at.active) return;
  float d[V], bias[V], strength[V];
  load_or<T, V>(p.d, at.statistic, 1.f, d);
  load_or<T, V>(p.b, at.channel, 0.f, bias);
  load_strength<T, V>(p.noise, at, strength);
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
      for (int j = 0; j < V; ++j) x[j] = activate_piecewise(p.a, x[j] * d[j] + (noise[u] * strength[j] + bias[j]));
      store<T, V>(p.y, index + u * step, x);
    }
  }
}

constexpr int kUnrollSums = 2; /* where the sums need registers; a divisor of kUnroll */

template <class T, int V>
TFSG_DEVICE void style_epilogue_grad(const StyleGradParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  const float clamp = rounded<T>(p.a.clamp);
  float d[V], sum_d[V], sum_noise[V], sum_b[V];
  fill(d, 1.f);
  fill(sum_d, 0.f);
  fill(sum_noise, 0.f);
  fill(sum_b, 0.f);
  if (at.active) load_or<T, V>(p.d, at.statistic, 1.f, d);
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 pixel = at.begin; at.active && pixel < at.end; pixel += kUnrollSums * g.lanes_p, index += kUnrollSums * step) {
    Pack<T, V> packs[kUnrollSums][3];
    float noise[kUnrollSums];
    TFSG_UNROLL
    for (int u = 0; u < kUnrollSums; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      packs[u][0] = load_pack<T, V>(p.dy, index + u * step);
      packs[u][1] = load_pack<T, V>(p.y, index + u * step);
      if (p.partial_d) packs[u][2] = load_pack<T, V>(p.x, index + u * step);
      if (p.partial_noise) noise[u] = load_noise<T>(p.noise, at, pixel + u * g.lanes_p);
    }
    TFSG_UNROLL
    for (int u = 0; u < kUnrollSums; ++u) {
      if (pixel + u * g.lanes_p >= at.end) break;
      float dy[V], y[V], x[V];
      widen_pack<T, V>(packs[u][0], dy);
      widen_pack<T, V>(packs[u][1], y);
      if (p.partial_d) widen_pack<T, V>(packs[u][2], x);
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) {
        const float grad = dy[j] * slope_of_output(p.a, y[j], clamp);
        if (p.partial_d) sum_d[j] += grad * x[j];
        if (p.partial_noise) sum_noise[j] += grad * noise[u];
        sum_b[j] += grad;
        dy[j] = grad * d[j];
      }
      if (p.dx) store<T, V>(p.dx, index + u * step, dy);
    }
  }
  if (p.partial_d) write_partial<V>(g, at, sum_d, p.partial_d);
  if (p.partial_noise) write_partial<V>(g, at, sum_noise, p.partial_noise);
  if (p.partial_b) write_partial<V>(g, at, sum_b, p.partial_b);
}

template <class T, int V>
TFSG_DEVICE void style_epilogue_grad_grad(const StyleGradGradParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  const float clamp = rounded<T>(p.a.clamp);
  float d[V], gdd[V], gdstrength[V], gdb[V], strength[V], sum_d[V], sum_noise[V];
  fill(d, 1.f);
  fill(gdd, 0.f);
  fill(gdb, 0.f);
  fill(sum_d, 0.f);
  fill(sum_noise, 0.f);
  if (at.active) {
    load_or<T, V>(p.d, at.statistic, 1.f, d);
    load_or<T, V>(p.gdd, at.statistic, 0.f, gdd);
    load_or<T, V>(p.gdb, at.channel, 0.f, gdb);
  }
  load_strength<T, V>(p.noise, at, strength);
  Noise cotangent = p.noise;
  cotangent.strength = p.gdstrength;
  load_strength<T, V>(cotangent, at, gdstrength);
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 pixel = at.begin; at.active && pixel < at.end; pixel += g.lanes_p, index += step) {
    float dy[V], y[V], gdx[V], x[V];
    load<T, V>(p.dy, index, dy);
    load<T, V>(p.y, index, y);
    load_or<T, V>(p.gdx, index, 0.f, gdx);
    load_or<T, V>(p.gdd ? p.x : nullptr, index, 0.f, x);
    const float noise = load_noise<T>(p.noise, at, pixel);
    const float gdnoise = load_noise<T>(p.gdnoise, at, pixel);
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) {
      const float slope = slope_of_output(p.a, y[j], clamp);
      const float grad = dy[j] * slope;
      sum_d[j] += gdx[j] * grad;
      sum_noise[j] += gdnoise * grad;
      const float per_pixel = gdnoise * strength[j] + gdstrength[j] * noise;
      y[j] = slope * (gdx[j] * d[j] + gdd[j] * x[j] + per_pixel + gdb[j]);
      dy[j] = gdd[j] * grad;
    }
    if (p.ddy) store<T, V>(p.ddy, index, y);
    if (p.gx) store<T, V>(p.gx, index, dy);
  }
  if (p.partial_d) write_partial<V>(g, at, sum_d, p.partial_d);
  if (p.partial_noise) write_partial<V>(g, at, sum_noise, p.partial_noise);
}

}  // namespace tfsg

#endif
