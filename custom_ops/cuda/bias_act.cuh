/* bias_act: the activation of x + b, and its first two derivatives. */
#ifndef TFSTYLEGAN_CUDA_BIAS_ACT_CUH_
#define TFSTYLEGAN_CUDA_BIAS_ACT_CUH_

#include "activation.h"
#include "columns.h"

namespace tfsg {

template <class T, int V, int ORDER>
TFSG_DEVICE void bias_act(const BiasActParameters& p) {
  const Columns& g = p.g;
  const Place at = place<V>(g);
  const float clamp = rounded<T>(p.a.clamp);
  float bias[V], gb[V], sums[V];
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) bias[j] = gb[j] = sums[j] = 0.f;
  if (at.active) load_or<T, V>(p.b, at.channel, 0.f, bias);
  if (ORDER == 1 && at.active) load_or<T, V>(p.gb, at.channel, 0.f, gb);
  const bool from_output = ORDER == 1 && p.y_ref;
  const void* reference = from_output ? p.y_ref : p.x;
  const i64 step = static_cast<i64>(g.lanes_p) * g.channels;
  i64 index = at.first;
  for (i64 row = at.begin; at.active && row < at.end; row += kUnroll * g.lanes_p, index += kUnroll * step) {
    Pack<T, V> packs[kUnroll][ORDER + 1];
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (row + u * g.lanes_p >= at.end) break;
      packs[u][0] = load_pack<T, V>(reference, index + u * step);
      if (ORDER > 0) packs[u][ORDER > 0] = load_pack<T, V>(p.dy, index + u * step);
      if (ORDER > 1) packs[u][ORDER] = load_pack<T, V>(p.dd, index + u * step);
    }
    TFSG_UNROLL
    for (int u = 0; u < kUnroll; ++u) {
      if (row + u * g.lanes_p >= at.end) break;
      float x[V], dy[V], dd[V], y[V];
      widen_pack<T, V>(packs[u][0], x);
      if (ORDER > 0) widen_pack<T, V>(packs[u][ORDER > 0], dy);
      if (ORDER > 1) widen_pack<T, V>(packs[u][ORDER], dd);
      TFSG_UNROLL
      for (int j = 0; j < V; ++j) {
        if (ORDER == 0) {
          y[j] = activate(p.a, x[j] + bias[j]);
        } else if (ORDER == 1) {
          const float slope = from_output ? slope_of_output(p.a, x[j], clamp)
                                          : activate_slope(p.a, x[j] + bias[j]);
          y[j] = (dy[j] + gb[j]) * slope;
        } else {
          y[j] = dd[j] * dy[j] * activate_curvature(p.a, x[j] + bias[j]);
        }
        sums[j] += y[j];
      }
      store<T, V>(p.y, index + u * step, y);
    }
  }
  if (ORDER > 0 && p.partial) write_partial<V>(g, at, sums, p.partial);
}

}  // namespace tfsg

#endif
