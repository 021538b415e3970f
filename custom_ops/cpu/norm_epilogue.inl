/* StyleGAN's epilogue: noise, bias, activation, then instance norm with style, in two passes, and its gradient. */
namespace tfsg {
namespace TFSG_ISA {

/* act(x + noise * strength + b) * gain, clipped, for one vector of channels, and its derivative. */
template <int kind>
struct NormTerm {
  const float* strength; /* NULL for no noise */
  const float* b;
  bool one_strength;
  float alpha, gain, clamp;

  template <typename Args>
  explicit NormTerm(const Args* a, const float* bias)
      : strength(a->noise == nullptr ? nullptr : static_cast<const float*>(a->strength)),
        b(bias),
        one_strength(a->strength_channels == 1),
        alpha(a->act.alpha),
        gain(a->act.gain),
        clamp(a->act.clamp < 0 ? __builtin_inff() : a->act.clamp) {}

  TFSG_INLINE Vec many(int64_t c, int64_t count) const {
    if (strength == nullptr) return zero();
    return one_strength ? Vec::all(strength[0]) : load(strength + c, count);
  }
  TFSG_INLINE Vec before(const Vec& x, float noise, int64_t c, int64_t count) const {
    return fma(many(c, count), noise, x + load(b + c, count));
  }
  TFSG_INLINE Vec value(const Vec& t) const {
    return clip(Activation<kind>::value(t, alpha) * Vec::all(gain), Vec::all(-clamp), Vec::all(clamp));
  }
  TFSG_INLINE Vec slope(const Vec& t, const Vec& y) const {
    const Vec m = Activation<kind>::first(t, alpha) * Vec::all(gain);
    return select(y >= Vec::all(clamp), zero(), select(Vec::all(-clamp) >= y, zero(), m));
  }
};

/* One statistic pass over a block that stays in the cache, and Chan's rule to join blocks: no cancellation. */
constexpr int64_t kNormBlock = 32; /* pixels */

template <int kind>
void norm_1(const tfsg_norm_epilogue_args* a, int64_t sample, int64_t first, int64_t end, const NormSums& sums) {
  const int64_t channels = a->channels, start = sample * a->pixels;
  const RowOr bias(a->b, 0, channels, 0.0f);
  const NormTerm<kind> term(a, bias);
  const float* map = a->noise == nullptr ? nullptr : noise_of(a, sample);
  for (int64_t c = 0; c < channels; ++c) sums.mean[c] = sums.square[c] = 0;
  for (int64_t block = first; block < end; block += kNormBlock) {
    const int64_t stop = block + kNormBlock < end ? block + kNormBlock : end;
    const float before = static_cast<float>(block - first), here = static_cast<float>(stop - block);
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      Vec total = zero();
      for (int64_t p = block; p < stop; ++p) {
        const int64_t i = (start + p) * channels + c;
        const Vec x = load(static_cast<const float*>(a->x) + i, count);
        const Vec y = term.value(term.before(x, map == nullptr ? 0.0f : map[p], c, count));
        total = total + y;
        store(y, static_cast<float*>(a->y) + i, count);
      }
      const Vec mean = total * Vec::all(1.0f / here);
      Vec square = zero();
      for (int64_t p = block; p < stop; ++p) {
        const Vec off = load(static_cast<const float*>(a->y) + (start + p) * channels + c, count) - mean;
        square = fma(off, off, square);
      }
      const Vec old = load(sums.mean + c, count), apart = mean - old;
      store(fma(apart, here / (before + here), old), sums.mean + c, count);
      add_to(sums.square + c, fma(apart * apart, before * here / (before + here), square), count);
    }
  }
}

void norm_epilogue_2(const tfsg_norm_epilogue_args* a, int64_t sample, int64_t first, int64_t end, const float* factor,
                     const float* offset) {
  const int64_t channels = a->channels;
  for (int64_t p = first; p < end; ++p) {
    float* y = static_cast<float*>(a->y) + (sample * a->pixels + p) * channels;
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      store(fma(load(y + c, count), load(factor + c, count), load(offset + c, count)), y + c, count);
    }
  }
}

template <int kind>
void norm_grad_1(const tfsg_norm_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end, float* shift_sums,
                 float* scale_sums) {
  const int64_t channels = a->channels, start = sample * a->pixels;
  const RowOr bias(a->b, 0, channels, 0.0f);
  const NormTerm<kind> term(a, bias);
  const float* map = a->noise == nullptr ? nullptr : noise_of(a, sample);
  const float* mean = static_cast<const float*>(a->mean) + sample * channels;
  const float* rstd = static_cast<const float*>(a->rstd) + sample * channels;
  for (int64_t c = 0; c < channels; ++c) shift_sums[c] = scale_sums[c] = 0;
  for (int64_t block = first; block < end; block += kNormBlock) {
    const int64_t stop = block + kNormBlock < end ? block + kNormBlock : end;
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      const Vec centre = load(mean + c, count), factor = load(rstd + c, count);
      Vec shift = zero(), scale = zero();
      for (int64_t p = block; p < stop; ++p) {
        const int64_t i = (start + p) * channels + c;
        const Vec t = term.before(load(static_cast<const float*>(a->x) + i, count), map == nullptr ? 0.0f : map[p], c, count);
        const Vec dy = load(static_cast<const float*>(a->dy) + i, count);
        shift = shift + dy;
        scale = fma(dy, (term.value(t) - centre) * factor, scale);
      }
      add_to(shift_sums + c, shift, count);
      add_to(scale_sums + c, scale, count);
    }
  }
}

template <int kind>
void norm_grad_2(const tfsg_norm_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end,
                 const EpilogueSums& sums, float* noise_sums) {
  const int64_t channels = a->channels, start = sample * a->pixels;
  const RowOr bias(a->b, 0, channels, 0.0f), scale(a->scale, sample * channels, channels, 1.0f);
  const NormTerm<kind> term(a, bias);
  const float* map = a->noise == nullptr ? nullptr : noise_of(a, sample);
  const float* mean = static_cast<const float*>(a->mean) + sample * channels;
  const float* rstd = static_cast<const float*>(a->rstd) + sample * channels;
  const float* shift_sums = static_cast<const float*>(a->dshift) + sample * channels;
  const float* scale_sums = static_cast<const float*>(a->dscale) + sample * channels;
  const Vec each = Vec::all(1.0f / static_cast<float>(a->pixels));
  for (int64_t p = first; p < end; ++p) {
    const float noise = map == nullptr ? 0.0f : map[p];
    Vec by_pixel = zero();
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c, i = (start + p) * channels + c;
      const Vec t = term.before(load(static_cast<const float*>(a->x) + i, count), noise, c, count);
      const Vec y = term.value(t), factor = load(rstd + c, count);
      const Vec normal = (y - load(mean + c, count)) * factor;
      const Vec dy = load(static_cast<const float*>(a->dy) + i, count);
      const Vec rest = dy - (load(shift_sums + c, count) + normal * load(scale_sums + c, count)) * each;
      const Vec g = load(scale + c, count) * factor * rest * term.slope(t, y);
      store(g, static_cast<float*>(a->dx) + i, count);
      add_to(sums.b + c, g, count);
      if (map != nullptr) {
        by_pixel = fma(g, term.many(c, count), by_pixel);
        if (!term.one_strength) add_to(sums.strength + c, g * Vec::all(noise), count);
        else sums.strength[0] += noise * sum(g);
      }
    }
    if (map != nullptr) noise_sums[p] = sum(by_pixel);
  }
}

#define TFSG_BY_KIND(function, ...)                                              \
  switch (a->act.kind) {                                                         \
    case TFSG_LINEAR: return function<TFSG_LINEAR>(__VA_ARGS__);                 \
    case TFSG_RELU: return function<TFSG_RELU>(__VA_ARGS__);                     \
    case TFSG_LRELU: return function<TFSG_LRELU>(__VA_ARGS__);                   \
    case TFSG_TANH: return function<TFSG_TANH>(__VA_ARGS__);                     \
    case TFSG_SIGMOID: return function<TFSG_SIGMOID>(__VA_ARGS__);               \
    case TFSG_ELU: return function<TFSG_ELU>(__VA_ARGS__);                       \
    case TFSG_SELU: return function<TFSG_SELU>(__VA_ARGS__);                     \
    case TFSG_SOFTPLUS: return function<TFSG_SOFTPLUS>(__VA_ARGS__);             \
    default: return function<TFSG_SWISH>(__VA_ARGS__);                           \
  }

void norm_epilogue_1(const tfsg_norm_epilogue_args* a, int64_t sample, int64_t first, int64_t end,
                     const NormSums& sums) {
  TFSG_BY_KIND(norm_1, a, sample, first, end, sums)
}
void norm_epilogue_grad_1(const tfsg_norm_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end,
                          float* shift_sums, float* scale_sums) {
  TFSG_BY_KIND(norm_grad_1, a, sample, first, end, shift_sums, scale_sums)
}
void norm_epilogue_grad_2(const tfsg_norm_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end,
                          const EpilogueSums& sums, float* noise_sums) {
  TFSG_BY_KIND(norm_grad_2, a, sample, first, end, sums, noise_sums)
}
#undef TFSG_BY_KIND

}  // namespace TFSG_ISA
}  // namespace tfsg
