/* upfirdn2d by rows: taps along y make a row at the input's width, taps along x make the output row from it. */
namespace tfsg {
namespace TFSG_ISA {

constexpr int64_t kTileFloats = 3072; /* of the row between the passes, so that it stays in the first cache */

TFSG_INLINE int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

/* Columns of output that are made at once, and the inputs that they read. */
TFSG_INLINE int64_t columns_at_once(const tfsg_upfirdn2d_args* a, const Axis& x) {
  int64_t inputs = kTileFloats / a->channels;
  if (inputs < 16) inputs = 16;
  int64_t columns = inputs * a->up_x / a->down_x;
  if (columns < a->out_w) { /* tiles of equal width */
    const int64_t tiles = (a->out_w + columns - 1) / columns;
    columns = (a->out_w + tiles - 1) / tiles + x.up - 1;
  }
  columns -= columns % x.up; /* whole groups of phases */
  if (columns < x.up) columns = x.up;
  return columns;
}
TFSG_INLINE int64_t most_inputs(const tfsg_upfirdn2d_args* a, const Axis& x, int64_t columns) {
  return (columns * a->down_x + a->f.width) / a->up_x + 3 + x.down;
}

int64_t upfirdn2d_scratch(const tfsg_upfirdn2d_args* a, const Axis& x) {
  const int64_t columns = columns_at_once(a, x);
  return (most_inputs(a, x, columns) + columns + kLanes) * a->channels + 2 * kLanes;
}

/* y[o] = sum_k f[k] * row[first + o * step + k], o < count, for pixels of `channels`; or added to what y holds. */
template <int fixed_taps, bool add>
void fir_pixels(const float* TFSG_RESTRICT row, const float* f, int taps, int64_t step, int64_t count,
                int64_t channels, float* TFSG_RESTRICT y, int64_t y_step) {
  const int n = fixed_taps > 0 ? fixed_taps : taps;
  for (int64_t o = 0; o < count; ++o) {
    const float* from = row + o * step * channels;
    float* to = y + o * y_step * channels;
    int64_t c = 0;
    for (; c + kLanes <= channels; c += kLanes) {
      Vec r = add ? Vec::load(to + c) : zero();
      for (int k = 0; k < n; ++k) r = fma(Vec::load(from + k * channels + c), f[k], r);
      r.store(to + c);
    }
    for (; c < channels; ++c) {
      float r = add ? to[c] : 0;
      for (int k = 0; k < n; ++k) r += from[k * channels + c] * f[k];
      to[c] = r;
    }
  }
}

/* The same where all is dense (step and y_step are one): pixels run into each other, and channels do not matter. */
template <int fixed_taps, bool add>
void fir_dense(const float* TFSG_RESTRICT row, const float* f, int taps, int64_t floats, int64_t channels,
               float* TFSG_RESTRICT y) {
  const int n = fixed_taps > 0 ? fixed_taps : taps;
  int64_t i = 0;
  for (; i + kLanes <= floats; i += kLanes) {
    Vec r = add ? Vec::load(y + i) : zero();
    for (int k = 0; k < n; ++k) r = fma(Vec::load(row + k * channels + i), f[k], r);
    r.store(y + i);
  }
  for (; i < floats; ++i) {
    float r = add ? y[i] : 0;
    for (int k = 0; k < n; ++k) r += row[k * channels + i] * f[k];
    y[i] = r;
  }
}

template <int fixed_taps>
void fir(const float* row, const float* f, int taps, int64_t step, int64_t count, int64_t channels, float* y,
         int64_t y_step, bool add) {
  if (step == 1 && y_step == 1) {
    return add ? fir_dense<fixed_taps, true>(row, f, taps, count * channels, channels, y)
               : fir_dense<fixed_taps, false>(row, f, taps, count * channels, channels, y);
  }
  return add ? fir_pixels<fixed_taps, true>(row, f, taps, step, count, channels, y, y_step)
             : fir_pixels<fixed_taps, false>(row, f, taps, step, count, channels, y, y_step);
}

void fir_any(const float* row, const float* f, int taps, int64_t step, int64_t count, int64_t channels, float* y,
             int64_t y_step, bool add) {
  switch (taps) {
    case 1: return fir<1>(row, f, taps, step, count, channels, y, y_step, add);
    case 2: return fir<2>(row, f, taps, step, count, channels, y, y_step, add);
    case 3: return fir<3>(row, f, taps, step, count, channels, y, y_step, add);
    case 4: return fir<4>(row, f, taps, step, count, channels, y, y_step, add);
    case 6: return fir<6>(row, f, taps, step, count, channels, y, y_step, add);
    case 12: return fir<12>(row, f, taps, step, count, channels, y, y_step, add);
    default: return fir<0>(row, f, taps, step, count, channels, y, y_step, add);
  }
}

/* to[i] = sum_k f[k] * rows[k][i], 0 < taps; zeros where there is none. */
void combine_rows(const float* const* rows, const float* f, int taps, int64_t floats, float* TFSG_RESTRICT to) {
  int64_t i = 0;
  if (taps == 2) {
    for (; i + kLanes <= floats; i += kLanes)
      fma(Vec::load(rows[1] + i), f[1], Vec::load(rows[0] + i) * Vec::all(f[0])).store(to + i);
  } else if (taps == 4) {
    for (; i + kLanes <= floats; i += kLanes) {
      const Vec low = fma(Vec::load(rows[1] + i), f[1], Vec::load(rows[0] + i) * Vec::all(f[0]));
      fma(Vec::load(rows[3] + i), f[3], fma(Vec::load(rows[2] + i), f[2], low)).store(to + i);
    }
  } else {
    for (; i + kLanes <= floats; i += kLanes) {
      Vec r = zero();
      for (int k = 0; k < taps; ++k) r = fma(Vec::load(rows[k] + i), f[k], r);
      r.store(to + i);
    }
  }
  for (; i < floats; ++i) {
    float r = 0;
    for (int k = 0; k < taps; ++k) r += rows[k][i] * f[k];
    to[i] = r;
  }
}

/* Makes output columns [first, end) of a row from inputs [low, ...) in `row`, by the taps f. */
TFSG_INLINE void make_columns(const Axis& x, const float* f, const float* row, int64_t low, int64_t first,
                              int64_t end, int64_t channels, float* y, bool add) {
  for (int r = 0; r < x.up; ++r) {
    const Phase& phase = x.phase[r];
    /* first is a multiple of up, except that there may be fewer outputs than phases */
    const int64_t group = first / x.up, count = (end - first - r + x.up - 1) / x.up;
    if (count <= 0) continue;
    float taps[kMostTaps];
    for (int k = 0; k < phase.count; ++k) taps[k] = f[x.tap[phase.begin + k]];
    const float* from = row + (phase.first + group * x.down - low) * channels;
    fir_any(from, taps, phase.count, x.down, count, channels, y + r * channels, x.up, add);
  }
}

void upfirdn2d(const tfsg_upfirdn2d_args* a, const Axis& y_axis, const Axis& x_axis, int64_t sample, int64_t first_row,
               int64_t end_row, float* scratch) {
  const int64_t channels = a->channels, at_once = columns_at_once(a, x_axis);
  const float* x = static_cast<const float*>(a->x) + sample * a->in_h * a->in_w * channels;
  const int64_t y_start = sample * a->out_h * a->out_w * channels;
  float* y = static_cast<float*>(a->y) + y_start;
  const float* add = a->add == nullptr ? nullptr : static_cast<const float*>(a->add) + y_start;
  const bool separable = a->f.x != nullptr;
  for (int64_t first = 0; first < a->out_w; first += at_once) {
    const int64_t end = first + at_once < a->out_w ? first + at_once : a->out_w;
    /* The inputs that these columns read. */
    int64_t low = INT64_MAX, high = INT64_MIN;
    for (int r = 0; r < x_axis.up && first + r < end; ++r) {
      const Phase& phase = x_axis.phase[r];
      const int64_t groups = (end - first - r - 1) / x_axis.up, start = phase.first + first / x_axis.up * x_axis.down;
      const int64_t stop = start + groups * x_axis.down + (phase.count > 0 ? phase.count : 1);
      if (start < low) low = start;
      if (stop > high) high = stop;
    }
    const int64_t inside_low = low > 0 ? low : 0, inside_high = high < a->in_w ? high : a->in_w;
    const int64_t inside = inside_high > inside_low ? inside_high - inside_low : 0;
    const int64_t zeros_before = inside > 0 ? inside_low - low : high - low;
    const int64_t zeros_after = inside > 0 ? high - inside_high : 0;
    float* row = scratch;
    memset(row, 0, sizeof(float) * zeros_before * channels);
    memset(row + (zeros_before + inside) * channels, 0, sizeof(float) * zeros_after * channels);
    float* middle = row + zeros_before * channels;

    for (int64_t o = first_row; o < end_row; ++o) {
      const Phase& phase = y_axis.phase[o % y_axis.up];
      const int64_t top = phase.first + o / y_axis.up * y_axis.down;
      const float* rows[kMostTaps];
      float taps[kMostTaps];
      int tap[kMostTaps];
      int count = 0;
      for (int k = 0; k < phase.count; ++k) {
        const int64_t i = top + k;
        if (i < 0 || i >= a->in_h) continue;
        rows[count] = x + (i * a->in_w + inside_low) * channels;
        tap[count] = y_axis.tap[phase.begin + k];
        taps[count] = separable ? a->f.y[tap[count]] : 1.0f;
        ++count;
      }
      float* to = y + (o * a->out_w + first) * channels;
      const int64_t floats = (end - first) * channels;
      bool started = false;
      if (add != nullptr) {
        if (add != static_cast<const float*>(a->y) + y_start)
          memcpy(to, add + (o * a->out_w + first) * channels, sizeof(float) * floats);
        started = true;
      }
      if (separable) {
        combine_rows(rows, taps, count, inside * channels, middle);
        make_columns(x_axis, a->f.x, row, low, first, end, channels, to, started);
      } else {
        for (int k = 0; k < count; ++k) {
          memcpy(middle, rows[k], sizeof(float) * inside * channels);
          make_columns(x_axis, a->f.y + static_cast<int64_t>(tap[k]) * a->f.width, row, low, first, end, channels, to,
                       started);
          started = true;
        }
        if (!started) memset(to, 0, sizeof(float) * floats);
      }
    }
  }
}

}  // namespace TFSG_ISA
}  // namespace tfsg
