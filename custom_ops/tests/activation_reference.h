/* Activations with two derivatives, in double precision. */
#ifndef TFSG_TESTS_ACTIVATION_REFERENCE_H_
#define TFSG_TESTS_ACTIVATION_REFERENCE_H_

#include <cmath>

#include "../include/tfstylegan_ops.h"

namespace test {

struct Derivatives {
  double value, first, second;
};

inline Derivatives activation(int kind, double t, double alpha) {
  const double e = std::exp(t), s = 1 / (1 + std::exp(-t)), h = std::tanh(t);
  const double scale = 1.0507009873554805, selu_alpha = 1.6732632423543772;
  switch (kind) {
    case TFSG_LINEAR: return {t, 1, 0};
    case TFSG_RELU: return {t > 0 ? t : 0, t > 0 ? 1.0 : 0.0, 0};
    case TFSG_LRELU: return {t > 0 ? t : alpha * t, t > 0 ? 1.0 : alpha, 0};
    case TFSG_TANH: return {h, 1 - h * h, -2 * h * (1 - h * h)};
    case TFSG_SIGMOID: return {s, s * (1 - s), s * (1 - s) * (1 - 2 * s)};
    case TFSG_ELU: return t >= 0 ? Derivatives{t, 1, 0} : Derivatives{e - 1, e, e};
    case TFSG_SELU:
      return t >= 0 ? Derivatives{scale * t, scale, 0}
                    : Derivatives{scale * selu_alpha * (e - 1), scale * selu_alpha * e, scale * selu_alpha * e};
    case TFSG_SOFTPLUS: return {std::log1p(e), s, s * (1 - s)};
    default: return {t * s, s + t * s * (1 - s), s * (1 - s) * (2 + t * (1 - 2 * s))};
  }
}

/* clip(act(t) * gain) with its derivatives, 0 where clipped. */
inline Derivatives activated(const tfsg_activation& act, double t) {
  Derivatives r = activation(act.kind, t, act.alpha);
  r = {r.value * act.gain, r.first * act.gain, r.second * act.gain};
  if (act.clamp >= 0 && std::fabs(r.value) > act.clamp) return {r.value > 0 ? act.clamp : -act.clamp, 0, 0};
  return r;
}

}  // namespace test
#endif
