/* Filtered leaky ReLU for a tile of output and a group of 16 channels, row by row at the upsampled rate.
 *
 * Input rows are copied into a ring of padded rows; each upsampled row is made from it, activated, and filtered along x
 * into a second ring, from which the output rows are made. All of it stays in the caches. The last group of channels
 * ends at the last channel and overlaps the group before it, so that vectors are full.
 */
namespace tfsg {
namespace TFSG_ISA {

struct LreluPlan {
  int64_t columns;                /* of output */
  int64_t mid_columns;            /* upsampled */
  int64_t low;                    /* first input column, maybe negative */
  int64_t in_columns;
  int64_t in_rows, out_rows;      /* sizes of the rings */
  bool fu_separable, fd_separable;
};

LreluPlan plan_tile(const tfsg_filtered_lrelu_args* a, int64_t first_column, int64_t columns) {
  LreluPlan p;
  p.columns = columns;
  p.mid_columns = (columns - 1) * a->down + a->fd.width;
  const int64_t start = first_column * a->down - a->pad_x0; /* upsampled position that the first one begins with */
  p.low = floor_div(start + a->up - 1, a->up);
  p.in_columns = floor_div(start + p.mid_columns - 1 + a->fu.width - 1, a->up) - p.low + 1;
  if (p.in_columns < 1) p.in_columns = 1;
  p.in_columns += 4; /* blocks of columns read a little further */
  p.in_rows = (a->fu.height + a->up - 1) / a->up + 1;
  p.out_rows = a->fd.height;
  p.fu_separable = a->fu.x != nullptr;
  p.fd_separable = a->fd.x != nullptr;
  return p;
}

TFSG_INLINE int64_t padded_mid(const LreluPlan& p) { return p.mid_columns + 8; }

int64_t filtered_lrelu_scratch(const tfsg_filtered_lrelu_args* a, int64_t columns) {
  LreluPlan p = plan_tile(a, 0, columns);
  p.in_columns += 1; /* depends on where the tile begins */
  const int64_t ring = p.fd_separable ? p.columns + 4 : padded_mid(p);
  return (p.in_rows * p.in_columns + p.in_columns + padded_mid(p) + p.out_rows * ring) * kLanes;
}

/* y[i * y_step] += or = sum_k f[k] * x[i * step + k], i < count, in vectors: four outputs at a time hide the latency. */
template <int fixed_taps, bool add>
TFSG_INLINE void fir_vectors(const float* x, const float* f, int taps, int64_t step, int64_t count, float* y,
                             int64_t y_step) {
  const int n = fixed_taps > 0 ? fixed_taps : taps;
  int64_t i = 0;
  for (; i + 4 <= count; i += 4) {
    const float* from = x + i * step * kLanes;
    float* to = y + i * y_step * kLanes;
    Vec r0 = add ? Vec::load(to) : zero(), r1 = add ? Vec::load(to + y_step * kLanes) : zero();
    Vec r2 = add ? Vec::load(to + 2 * y_step * kLanes) : zero(), r3 = add ? Vec::load(to + 3 * y_step * kLanes) : zero();
    for (int k = 0; k < n; ++k) {
      const float* at = from + k * kLanes;
      r0 = fma(Vec::load(at), f[k], r0);
      r1 = fma(Vec::load(at + step * kLanes), f[k], r1);
      r2 = fma(Vec::load(at + 2 * step * kLanes), f[k], r2);
      r3 = fma(Vec::load(at + 3 * step * kLanes), f[k], r3);
    }
    r0.store(to);
    r1.store(to + y_step * kLanes);
    r2.store(to + 2 * y_step * kLanes);
    r3.store(to + 3 * y_step * kLanes);
  }
  for (; i < count; ++i) {
    const float* from = x + i * step * kLanes;
    Vec r = add ? Vec::load(y + i * y_step * kLanes) : zero();
    for (int k = 0; k < n; ++k) r = fma(Vec::load(from + k * kLanes), f[k], r);
    r.store(y + i * y_step * kLanes);
  }
}

template <bool add>
void fir_vectors_any(const float* x, const float* f, int taps, int64_t step, int64_t count, float* y, int64_t y_step) {
  switch (taps) {
    case 1: return fir_vectors<1, add>(x, f, taps, step, count, y, y_step);
    case 6: return fir_vectors<6, add>(x, f, taps, step, count, y, y_step);
    case 12: return fir_vectors<12, add>(x, f, taps, step, count, y, y_step);
    default: return fir_vectors<0, add>(x, f, taps, step, count, y, y_step);
  }
}

struct LreluTile {
  const tfsg_filtered_lrelu_args* a;
  LreluPlan plan;
  int64_t sample, group, channel, lanes; /* the group's first channel and how many there are, 16 but for few channels */
  int64_t first_column;
  int shift; /* lanes by which the last group overlaps the one before it */
  float *in_ring, *blend, *mid, *out_ring;

  /* Input row r, with the bias, into the ring; outside of the image it is zeros. */
  void fetch(int64_t r) const {
    float* to = in_ring + (r % plan.in_rows) * plan.in_columns * kLanes;
    const float* bias = static_cast<const float*>(a->b);
    const Vec b = bias == nullptr || a->read_codes ? zero() : load(bias + channel, lanes);
    const float* row = static_cast<const float*>(a->x) + ((sample * a->in_h + r) * a->in_w) * a->channels + channel;
    for (int64_t i = 0; i < plan.in_columns; ++i) {
      const int64_t column = plan.low + i;
      const bool inside = column >= 0 && column < a->in_w;
      (inside ? load(row + column * a->channels, lanes) + b : zero()).store(to + i * kLanes);
    }
  }
  const float* input(int64_t r) const { return in_ring + (r % plan.in_rows) * plan.in_columns * kLanes; }

  /* Taps of fu that meet samples, for the upsampled position `start`: the first tap, and the input under it. */
  TFSG_INLINE static int first_tap(int64_t start, int64_t up) {
    const int64_t rest = start - floor_div(start, up) * up;
    return static_cast<int>(rest == 0 ? 0 : up - rest);
  }

  /* Upsamples a padded row along x by the taps f: mid[j] = or += ... */
  template <bool add>
  void upsample_row(const float* row, const float* f) const {
    const int64_t up = a->up, start = first_column * a->down - a->pad_x0;
    for (int64_t j = 0; j < up && j < plan.mid_columns; ++j) {
      const int k0 = first_tap(start + j, up);
      float taps[kMostTaps];
      int n = 0;
      for (int k = k0; k < a->fu.width; k += static_cast<int>(up)) taps[n++] = f[k];
      const float* from = row + ((start + j + k0) / up - plan.low) * kLanes;
      if (start + j + k0 < 0) from = row + (floor_div(start + j + k0, up) - plan.low) * kLanes;
      const int64_t count = (plan.mid_columns - j + up - 1) / up;
      fir_vectors_any<add>(from, taps, n, 1, count, mid + j * kLanes, up);
    }
  }

  void make_mid(int64_t j) const {
    const int64_t up = a->up, start = j - a->pad_y0;
    const int k0 = first_tap(start, up);
    const float* rows[kMostTaps];
    int tap[kMostTaps], n = 0;
    for (int k = k0; k < a->fu.height; k += static_cast<int>(up)) {
      const int64_t r = floor_div(start + k, up);
      if (r < 0 || r >= a->in_h) continue;
      rows[n] = input(r);
      tap[n++] = k;
    }
    if (plan.fu_separable) {
      float taps[kMostTaps];
      for (int k = 0; k < n; ++k) taps[k] = a->fu.y[tap[k]];
      combine_rows(rows, taps, n, plan.in_columns * kLanes, blend);
      upsample_row<false>(blend, a->fu.x);
      return;
    }
    if (n == 0) memset(mid, 0, sizeof(float) * plan.mid_columns * kLanes);
    for (int k = 0; k < n; ++k) {
      const float* f = a->fu.y + static_cast<int64_t>(tap[k]) * a->fu.width;
      if (k == 0) upsample_row<false>(rows[k], f);
      else upsample_row<true>(rows[k], f);
    }
  }

  uint8_t* code_row(int64_t g, int64_t row) const {
    const int64_t groups = (a->channels + kLanes - 1) / kLanes;
    return a->codes + ((sample * groups + g) * a->code_h + row) * a->code_w * 4;
  }

  void activate() const {
    const Vec positive = Vec::all(a->gain), negative = Vec::all(a->gain * a->slope);
    const Vec bound = Vec::all(a->clamp < 0 ? __builtin_inff() : a->clamp);
    for (int64_t j = 0; j < plan.mid_columns; ++j) {
      const Vec t = Vec::load(mid + j * kLanes);
      const Vec s = t * select(zero() > t, negative, positive);
      clip(s, zero() - bound, bound).store(mid + j * kLanes);
    }
  }

  /* As above, and keeps the cases of columns [0, kept) of mid row j. */
  void activate_and_keep(int64_t j, int64_t kept) const {
    const Vec positive = Vec::all(a->gain), negative = Vec::all(a->gain * a->slope);
    const Vec bound = Vec::all(a->clamp < 0 ? __builtin_inff() : a->clamp);
    uint8_t* codes = code_row(group, j) + first_column * a->down * 4;
    for (int64_t i = 0; i < plan.mid_columns; ++i) {
      const Vec t = Vec::load(mid + i * kLanes);
      const Mask below = zero() > t;
      const Vec s = t * select(below, negative, positive);
      clip(s, zero() - bound, bound).store(mid + i * kLanes);
      if (i >= kept) continue;
      const uint32_t mask = lanes >= kLanes ? 0xffffu : (1u << lanes) - 1;
      const uint32_t under = (bits(below) & mask) >> shift;
      const uint32_t over = ((bits(s > bound) | bits(zero() - bound > s)) & mask) >> shift;
      const uint32_t code = under | over << 16;
      codes[i * 4] = static_cast<uint8_t>(code);
      codes[i * 4 + 1] = static_cast<uint8_t>(code >> 8);
      codes[i * 4 + 2] = static_cast<uint8_t>(code >> 16);
      codes[i * 4 + 3] = static_cast<uint8_t>(code >> 24);
    }
  }

  TFSG_INLINE static uint32_t low16(const uint8_t* at) { return at[0] | static_cast<uint32_t>(at[1]) << 8; }

  /* Multiplies mid row j by what the codes say; zero outside of them. */
  void apply_codes(int64_t j) const {
    const int64_t row = j + a->code_y0, start = first_column * a->down + a->code_x0;
    int64_t begin = start < 0 ? -start : 0, end = a->code_w - start;
    if (begin > plan.mid_columns) begin = plan.mid_columns;
    if (end > plan.mid_columns) end = plan.mid_columns;
    if (row < 0 || row >= a->code_h || end < begin) begin = end = 0;
    memset(mid, 0, sizeof(float) * begin * kLanes);
    memset(mid + end * kLanes, 0, sizeof(float) * (plan.mid_columns - end) * kLanes);
    if (begin == end) return;
    const Vec positive = Vec::all(a->gain), negative = Vec::all(a->gain * a->slope);
    const uint8_t* codes = code_row(group, row) + start * 4;
    const uint8_t* before = shift > 0 ? code_row(group - 1, row) + start * 4 : codes;
    for (int64_t i = begin; i < end; ++i) {
      uint32_t under = low16(codes + i * 4), over = low16(codes + i * 4 + 2);
      if (shift > 0) { /* the overlapped lanes are the last ones of the group before */
        under = (under << 16 | low16(before + i * 4)) >> (16 - shift);
        over = (over << 16 | low16(before + i * 4 + 2)) >> (16 - shift);
      }
      const Vec m = select(from_bits(over), zero(), select(from_bits(under), negative, positive));
      (Vec::load(mid + i * kLanes) * m).store(mid + i * kLanes);
    }
  }

  /* Filters the activated row along x into the second ring, or keeps it whole for a 2-D filter. */
  void keep_mid(int64_t j) const {
    if (plan.fd_separable) {
      float* to = out_ring + (j % plan.out_rows) * (plan.columns + 4) * kLanes;
      fir_vectors_any<false>(mid, a->fd.x, a->fd.width, a->down, plan.columns, to, 1);
    } else {
      memcpy(out_ring + (j % plan.out_rows) * padded_mid(plan) * kLanes, mid, sizeof(float) * plan.mid_columns * kLanes);
    }
  }

  /* Lanes that overlap the group before are its own: another thread may be writing them. */
  TFSG_INLINE void keep_output(const Vec& v, float* y) const {
    if (shift == 0) {
      store(v, y, lanes);
      return;
    }
    float all[kLanes];
    v.store(all);
    for (int i = shift; i < kLanes; ++i) y[i] = all[i];
  }

  void make_output(int64_t o) const {
    float* y = static_cast<float*>(a->y) + ((sample * a->out_h + o) * a->out_w + first_column) * a->channels + channel;
    const int64_t top = o * a->down;
    if (!plan.fd_separable) {
      for (int k = 0; k < a->fd.height; ++k) {
        const float* row = out_ring + ((top + k) % plan.out_rows) * padded_mid(plan) * kLanes;
        const float* f = a->fd.y + static_cast<int64_t>(k) * a->fd.width;
        if (k == 0) fir_vectors_any<false>(row, f, a->fd.width, a->down, plan.columns, mid, 1);
        else fir_vectors_any<true>(row, f, a->fd.width, a->down, plan.columns, mid, 1);
      }
      for (int64_t i = 0; i < plan.columns; ++i) keep_output(Vec::load(mid + i * kLanes), y + i * a->channels);
      return;
    }
    const float* rows[kMostTaps];
    for (int k = 0; k < a->fd.height; ++k)
      rows[k] = out_ring + ((top + k) % plan.out_rows) * (plan.columns + 4) * kLanes;
    int64_t i = 0;
    for (; i + 2 <= plan.columns; i += 2) {
      Vec r0 = zero(), r1 = zero();
      for (int k = 0; k < a->fd.height; ++k) {
        r0 = fma(Vec::load(rows[k] + i * kLanes), a->fd.y[k], r0);
        r1 = fma(Vec::load(rows[k] + (i + 1) * kLanes), a->fd.y[k], r1);
      }
      keep_output(r0, y + i * a->channels);
      keep_output(r1, y + (i + 1) * a->channels);
    }
    for (; i < plan.columns; ++i) {
      Vec r = zero();
      for (int k = 0; k < a->fd.height; ++k) r = fma(Vec::load(rows[k] + i * kLanes), a->fd.y[k], r);
      keep_output(r, y + i * a->channels);
    }
  }
};

void filtered_lrelu(const tfsg_filtered_lrelu_args* a, int64_t sample, int64_t group, int64_t first_row,
                    int64_t end_row, int64_t first_column, int64_t end_column, float* scratch) {
  LreluTile t;
  t.a = a;
  t.plan = plan_tile(a, first_column, end_column - first_column);
  t.sample = sample;
  t.group = group;
  t.channel = group * kLanes;
  t.shift = 0;
  if (t.channel + kLanes > a->channels && a->channels >= kLanes) {
    t.shift = static_cast<int>(t.channel + kLanes - a->channels);
    t.channel -= t.shift;
  }
  t.lanes = a->channels - t.channel < kLanes ? a->channels - t.channel : kLanes;
  t.first_column = first_column;
  t.in_ring = scratch;
  t.blend = t.in_ring + t.plan.in_rows * t.plan.in_columns * kLanes;
  t.mid = t.blend + t.plan.in_columns * kLanes;
  t.out_ring = t.mid + padded_mid(t.plan) * kLanes;

  const bool keep = a->codes != nullptr && !a->read_codes;
  /* Neighbouring tiles overlap at the upsampled rate; each element's case is kept by one of them. */
  const int64_t kept_columns = end_column == a->out_w ? t.plan.mid_columns : (end_column - first_column) * a->down;
  const int64_t kept_end = end_row == a->out_h ? (a->out_h - 1) * a->down + a->fd.height : end_row * a->down;
  int64_t fetched = floor_div(first_row * a->down - a->pad_y0, a->up);
  if (fetched < 0) fetched = 0;
  const int64_t mid_end = (end_row - 1) * a->down + a->fd.height;
  for (int64_t j = first_row * a->down; j < mid_end; ++j) {
    const int64_t needed = floor_div(j - a->pad_y0 + a->fu.height - 1, a->up);
    for (; fetched <= needed && fetched < a->in_h; ++fetched) t.fetch(fetched);
    t.make_mid(j);
    if (a->read_codes) t.apply_codes(j);
    else if (keep && j < kept_end) t.activate_and_keep(j, kept_columns);
    else t.activate();
    t.keep_mid(j);
    const int64_t done = j - (a->fd.height - 1);
    if (done >= first_row * a->down && done % a->down == 0) t.make_output(done / a->down);
  }
}

}  // namespace TFSG_ISA
}  // namespace tfsg
