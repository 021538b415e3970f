/* upfirdn2d and filtered_lrelu against their definitions, codes included. */
#include "check.h"

using namespace test;

namespace {

/* A filter with its taps as a matrix. */
struct Filter {
  tfsg_filter f;
  Floats y, x;
  Filter(int height, int width, bool separable, Random& random)
      : f{height, width, nullptr, nullptr}, y(random.numbers(separable ? height : height * width)), x(random.numbers(separable ? width : 0)) {}
  tfsg_filter given() const { return {f.height, f.width, y.data(), x.empty() ? nullptr : x.data()}; }
  double at(int ky, int kx) const { return x.empty() ? y[ky * f.width + kx] : static_cast<double>(y[ky]) * x[kx]; }
};

/* An image in double precision; outside of it are zeros. */
struct Image {
  int64_t batch, height, width, channels;
  Doubles values;
  Image(int64_t n, int64_t h, int64_t w, int64_t c) : batch(n), height(h), width(w), channels(c), values(n * h * w * c, 0.0) {}
  double& at(int64_t n, int64_t y, int64_t x, int64_t c) { return values[((n * height + y) * width + x) * channels + c]; }
  double read(int64_t n, int64_t y, int64_t x, int64_t c) const {
    return y < 0 || x < 0 || y >= height || x >= width ? 0 : values[((n * height + y) * width + x) * channels + c];
  }
};

Image image(const Floats& values, int64_t n, int64_t h, int64_t w, int64_t c) {
  Image r(n, h, w, c);
  r.values.assign(values.begin(), values.end());
  return r;
}

Image resample(const Image& from, const Filter& f, int up_y, int up_x, int down_y, int down_x, int pad_y, int pad_x, int64_t out_h, int64_t out_w) {
  Image to(from.batch, out_h, out_w, from.channels);
  for (int64_t n = 0; n < to.batch; ++n)
    for (int64_t oy = 0; oy < out_h; ++oy)
      for (int64_t ox = 0; ox < out_w; ++ox)
        for (int ky = 0; ky < f.f.height; ++ky)
          for (int kx = 0; kx < f.f.width; ++kx) {
            const int64_t y = oy * down_y + ky - pad_y, x = ox * down_x + kx - pad_x;
            if (y < 0 || x < 0 || y % up_y != 0 || x % up_x != 0 || y / up_y >= from.height || x / up_x >= from.width) continue;
            for (int64_t c = 0; c < to.channels; ++c) to.at(n, oy, ox, c) += f.at(ky, kx) * from.read(n, y / up_y, x / up_x, c);
          }
  return to;
}

void upfirdn2d_case(int64_t batch, int64_t in_h, int64_t in_w, int64_t channels, const int (&up)[2], const int (&down)[2],
                    const int (&pad)[4], const Filter& f, int add, Random& random) {
  tfsg_upfirdn2d_args a{};
  a.batch = batch;
  a.in_h = in_h;
  a.in_w = in_w;
  a.channels = channels;
  a.up_y = up[0], a.up_x = up[1], a.down_y = down[0], a.down_x = down[1];
  a.pad_y0 = pad[0], a.pad_y1 = pad[1], a.pad_x0 = pad[2], a.pad_x1 = pad[3];
  a.f = f.given();
  const int64_t rest_h = in_h * up[0] + pad[0] + pad[1] - f.f.height, rest_w = in_w * up[1] + pad[2] + pad[3] - f.f.width;
  const std::string what = "upfirdn2d " + std::to_string(batch) + "x" + std::to_string(in_h) + "x" + std::to_string(in_w) + "x" +
                           std::to_string(channels) + " up " + std::to_string(up[0]) + "," + std::to_string(up[1]) + " down " +
                           std::to_string(down[0]) + "," + std::to_string(down[1]) + " taps " + std::to_string(f.f.height) + "x" +
                           std::to_string(f.f.width) + (f.x.empty() ? " 2-D" : "") + " add " + std::to_string(add);
  if (rest_h < 0 || rest_w < 0) {
    a.out_h = a.out_w = 1;
    CHECK(tfsg_cpu_upfirdn2d(&a) == TFSG_INVALID_ARGUMENT, what);
    return;
  }
  a.out_h = rest_h / down[0] + 1;
  a.out_w = rest_w / down[1] + 1;
  const int64_t count = batch * a.out_h * a.out_w * channels;
  const Floats x = random.numbers(batch * in_h * in_w * channels), added = random.numbers(count);
  Floats y = add == 2 ? added : poisoned(count); /* 2: in place */
  a.x = x.data();
  a.y = y.data();
  a.add = add == 0 ? nullptr : add == 1 ? added.data() : y.data();
  CHECK_OK(tfsg_cpu_upfirdn2d(&a), what);
  Image wanted = resample(image(x, batch, in_h, in_w, channels), f, up[0], up[1], down[0], down[1], pad[0], pad[2], a.out_h, a.out_w);
  for (int64_t i = 0; add > 0 && i < count; ++i) wanted.values[i] += added[i];
  CHECK_NEAR(y, wanted.values, 3e-6, what);
}

void upfirdn2d_cases(Random& random) {
  for (const int64_t channels : {1, 3, 16, 17, 33})
    for (const int up : {1, 2, 4})
      for (const int down : {1, 2, 4})
        for (const bool separable : {false, true}) {
          const Filter four(4, 4, separable, random), odd(6, 3, separable, random);
          upfirdn2d_case(2, 5, 7, channels, {up, up}, {down, down}, {2, 1, 1, 2}, four, 0, random);
          upfirdn2d_case(1, 6, 5, channels, {up, 1}, {1, down}, {3, -1, -2, 4}, odd, 1 + (up + down) % 2, random);
        }
  for (int i = 0; i < 150; ++i) {
    const int sizes[] = {1, 2, 3, 4, 5, 6, 7, 8, 12, 13, 24}, factors[] = {1, 2, 3, 4, 5, 16};
    const Filter f(random.one_of(sizes), random.one_of(sizes), random.chance(0.5), random);
    const int pads[] = {-3, -1, 0, 1, 2, 5, 12};
    upfirdn2d_case(random.below(3), 1 + random.below(9), 1 + random.below(9), 1 + random.below(20),
                   {random.one_of(factors), random.one_of(factors)}, {random.one_of(factors), random.one_of(factors)},
                   {random.one_of(pads), random.one_of(pads), random.one_of(pads), random.one_of(pads)}, f,
                   static_cast<int>(random.below(3)), random);
  }
  const Filter four(4, 4, true, random);
  upfirdn2d_case(1, 70, 81, 33, {2, 2}, {1, 1}, {2, 1, 2, 1}, four, 0, random); /* strips and tiles */
  upfirdn2d_case(1, 9, 300, 33, {1, 1}, {2, 2}, {1, 1, 1, 1}, four, 0, random);
  upfirdn2d_case(1, 3, 5, 3100, {1, 1}, {1, 1}, {1, 2, 1, 2}, four, 0, random);
  upfirdn2d_case(0, 5, 5, 3, {1, 1}, {1, 1}, {1, 2, 1, 2}, four, 0, random);
  upfirdn2d_case(1, 0, 5, 3, {1, 1}, {1, 1}, {3, 3, 3, 3}, four, 0, random); /* nothing but padding */
  upfirdn2d_case(1, 5, 0, 3, {2, 2}, {1, 1}, {3, 3, 3, 3}, four, 1, random);
  upfirdn2d_case(2, 3, 3, 2, {1, 1}, {1, 1}, {9, -3, -3, 9}, four, 0, random); /* all of it cropped */
}

struct LreluCase {
  int64_t batch, in_h, in_w, channels;
  int up, down, pad[4]; /* y0, y1, x0, x1 */
  float clamp;
  bool biased;
};

/* The case that the codes hold: 0 positive, 1 negative, 2 clipped. */
int code_of(const std::vector<uint8_t>& codes, int64_t groups, int64_t h, int64_t w, int64_t n, int64_t y, int64_t x, int64_t c) {
  const uint8_t* at = &codes[(((n * groups + c / 16) * h + y) * w + x) * 4 + c % 16 / 8];
  return at[2] >> c % 8 & 1 ? 2 : at[0] >> c % 8 & 1;
}

void filtered_lrelu_case(const LreluCase& k, const Filter& fu, const Filter& fd, Random& random) {
  const int64_t mid_h = k.in_h * k.up + k.pad[0] + k.pad[1] - fu.f.height + 1, mid_w = k.in_w * k.up + k.pad[2] + k.pad[3] - fu.f.width + 1;
  if (mid_h < fd.f.height || mid_w < fd.f.width) return;
  const int64_t groups = (k.channels + 15) / 16;
  const std::string what = "filtered_lrelu " + std::to_string(k.batch) + "x" + std::to_string(k.in_h) + "x" + std::to_string(k.in_w) + "x" +
                           std::to_string(k.channels) + " up " + std::to_string(k.up) + " down " + std::to_string(k.down) + " fu " +
                           std::to_string(fu.f.height) + "x" + std::to_string(fu.f.width) + (fu.x.empty() ? " 2-D" : "") + " fd " +
                           std::to_string(fd.f.height) + "x" + std::to_string(fd.f.width) + (fd.x.empty() ? " 2-D" : "");
  tfsg_filtered_lrelu_args a{};
  a.batch = k.batch, a.in_h = k.in_h, a.in_w = k.in_w, a.channels = k.channels;
  a.up = k.up, a.down = k.down;
  a.pad_y0 = k.pad[0], a.pad_y1 = k.pad[1], a.pad_x0 = k.pad[2], a.pad_x1 = k.pad[3];
  a.out_h = (mid_h - fd.f.height) / k.down + 1;
  a.out_w = (mid_w - fd.f.width) / k.down + 1;
  a.fu = fu.given(), a.fd = fd.given();
  a.gain = 1.4f, a.slope = 0.2f, a.clamp = k.clamp;
  a.code_h = mid_h, a.code_w = mid_w;
  const Floats x = random.numbers(k.batch * k.in_h * k.in_w * k.channels), b = random.numbers(k.channels);
  const int64_t count = k.batch * a.out_h * a.out_w * k.channels;
  Floats y = poisoned(count), without = poisoned(count);
  std::vector<uint8_t> codes(static_cast<size_t>(k.batch * groups * mid_h * mid_w * 4), 0xa5);
  a.x = x.data(), a.b = k.biased ? b.data() : nullptr;
  a.y = without.data();
  CHECK_OK(tfsg_cpu_filtered_lrelu(&a), what);
  a.y = y.data(), a.codes = codes.data();
  CHECK_OK(tfsg_cpu_filtered_lrelu(&a), what);
  CHECK(count == 0 || std::memcmp(y.data(), without.data(), sizeof(float) * count) == 0, what + " without codes");

  Image biased = image(x, k.batch, k.in_h, k.in_w, k.channels);
  for (size_t i = 0; k.biased && i < biased.values.size(); ++i) biased.values[i] += b[i % k.channels];
  Image t = resample(biased, fu, k.up, k.up, 1, 1, k.pad[0], k.pad[2], mid_h, mid_w), s = t;
  for (double& v : s.values) {
    v *= v < 0 ? static_cast<double>(a.slope) * a.gain : a.gain;
    if (k.clamp >= 0 && std::fabs(v) > k.clamp) v = v < 0 ? -k.clamp : k.clamp;
  }
  CHECK_NEAR(y, resample(s, fd, 1, 1, k.down, k.down, 0, 0, a.out_h, a.out_w).values, 5e-6, what);

  /* Codes say what is so, where rounding does not decide and the output reads it; lanes without a channel are clear. */
  const int64_t used_h = (a.out_h - 1) * k.down + fd.f.height, used_w = (a.out_w - 1) * k.down + fd.f.width;
  for (int64_t n = 0; n < k.batch; ++n)
    for (int64_t i = 0; i < mid_h; ++i)
      for (int64_t j = 0; j < mid_w; ++j) {
        const bool used = i < used_h && j < used_w;
        for (int64_t c = 0; c < k.channels; ++c) {
          const double v = t.at(n, i, j, c), scaled = v * a.gain * (v < 0 ? a.slope : 1.0f);
          const bool close = std::fabs(v) < 1e-4 || (k.clamp >= 0 && std::fabs(std::fabs(scaled) - k.clamp) < 1e-4);
          const int wanted = k.clamp >= 0 && std::fabs(scaled) > k.clamp ? 2 : v < 0 ? 1 : 0;
          const int kept = code_of(codes, groups, mid_h, mid_w, n, i, j, c);
          if (!close && !CHECK(kept == (used ? wanted : 0), what + " codes")) return;
        }
        for (int64_t c = k.channels; c < groups * 16; ++c) CHECK(code_of(codes, groups, mid_h, mid_w, n, i, j, c) == 0, what);
      }

  /* Reading codes at an offset, some of it outside of them. */
  a.read_codes = 1;
  a.clamp = 1e-3f; /* to be ignored, as the bias is */
  for (const int offset : {0, 2, -3}) {
    a.code_y0 = offset, a.code_x0 = -offset + 1;
    Floats linear = poisoned(count);
    a.y = linear.data();
    CHECK_OK(tfsg_cpu_filtered_lrelu(&a), what + " by codes");
    Image masked = resample(image(x, k.batch, k.in_h, k.in_w, k.channels), fu, k.up, k.up, 1, 1, k.pad[0], k.pad[2], mid_h, mid_w);
    for (int64_t n = 0; n < k.batch; ++n)
      for (int64_t i = 0; i < mid_h; ++i)
        for (int64_t j = 0; j < mid_w; ++j)
          for (int64_t c = 0; c < k.channels; ++c) {
            const int64_t row = i + a.code_y0, column = j + a.code_x0;
            const bool inside = row >= 0 && column >= 0 && row < mid_h && column < mid_w;
            const int code = inside ? code_of(codes, groups, mid_h, mid_w, n, row, column, c) : 2;
            masked.at(n, i, j, c) *= code == 2 ? 0.0 : code == 1 ? static_cast<double>(a.gain) * a.slope : a.gain;
          }
    CHECK_NEAR(linear, resample(masked, fd, 1, 1, k.down, k.down, 0, 0, a.out_h, a.out_w).values, 5e-6, what + " by codes");
  }
}

void filtered_lrelu_cases(Random& random) {
  for (const int64_t channels : {1, 3, 16, 17, 33})
    for (const int up : {1, 2, 4})
      for (const int down : {1, 2, 4}) {
        const bool radial = (channels + up + down) % 3 == 0;
        const Filter fu(up == 1 ? 1 : 6 * (up / 2), up == 1 ? 1 : 6 * (up / 2), true, random), fd(down == 1 ? 1 : 6, down == 1 ? 1 : 6, !radial, random);
        filtered_lrelu_case({1 + up % 2, 5, 7, channels, up, down, {4, 5, 3, 6}, down == 1 ? -1.0f : 2.0f, up != 4}, fu, fd, random);
      }
  for (int i = 0; i < 60; ++i) {
    const int sizes[] = {1, 2, 3, 5, 6, 8, 12}, factors[] = {1, 2, 3, 4}, pads[] = {-2, 0, 1, 3, 7, 11};
    const Filter fu(random.one_of(sizes), random.one_of(sizes), random.chance(0.6), random), fd(random.one_of(sizes), random.one_of(sizes), random.chance(0.6), random);
    const LreluCase k{random.below(3), 1 + random.below(8), 1 + random.below(8), 1 + random.below(40), random.one_of(factors), random.one_of(factors),
                      {random.one_of(pads), random.one_of(pads), random.one_of(pads), random.one_of(pads)}, random.chance(0.5) ? 1.5f : -1.0f, random.chance(0.5)};
    filtered_lrelu_case(k, fu, fd, random);
  }
  const Filter six(6, 6, true, random), twelve(12, 12, true, random);
  filtered_lrelu_case({1, 40, 57, 17, 2, 2, {6, 5, 6, 5}, 2, true}, twelve, six, random); /* tiles of columns and rows */
  filtered_lrelu_case({1, 66, 3, 3, 2, 2, {6, 5, 6, 5}, 2, true}, six, six, random);
}

}  // namespace

int main() {
  for_instruction_sets([] {
    Random random(3);
    upfirdn2d_cases(random);
    filtered_lrelu_cases(random);
  });
  return finish("resampling");
}
