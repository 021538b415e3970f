/* The style epilogue with its first and second derivative, for a range of pixels of one sample.
 *
 * Kernels are instantiated for three kinds of noise: none, one strength, a strength for every channel. Terms that are
 * absent otherwise are rows of ones or zeros, which costs nothing that matters beside the memory traffic.
 */
namespace tfsg {
namespace TFSG_ISA {

enum { kNoNoise = 0, kOneStrength = 1, kManyStrengths = 2 };
constexpr int kUnroll = 4; /* pixels at once, so that sums over pixels stay in registers for a while */

/* The given row of values, or a row of `value` in its place. */
class RowOr {
 public:
  RowOr(const void* given, int64_t offset, int64_t channels, float value) {
    if (given != nullptr) {
      row_ = static_cast<const float*>(given) + offset;
      return;
    }
    own_ = channels <= kFew ? few_ : static_cast<float*>(malloc(sizeof(float) * channels));
    for (int64_t c = 0; c < channels; ++c) own_[c] = value;
    row_ = own_;
  }
  ~RowOr() {
    if (own_ != nullptr && own_ != few_) free(own_);
  }
  RowOr(const RowOr&) = delete;
  RowOr& operator=(const RowOr&) = delete;
  operator const float*() const { return row_; }

 private:
  static constexpr int64_t kFew = 1024;
  float few_[kFew];
  float* own_ = nullptr;
  const float* row_;
};

template <typename Args>
TFSG_INLINE int noise_kind(const Args* a) {
  if (a->noise == nullptr || a->strength == nullptr) return kNoNoise;
  return a->strength_channels == 1 ? kOneStrength : kManyStrengths;
}

/* The noise of one sample, or NULL. */
template <typename Args>
TFSG_INLINE const float* noise_of(const Args* a, int64_t sample) {
  return static_cast<const float*>(a->noise) + (a->noise_batch == 1 ? 0 : sample * a->pixels);
}

TFSG_INLINE void add_to(float* to, const Vec& v, int64_t count) { store(load(to, count) + v, to, count); }

template <int noise>
void style_epilogue_noise(const tfsg_style_epilogue_args* a, int64_t sample, int64_t first, int64_t end) {
  const int64_t channels = a->channels, start = sample * a->pixels;
  const RowOr d(a->d, sample * channels, channels, 1.0f), b(a->b, 0, channels, 0.0f);
  const Piecewise act(a->act);
  const float* strength = static_cast<const float*>(a->strength);
  const float* map = noise == kNoNoise ? nullptr : noise_of(a, sample);
  for (int64_t p = first; p < end; ++p) {
    const float* x = static_cast<const float*>(a->x) + (start + p) * channels;
    float* y = static_cast<float*>(a->y) + (start + p) * channels;
    const Vec added = Vec::all(noise == kNoNoise ? 0 : noise == kOneStrength ? map[p] * strength[0] : map[p]);
    for (int64_t c = 0; c < channels; c += kLanes) {
      const int64_t count = channels - c;
      Vec t = load(b + c, count);
      if (noise == kOneStrength) t = t + added;
      if (noise == kManyStrengths) t = fma(added, load(strength + c, count), t);
      store(act.value(fma(load(x + c, count), load(d + c, count), t)), y + c, count);
    }
  }
}

void style_epilogue(const tfsg_style_epilogue_args* a, int64_t sample, int64_t first, int64_t end) {
  switch (noise_kind(a)) {
    case kNoNoise: return style_epilogue_noise<kNoNoise>(a, sample, first, end);
    case kOneStrength: return style_epilogue_noise<kOneStrength>(a, sample, first, end);
    default: return style_epilogue_noise<kManyStrengths>(a, sample, first, end);
  }
}

/* `rows` pixels from p on. */
template <int noise, bool styled, int rows>
TFSG_INLINE void style_grad_rows(const tfsg_style_epilogue_grad_args* a, const Piecewise& act, const float* d,
                                 const float* map, int64_t sample, int64_t p, const EpilogueSums& sums,
                                 float* noise_sums) {
  const int64_t channels = a->channels, at = (sample * a->pixels + p) * channels;
  const float* dy = static_cast<const float*>(a->dy) + at;
  const float* y = static_cast<const float*>(a->y) + at;
  const float* x = static_cast<const float*>(a->x) + (styled ? at : 0);
  float* dx = static_cast<float*>(a->dx) + at;
  const float* strength = static_cast<const float*>(a->strength);
  Vec by_pixel[rows];
  for (int r = 0; r < rows; ++r) by_pixel[r] = zero();
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t count = channels - c;
    Vec by_channel = zero(), by_style = zero(), by_strength = zero();
    const Vec style = styled ? load(d + c, count) : zero();
    const Vec many = noise == kManyStrengths ? load(strength + c, count) : zero();
    for (int r = 0; r < rows; ++r) {
      const int64_t i = r * channels + c;
      const Vec g = load(dy + i, count) * act.factor(load(y + i, count));
      by_channel = by_channel + g;
      if (styled) by_style = fma(g, load(x + i, count), by_style);
      if (noise == kOneStrength) by_pixel[r] = by_pixel[r] + g;
      if (noise == kManyStrengths) {
        by_pixel[r] = fma(g, many, by_pixel[r]);
        by_strength = fma(g, map[p + r], by_strength);
      }
      store(styled ? g * style : g, dx + i, count);
    }
    add_to(sums.b + c, by_channel, count);
    if (styled) add_to(sums.d + c, by_style, count);
    if (noise == kManyStrengths) add_to(sums.strength + c, by_strength, count);
  }
  for (int r = 0; noise != kNoNoise && r < rows; ++r) {
    const float total = sum(by_pixel[r]);
    noise_sums[p + r] = noise == kOneStrength ? total * strength[0] : total;
    if (noise == kOneStrength) sums.strength[0] += total * map[p + r];
  }
}

template <int noise, bool styled>
void style_grad(const tfsg_style_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end,
                const EpilogueSums& sums, float* noise_sums) {
  const Piecewise act(a->act);
  const float* d = styled ? static_cast<const float*>(a->d) + sample * a->channels : nullptr;
  const float* map = noise == kNoNoise ? nullptr : noise_of(a, sample);
  int64_t p = first;
  for (; p + kUnroll <= end; p += kUnroll)
    style_grad_rows<noise, styled, kUnroll>(a, act, d, map, sample, p, sums, noise_sums);
  for (; p < end; ++p) style_grad_rows<noise, styled, 1>(a, act, d, map, sample, p, sums, noise_sums);
}

void style_epilogue_grad(const tfsg_style_epilogue_grad_args* a, int64_t sample, int64_t first, int64_t end,
                         const EpilogueSums& sums, float* noise_sums) {
  const bool styled = a->d != nullptr;
  switch (noise_kind(a)) {
    case kNoNoise:
      return styled ? style_grad<kNoNoise, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad<kNoNoise, false>(a, sample, first, end, sums, noise_sums);
    case kOneStrength:
      return styled ? style_grad<kOneStrength, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad<kOneStrength, false>(a, sample, first, end, sums, noise_sums);
    default:
      return styled ? style_grad<kManyStrengths, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad<kManyStrengths, false>(a, sample, first, end, sums, noise_sums);
  }
}

template <int noise, bool styled, int rows>
TFSG_INLINE void style_grad_grad_rows(const tfsg_style_epilogue_grad_grad_args* a, const Piecewise& act,
                                      const float* d, const float* gdd, const float* gdb, const float* gdstrength,
                                      const float* gdnoise, const float* map, int64_t sample, int64_t p,
                                      const EpilogueSums& sums, float* noise_sums) {
  const int64_t channels = a->channels, at = (sample * a->pixels + p) * channels;
  const float* dy = static_cast<const float*>(a->dy) + at;
  const float* y = static_cast<const float*>(a->y) + at;
  const float* x = static_cast<const float*>(a->x) + (styled ? at : 0);
  const float* gdx = a->gdx == nullptr ? nullptr : static_cast<const float*>(a->gdx) + at;
  const float* strength = static_cast<const float*>(a->strength);
  float* ddy = static_cast<float*>(a->ddy) + at;
  float* gx = a->gx == nullptr ? nullptr : static_cast<float*>(a->gx) + at;
  Vec by_pixel[rows];
  for (int r = 0; r < rows; ++r) by_pixel[r] = zero();
  for (int64_t c = 0; c < channels; c += kLanes) {
    const int64_t count = channels - c;
    const Vec style = styled ? load(d + c, count) : Vec::all(1);
    const Vec style_cotangent = styled ? load(gdd + c, count) : zero(), bias_cotangent = load(gdb + c, count);
    Vec many = zero(), many_cotangent = zero();
    if (noise != kNoNoise) {
      many = noise == kOneStrength ? Vec::all(strength[0]) : load(strength + c, count);
      many_cotangent = noise == kOneStrength ? Vec::all(gdstrength[0]) : load(gdstrength + c, count);
    }
    Vec by_style = zero(), by_strength = zero();
    for (int r = 0; r < rows; ++r) {
      const int64_t i = r * channels + c;
      const Vec m = act.factor(load(y + i, count)), g = load(dy + i, count) * m;
      const Vec cotangent = gdx == nullptr ? zero() : load(gdx + i, count);
      Vec tangent = fma(cotangent, style, bias_cotangent);
      if (styled) {
        tangent = fma(style_cotangent, load(x + i, count), tangent);
        by_style = fma(cotangent, g, by_style);
      }
      if (noise != kNoNoise) {
        tangent = fma(many, gdnoise == nullptr ? 0.0f : gdnoise[p + r], tangent);
        tangent = fma(many_cotangent, map[p + r], tangent);
        by_pixel[r] = fma(many_cotangent, g, by_pixel[r]);
        if (gdnoise != nullptr) by_strength = fma(g, gdnoise[p + r], by_strength);
      }
      store(tangent * m, ddy + i, count);
      if (styled && gx != nullptr) store(style_cotangent * g, gx + i, count);
    }
    if (styled) add_to(sums.d + c, by_style, count);
    if (noise == kManyStrengths) add_to(sums.strength + c, by_strength, count);
    if (noise == kOneStrength) sums.strength[0] += sum(by_strength);
  }
  for (int r = 0; noise != kNoNoise && r < rows; ++r) noise_sums[p + r] = sum(by_pixel[r]);
}

template <int noise, bool styled>
void style_grad_grad(const tfsg_style_epilogue_grad_grad_args* a, int64_t sample, int64_t first, int64_t end,
                     const EpilogueSums& sums, float* noise_sums) {
  const Piecewise act(a->act);
  const int64_t channels = a->channels;
  const float* d = styled ? static_cast<const float*>(a->d) + sample * channels : nullptr;
  const RowOr gdd(a->gdd, sample * channels, channels, 0.0f), gdb(a->gdb, 0, channels, 0.0f);
  const RowOr gdstrength(a->gdstrength, 0, channels, 0.0f);
  const float* map = noise == kNoNoise ? nullptr : noise_of(a, sample);
  const float* gdnoise = a->gdnoise == nullptr ? nullptr
                                               : static_cast<const float*>(a->gdnoise) +
                                                     (a->noise_batch == 1 ? 0 : sample * a->pixels);
  int64_t p = first;
  for (; p + kUnroll <= end; p += kUnroll)
    style_grad_grad_rows<noise, styled, kUnroll>(a, act, d, gdd, gdb, gdstrength, gdnoise, map, sample, p, sums,
                                                 noise_sums);
  for (; p < end; ++p)
    style_grad_grad_rows<noise, styled, 1>(a, act, d, gdd, gdb, gdstrength, gdnoise, map, sample, p, sums, noise_sums);
}

void style_epilogue_grad_grad(const tfsg_style_epilogue_grad_grad_args* a, int64_t sample, int64_t first, int64_t end,
                              const EpilogueSums& sums, float* noise_sums) {
  const bool styled = a->d != nullptr;
  switch (noise_kind(a)) {
    case kNoNoise:
      return styled ? style_grad_grad<kNoNoise, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad_grad<kNoNoise, false>(a, sample, first, end, sums, noise_sums);
    case kOneStrength:
      return styled ? style_grad_grad<kOneStrength, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad_grad<kOneStrength, false>(a, sample, first, end, sums, noise_sums);
    default:
      return styled ? style_grad_grad<kManyStrengths, true>(a, sample, first, end, sums, noise_sums)
                    : style_grad_grad<kManyStrengths, false>(a, sample, first, end, sums, noise_sums);
  }
}

}  // namespace TFSG_ISA
}  // namespace tfsg
