/* bias_act, and the style and normalisation epilogues: parts, sums, and the C functions. */
#include <cstring>

#include "arguments.h"
#include "dispatch.h"
#include "partition.h"
#include "thread_pool.h"

namespace tfsg {
namespace {

/* Sums of an epilogue over pixels: per part, and per sample and pixel for the noise. */
template <typename Args>
class EpilogueTotals {
 public:
  explicit EpilogueTotals(const Args& a)
      : parts(a.pixels, a.channels),
        per_sample(a.channels == 0 ? 0 : parts.parts), /* no sums of nothing, whose number may be absurd */
        strengths_(a.strength == nullptr ? 0 : a.strength_channels),
        d_(a.batch * per_sample, a.channels),
        strength_(a.batch * per_sample, strengths_),
        b_(a.batch * per_sample, a.channels),
        noise_(a.noise == nullptr || a.channels == 0 ? 0 : static_cast<size_t>(a.batch * a.pixels)),
        a_(a) {}

  EpilogueSums sums(int64_t i) { return {d_.part(i), strength_.part(i), b_.part(i)}; }
  float* noise(int64_t sample) { return noise_.empty() ? nullptr : noise_.data() + sample * a_.pixels; }

  void write_d(void* to) {
    for (int64_t n = 0; to != nullptr && n < a_.batch; ++n)
      d_.total(n * per_sample, (n + 1) * per_sample, static_cast<float*>(to) + n * a_.channels);
  }
  void write_b(void* to) {
    if (to != nullptr) b_.total(0, a_.batch * per_sample, static_cast<float*>(to));
  }
  void write_strength(void* to) {
    if (to != nullptr && strengths_ > 0) strength_.total(0, a_.batch * per_sample, static_cast<float*>(to));
  }
  void write_noise(void* to) {
    if (to == nullptr || a_.noise == nullptr) return;
    float* out = static_cast<float*>(to);
    if (noise_.empty()) {
      std::memset(out, 0, sizeof(float) * static_cast<size_t>(a_.noise_batch * a_.pixels));
      return;
    }
    if (a_.noise_batch == a_.batch) {
      std::memcpy(out, noise_.data(), sizeof(float) * noise_.size());
      return;
    }
    for (int64_t p = 0; p < a_.pixels; ++p) {
      double sum = 0;
      for (int64_t n = 0; n < a_.batch; ++n) sum += noise_[static_cast<size_t>(n * a_.pixels + p)];
      out[p] = static_cast<float>(sum);
    }
  }

  const Parts parts;
  const int64_t per_sample;

 private:
  int64_t strengths_;
  PartialSums d_, strength_, b_;
  std::vector<float> noise_;
  const Args& a_;
};

/* body(sample, first pixel, end pixel, number of the part) for all parts of all samples. */
template <typename Body>
void for_pixels(int64_t batch, const Parts& parts, const Body& body) {
  parallel_for(batch * parts.parts, [&](int64_t i) {
    const int64_t part = i % parts.parts;
    body(i / parts.parts, parts.first(part), parts.end(part), i);
  });
}

void zero_fill(void* to, int64_t count) {
  if (to != nullptr) std::memset(to, 0, sizeof(float) * static_cast<size_t>(count));
}

int run(const tfsg_bias_act_args& a) {
  if (a.order > 0) zero_fill(a.dyb, a.channels);
  if (a.rows == 0 || a.channels == 0) return TFSG_OK;
  const Parts parts(a.rows, a.channels);
  const bool summed = a.order > 0 && a.dyb != nullptr;
  PartialSums sums(summed ? parts.parts : 0, a.channels);
  parallel_for(parts.parts, [&](int64_t i) {
    kernels().bias_act(&a, parts.first(i), parts.end(i), summed ? sums.part(i) : nullptr);
  });
  if (summed) sums.total(0, parts.parts, static_cast<float*>(a.dyb));
  return TFSG_OK;
}

int run(const tfsg_style_epilogue_args& a) {
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  for_pixels(a.batch, Parts(a.pixels, a.channels), [&](int64_t sample, int64_t first, int64_t end, int64_t) {
    kernels().style_epilogue(&a, sample, first, end);
  });
  return TFSG_OK;
}

int run(const tfsg_style_epilogue_grad_args& a) {
  EpilogueTotals<tfsg_style_epilogue_grad_args> totals(a);
  if (a.batch * a.pixels * a.channels > 0)
    for_pixels(a.batch, totals.parts, [&](int64_t sample, int64_t first, int64_t end, int64_t i) {
      kernels().style_epilogue_grad(&a, sample, first, end, totals.sums(i), totals.noise(sample));
    });
  totals.write_d(a.dd);
  totals.write_b(a.db);
  totals.write_strength(a.dstrength);
  totals.write_noise(a.dnoise);
  return TFSG_OK;
}

int run(const tfsg_style_epilogue_grad_grad_args& a) {
  EpilogueTotals<tfsg_style_epilogue_grad_grad_args> totals(a);
  if (a.batch * a.pixels * a.channels > 0)
    for_pixels(a.batch, totals.parts, [&](int64_t sample, int64_t first, int64_t end, int64_t i) {
      kernels().style_epilogue_grad_grad(&a, sample, first, end, totals.sums(i), totals.noise(sample));
    });
  totals.write_d(a.gd);
  totals.write_strength(a.gstrength);
  totals.write_noise(a.gnoise);
  return TFSG_OK;
}

int run(const tfsg_norm_epilogue_args& a) {
  if (a.batch * a.pixels * a.channels == 0) {
    zero_fill(a.mean, a.batch * a.channels);
    zero_fill(a.rstd, a.batch * a.channels);
    return TFSG_OK;
  }
  const Parts parts(a.pixels, a.channels);
  PartialSums means(a.batch * parts.parts, a.channels), squares(a.batch * parts.parts, a.channels);
  for_pixels(a.batch, parts, [&](int64_t sample, int64_t first, int64_t end, int64_t i) {
    kernels().norm_epilogue_1(&a, sample, first, end, NormSums{means.part(i), squares.part(i)});
  });
  PartialSums factors(a.batch, a.channels), offsets(a.batch, a.channels);
  for (int64_t n = 0; n < a.batch; ++n) {
    for (int64_t c = 0; c < a.channels; ++c) {
      double count = 0, mean = 0, square = 0; /* Chan's rule */
      for (int64_t part = 0; part < parts.parts; ++part) {
        const double here = static_cast<double>(parts.end(part) - parts.first(part));
        const double apart = means.part(n * parts.parts + part)[c] - mean;
        square += squares.part(n * parts.parts + part)[c] + apart * apart * count * here / (count + here);
        mean += apart * here / (count + here);
        count += here;
      }
      const int64_t i = n * a.channels + c;
      const double rstd = 1 / __builtin_sqrt(square / count + static_cast<double>(a.epsilon));
      static_cast<float*>(a.mean)[i] = static_cast<float>(mean);
      static_cast<float*>(a.rstd)[i] = static_cast<float>(rstd);
      const double factor = rstd * (a.scale == nullptr ? 1.0 : static_cast<const float*>(a.scale)[i]);
      factors.part(n)[c] = static_cast<float>(factor);
      offsets.part(n)[c] = static_cast<float>((a.shift == nullptr ? 0.0 : static_cast<const float*>(a.shift)[i]) - mean * factor);
    }
  }
  for_pixels(a.batch, parts, [&](int64_t sample, int64_t first, int64_t end, int64_t) {
    kernels().norm_epilogue_2(&a, sample, first, end, factors.part(sample), offsets.part(sample));
  });
  return TFSG_OK;
}

int run(const tfsg_norm_epilogue_grad_args& a) {
  EpilogueTotals<tfsg_norm_epilogue_grad_args> totals(a);
  zero_fill(a.dscale, a.batch * a.channels);
  zero_fill(a.dshift, a.batch * a.channels);
  if (a.batch * a.pixels * a.channels > 0) {
    const Parts& parts = totals.parts;
    PartialSums shifts(a.batch * parts.parts, a.channels), scales(a.batch * parts.parts, a.channels);
    for_pixels(a.batch, parts, [&](int64_t sample, int64_t first, int64_t end, int64_t i) {
      kernels().norm_epilogue_grad_1(&a, sample, first, end, shifts.part(i), scales.part(i));
    });
    for (int64_t n = 0; n < a.batch; ++n) {
      shifts.total(n * parts.parts, (n + 1) * parts.parts, static_cast<float*>(a.dshift) + n * a.channels);
      scales.total(n * parts.parts, (n + 1) * parts.parts, static_cast<float*>(a.dscale) + n * a.channels);
    }
    for_pixels(a.batch, parts, [&](int64_t sample, int64_t first, int64_t end, int64_t i) {
      kernels().norm_epilogue_grad_2(&a, sample, first, end, totals.sums(i), totals.noise(sample));
    });
  }
  totals.write_b(a.db);
  totals.write_strength(a.dstrength);
  totals.write_noise(a.dnoise);
  return TFSG_OK;
}

/* No exception leaves the library. */
template <typename Args>
int checked(const char* op, const Args* a) {
  if (a == nullptr) return fail(TFSG_INVALID_ARGUMENT, "%s: no arguments", op);
  if (const int code = check(*a)) return code;
  try {
    return run(*a);
  } catch (const std::bad_alloc&) {
    return fail(TFSG_RESOURCE_EXHAUSTED, "%s: not enough memory for its sums", op);
  }
}

}  // namespace
}  // namespace tfsg

extern "C" {

int tfsg_cpu_bias_act(const tfsg_bias_act_args* a) { return tfsg::checked("bias_act", a); }
int tfsg_cpu_style_epilogue(const tfsg_style_epilogue_args* a) { return tfsg::checked("style_epilogue", a); }
int tfsg_cpu_style_epilogue_grad(const tfsg_style_epilogue_grad_args* a) {
  return tfsg::checked("style_epilogue_grad", a);
}
int tfsg_cpu_style_epilogue_grad_grad(const tfsg_style_epilogue_grad_grad_args* a) {
  return tfsg::checked("style_epilogue_grad_grad", a);
}
int tfsg_cpu_norm_epilogue(const tfsg_norm_epilogue_args* a) { return tfsg::checked("norm_epilogue", a); }
int tfsg_cpu_norm_epilogue_grad(const tfsg_norm_epilogue_grad_args* a) {
  return tfsg::checked("norm_epilogue_grad", a);
}

}  // extern "C"
