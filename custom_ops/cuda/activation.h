/* clip(act(x) * gain) and its derivatives, in float32. */
#ifndef TFSTYLEGAN_CUDA_ACTIVATION_H_
#define TFSTYLEGAN_CUDA_ACTIVATION_H_

#include "elements.h"
#include "parameters.h"

namespace tfsg {

/* Written so that NaN stays NaN. */
TFSG_DEVICE float clip(float value, float bound) {
  if (bound < 0.f) return value;
  return value > bound ? bound : (value < -bound ? -bound : value);
}

TFSG_DEVICE float sigmoid(float x) { return 1.f / (1.f + expf(-x)); }

/* The curved activations and their derivatives, without gain and clamp. They are called and not inlined: the kernels
 * hold dozens of copies otherwise, which take minutes to compile and registers from the piecewise linear ones. */
TFSG_DEVICE_CALL float curved(int kind, float x) {
  switch (kind) {
    case kTanh: return tanhf(x);
    case kSigmoid: return sigmoid(x);
    case kElu: return x > 0.f ? x : expm1f(x);
    case kSelu: return x > 0.f ? 1.0507009873554805f * x : 1.7580993408473766f * expm1f(x);
    case kSoftplus: return fmaxf(x, 0.f) + log1pf(expf(-fabsf(x)));
    default: return x * sigmoid(x);
  }
}

TFSG_DEVICE_CALL float curved_slope(int kind, float x) {
  const float s = sigmoid(x);
  switch (kind) {
    case kTanh: {
      const float t = tanhf(x);
      return 1.f - t * t;
    }
    case kSigmoid: return s * (1.f - s);
    case kElu: return x > 0.f ? 1.f : expf(x);
    case kSelu: return x > 0.f ? 1.0507009873554805f : 1.7580993408473766f * expf(x);
    case kSoftplus: return s;
    default: return s * (1.f + x * (1.f - s));
  }
}

TFSG_DEVICE_CALL float curved_curvature(int kind, float x) {
  const float s = sigmoid(x);
  switch (kind) {
    case kTanh: {
      const float t = tanhf(x);
      return -2.f * t * (1.f - t * t);
    }
    case kSigmoid: return s * (1.f - s) * (1.f - 2.f * s);
    case kElu: return x > 0.f ? 0.f : expf(x);
    case kSelu: return x > 0.f ? 0.f : 1.7580993408473766f * expf(x);
    case kSoftplus: return s * (1.f - s);
    default: return s * (1.f - s) * (2.f + x * (1.f - 2.f * s));
  }
}

TFSG_DEVICE float act(const Activation& a, float x) {
  if (a.kind <= kLrelu) return x > 0.f ? x : a.alpha * x;
  return curved(a.kind, x);
}

/* For kernels that know that it is one. */
TFSG_DEVICE float activate_piecewise(const Activation& a, float x) {
  return clip((x > 0.f ? x : a.alpha * x) * a.gain, a.clamp);
}

TFSG_DEVICE float activate(const Activation& a, float x) { return clip(act(a, x) * a.gain, a.clamp); }

/* d clip(act(x) * gain) / dx */
TFSG_DEVICE float activate_slope(const Activation& a, float x) {
  if (a.clamp >= 0.f && fabsf(act(a, x) * a.gain) >= a.clamp) return 0.f;
  if (a.kind <= kLrelu) return x > 0.f ? a.gain : a.gain * a.alpha;
  return a.gain * curved_slope(a.kind, x);
}

/* d² clip(act(x) * gain) / dx² */
TFSG_DEVICE float activate_curvature(const Activation& a, float x) {
  if (a.kind <= kLrelu || (a.clamp >= 0.f && fabsf(act(a, x) * a.gain) >= a.clamp)) return 0.f;
  return a.gain * curved_curvature(a.kind, x);
}

/* The slope of a piecewise linear activation, from its output. `clamp` is the clamp as the type of y holds it. */
TFSG_DEVICE float slope_of_output(const Activation& a, float y, float clamp) {
  if (a.clamp >= 0.f && fabsf(y) >= clamp) return 0.f;
  return y > 0.f ? a.gain : a.gain * a.alpha;
}

}  // namespace tfsg

#endif
