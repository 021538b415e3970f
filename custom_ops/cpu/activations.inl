/* Activations with first and second derivatives, sixteen lanes at a time. */
namespace tfsg {
namespace TFSG_ISA {

TFSG_INLINE Vec operator/(const Vec& a, const Vec& b) {
  Vec r;
#if defined(__GNUC__)
  for (int i = 0; i < kParts; ++i) r.part[i] = a.part[i] / b.part[i];
#else
  for (int i = 0; i < kLanes; ++i) r.lane[i] = a.lane[i] / b.lane[i];
#endif
  return r;
}

/* e^x to about 2 units in the last place: 2^n times the Taylor polynomial of the rest, |rest| <= ln(2) / 2. */
TFSG_INLINE Vec exp(const Vec& x) {
#if defined(__GNUC__)
  const Vec bounded = clip(x, Vec::all(-87.0f), Vec::all(88.3f));
  Vec r;
  for (int i = 0; i < kParts; ++i) {
    const Native v = bounded.part[i];
    const float kRound = 12582912.0f; /* 1.5 * 2^23: adding it leaves the nearest integer in the low bits */
    const Native shifted = v * 1.44269504f + kRound;
    const Native n = shifted - kRound;
    const Native rest = (v - n * 0.693359375f) + n * 2.12194440e-4f;
    Native p = Native{} + 1.9875691500e-4f;
    p = p * rest + 1.3981999507e-3f;
    p = p * rest + 8.3334519073e-3f;
    p = p * rest + 4.1665795894e-2f;
    p = p * rest + 1.6666665459e-1f;
    p = p * rest + 5.0000001201e-1f;
    p = p * rest * rest + rest + 1.0f;
    const NativeMask power = ((NativeMask)shifted - (NativeMask)(Native{} + kRound) + 127) << 23;
    r.part[i] = p * (Native)power;
  }
  return select(Vec::all(-103.0f) > x, zero(), r);
#else
  Vec r;
  for (int i = 0; i < kLanes; ++i) r.lane[i] = expf(x.lane[i]);
  return r;
#endif
}

template <float (*function)(float)>
TFSG_INLINE Vec by_lane(const Vec& x) {
  float lanes[kLanes];
  x.store(lanes);
  for (int i = 0; i < kLanes; ++i) lanes[i] = function(lanes[i]);
  return Vec::load(lanes);
}

TFSG_INLINE Vec absolute(const Vec& x) { return select(zero() > x, zero() - x, x); }
TFSG_INLINE Vec logistic(const Vec& x) {
  const Vec e = exp(zero() - absolute(x)); /* in (0, 1]: no overflow */
  const Vec s = Vec::all(1) / (Vec::all(1) + e);
  return select(zero() > x, e * s, s);
}

/* value, first and second derivative at t; alpha is only used by lrelu */
template <int kind>
struct Activation;

template <>
struct Activation<TFSG_LINEAR> {
  static TFSG_INLINE Vec value(const Vec& t, float) { return t; }
  static TFSG_INLINE Vec first(const Vec&, float) { return Vec::all(1); }
  static TFSG_INLINE Vec second(const Vec&, float) { return zero(); }
};
template <>
struct Activation<TFSG_RELU> {
  static TFSG_INLINE Vec value(const Vec& t, float) { return select(zero() > t, zero(), t); }
  static TFSG_INLINE Vec first(const Vec& t, float) { return select(t > zero(), Vec::all(1), zero()); }
  static TFSG_INLINE Vec second(const Vec&, float) { return zero(); }
};
template <>
struct Activation<TFSG_LRELU> {
  static TFSG_INLINE Vec value(const Vec& t, float alpha) { return select(t > zero(), t, t * Vec::all(alpha)); }
  static TFSG_INLINE Vec first(const Vec& t, float alpha) { return select(t > zero(), Vec::all(1), Vec::all(alpha)); }
  static TFSG_INLINE Vec second(const Vec&, float) { return zero(); }
};
template <>
struct Activation<TFSG_TANH> {
  static TFSG_INLINE Vec value(const Vec& t, float) {
    /* (1 - e) / (1 + e) cancels near 0, where an odd polynomial is exact enough. */
    const Vec square = t * t;
    Vec p = fma(Vec::all(-5.70498872745e-3f), square, Vec::all(2.06390887954e-2f));
    p = fma(p, square, Vec::all(-5.37397155531e-2f));
    p = fma(p, square, Vec::all(1.33314422036e-1f));
    p = fma(p, square, Vec::all(-3.33332819422e-1f));
    const Vec near_zero = fma(p * square, t, t);
    const Vec e = exp(absolute(t) * Vec::all(-2));
    const Vec far = (Vec::all(1) - e) / (Vec::all(1) + e);
    return select(Vec::all(0.625f) > absolute(t), near_zero, select(zero() > t, zero() - far, far));
  }
  static TFSG_INLINE Vec first(const Vec& t, float) {
    const Vec h = value(t, 0);
    return Vec::all(1) - h * h;
  }
  static TFSG_INLINE Vec second(const Vec& t, float) {
    const Vec h = value(t, 0);
    return Vec::all(-2) * h * (Vec::all(1) - h * h);
  }
};
template <>
struct Activation<TFSG_SIGMOID> {
  static TFSG_INLINE Vec value(const Vec& t, float) { return logistic(t); }
  static TFSG_INLINE Vec first(const Vec& t, float) {
    const Vec s = logistic(t);
    return s * (Vec::all(1) - s);
  }
  static TFSG_INLINE Vec second(const Vec& t, float) {
    const Vec s = logistic(t);
    return s * (Vec::all(1) - s) * (Vec::all(1) - s - s);
  }
};
template <>
struct Activation<TFSG_ELU> {
  static TFSG_INLINE Vec value(const Vec& t, float) { return select(zero() > t, exp(t) - Vec::all(1), t); }
  static TFSG_INLINE Vec first(const Vec& t, float) { return select(zero() > t, exp(t), Vec::all(1)); }
  static TFSG_INLINE Vec second(const Vec& t, float) { return select(zero() > t, exp(t), zero()); }
};
template <>
struct Activation<TFSG_SELU> {
  static constexpr float kScale = 1.0507009873554805f, kAlpha = 1.6732632423543772f;
  static TFSG_INLINE Vec value(const Vec& t, float) {
    return Vec::all(kScale) * select(zero() > t, (exp(t) - Vec::all(1)) * Vec::all(kAlpha), t);
  }
  static TFSG_INLINE Vec first(const Vec& t, float) {
    return Vec::all(kScale) * select(zero() > t, exp(t) * Vec::all(kAlpha), Vec::all(1));
  }
  static TFSG_INLINE Vec second(const Vec& t, float) {
    return select(zero() > t, exp(t) * Vec::all(kScale * kAlpha), zero());
  }
};
template <>
struct Activation<TFSG_SOFTPLUS> {
  static TFSG_INLINE Vec value(const Vec& t, float) {
    return select(zero() > t, zero(), t) + by_lane<log1pf>(exp(zero() - absolute(t)));
  }
  static TFSG_INLINE Vec first(const Vec& t, float) { return logistic(t); }
  static TFSG_INLINE Vec second(const Vec& t, float alpha) { return Activation<TFSG_SIGMOID>::first(t, alpha); }
};
template <>
struct Activation<TFSG_SWISH> {
  static TFSG_INLINE Vec value(const Vec& t, float) { return t * logistic(t); }
  static TFSG_INLINE Vec first(const Vec& t, float) {
    const Vec s = logistic(t);
    return s + t * s * (Vec::all(1) - s);
  }
  static TFSG_INLINE Vec second(const Vec& t, float) {
    const Vec s = logistic(t), rest = Vec::all(1) - s;
    return s * rest * (Vec::all(2) + t * (rest - s));
  }
};

/* For act(t) * gain, clipped, of linear, relu and lrelu: everything that follows from the output alone. */
struct Piecewise {
  float positive, negative, clamp; /* factors on either side of zero; clamp is infinite for none */

  explicit Piecewise(const tfsg_activation& act)
      : positive(act.gain),
        negative(act.kind == TFSG_RELU ? 0.0f : act.kind == TFSG_LRELU ? act.gain * act.alpha : act.gain),
        clamp(act.clamp < 0 ? __builtin_inff() : act.clamp) {}

  /* In the way of the composed form, so that -inf * 0 is not met in relu, and NaN stays NaN. */
  TFSG_INLINE Vec value(const Vec& t) const {
    const Vec scaled = select(t > zero(), t * Vec::all(positive), t * Vec::all(negative));
    const Vec r = negative == 0 ? select(zero() > t, zero(), t * Vec::all(positive)) : scaled;
    return clip(r, Vec::all(-clamp), Vec::all(clamp));
  }
  /* d value / dt where the value is y. */
  TFSG_INLINE Vec factor(const Vec& y) const {
    const Vec m = select(y > zero(), Vec::all(positive), Vec::all(negative));
    return select(y >= Vec::all(clamp), zero(), select(Vec::all(-clamp) >= y, zero(), m));
  }
};

}  // namespace TFSG_ISA
}  // namespace tfsg
