/* bias_act: order 0, 1 and 2 of tfsg_bias_act_args, for a range of rows. */
namespace tfsg {
namespace TFSG_ISA {

/* Rows of a few channels are taken several at a time, so that vectors are full: 16 rows of 3 channels are one of 48. */
TFSG_INLINE int64_t rows_at_once(int64_t channels) {
  int64_t rows = 1;
  while (rows * channels % kLanes != 0) rows *= 2;
  return rows;
}

/* What one element is, given the terms; the compiler drops what a kind and an order do not use. */
template <int kind, int order, bool by_output>
struct BiasActElement {
  float alpha, gain;
  Piecewise piecewise;
  bool clipped;

  explicit BiasActElement(const tfsg_activation& act)
      : alpha(act.alpha), gain(act.gain), piecewise(act), clipped(act.clamp >= 0) {}

  TFSG_INLINE Vec operator()(const Vec& t, const Vec& dy, const Vec& dd) const {
    using Act = Activation<kind>;
    if (order == 1 && by_output) return dy * piecewise.factor(t);
    const Vec low = Vec::all(-piecewise.clamp), high = Vec::all(piecewise.clamp);
    if (order == 0) {
      const Vec y = Act::value(t, alpha) * Vec::all(gain);
      return clipped ? clip(y, low, high) : y;
    }
    Vec r = (order == 1 ? dy * Act::first(t, alpha) : dd * dy * Act::second(t, alpha)) * Vec::all(gain);
    if (clipped) {
      const Vec y = Act::value(t, alpha) * Vec::all(gain);
      r = select(y > high, zero(), select(low > y, zero(), r));
    }
    return r;
  }
};

template <int kind, int order, bool by_output>
void bias_act_rows(const tfsg_bias_act_args* a, int64_t first_row, int64_t end_row, float* sums, float* scratch) {
  const BiasActElement<kind, order, by_output> element(a->act);
  const int64_t channels = a->channels, at_once = rows_at_once(channels), width = at_once * channels;
  const float* source = static_cast<const float*>(by_output ? a->y_ref : a->x);
  const float* dy = static_cast<const float*>(a->dy);
  const float* dd = static_cast<const float*>(a->dd);
  float* y = static_cast<float*>(a->y);
  /* Bias, gradient's bias and sums, repeated for the rows that are taken at once. */
  float *bias = scratch, *gradient_bias = scratch + width, *total = scratch + 2 * width;
  const bool biased = !by_output && a->b != nullptr, gradient_biased = order == 1 && a->gb != nullptr;
  for (int64_t i = 0; i < width; ++i) {
    bias[i] = biased ? static_cast<const float*>(a->b)[i % channels] : 0.0f;
    gradient_bias[i] = gradient_biased ? static_cast<const float*>(a->gb)[i % channels] : 0.0f;
    total[i] = 0.0f;
  }
  const int64_t end = end_row * channels;
  for (int64_t row = first_row * channels; row < end; row += width) {
    const int64_t here = end - row < width ? end - row : width;
    for (int64_t i = 0; i < here; i += kLanes) {
      const int64_t at = row + i, count = here - i;
      Vec t = load(source + at, count);
      if (!by_output) t = t + Vec::load(bias + i);
      const Vec gradient = order == 0 ? zero() : load(dy + at, count) + (order == 1 ? Vec::load(gradient_bias + i) : zero());
      const Vec r = element(t, gradient, order == 2 ? load(dd + at, count) : zero());
      store(r, y + at, count);
      if (order > 0 && sums != nullptr) {
        if (count >= kLanes) {
          (Vec::load(total + i) + r).store(total + i);
        } else {
          store(load(total + i, count) + r, total + i, count);
        }
      }
    }
  }
  if (order > 0 && sums != nullptr) {
    for (int64_t c = 0; c < channels; ++c) sums[c] = total[c];
    for (int64_t i = channels; i < width; ++i) sums[i % channels] += total[i];
  }
}

template <int kind>
void bias_act_kind(const tfsg_bias_act_args* a, int64_t first, int64_t end, float* sums, float* scratch) {
  if (a->order == 0) return bias_act_rows<kind, 0, false>(a, first, end, sums, scratch);
  if (a->order == 2) return bias_act_rows<kind, 2, false>(a, first, end, sums, scratch);
  if (kind <= TFSG_LRELU && a->y_ref != nullptr)
    return bias_act_rows<kind <= TFSG_LRELU ? kind : TFSG_LINEAR, 1, true>(a, first, end, sums, scratch);
  bias_act_rows<kind, 1, false>(a, first, end, sums, scratch);
}

void bias_act(const tfsg_bias_act_args* a, int64_t first, int64_t end, float* sums) {
  const int64_t width = rows_at_once(a->channels) * a->channels;
  float few[3 * 512];
  float* scratch = width <= 512 ? few : static_cast<float*>(malloc(sizeof(float) * 3 * width));
  switch (a->act.kind) {
    case TFSG_LINEAR: bias_act_kind<TFSG_LINEAR>(a, first, end, sums, scratch); break;
    case TFSG_RELU: bias_act_kind<TFSG_RELU>(a, first, end, sums, scratch); break;
    case TFSG_LRELU: bias_act_kind<TFSG_LRELU>(a, first, end, sums, scratch); break;
    case TFSG_TANH: bias_act_kind<TFSG_TANH>(a, first, end, sums, scratch); break;
    case TFSG_SIGMOID: bias_act_kind<TFSG_SIGMOID>(a, first, end, sums, scratch); break;
    case TFSG_ELU: bias_act_kind<TFSG_ELU>(a, first, end, sums, scratch); break;
    case TFSG_SELU: bias_act_kind<TFSG_SELU>(a, first, end, sums, scratch); break;
    case TFSG_SOFTPLUS: bias_act_kind<TFSG_SOFTPLUS>(a, first, end, sums, scratch); break;
    case TFSG_SWISH: bias_act_kind<TFSG_SWISH>(a, first, end, sums, scratch); break;
  }
  if (scratch != few) free(scratch);
}

}  // namespace TFSG_ISA
}  // namespace tfsg
