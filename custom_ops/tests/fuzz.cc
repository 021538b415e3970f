/* Random arguments, most of them wrong, for every op: none may crash, and what is refused is refused with a message.
 *
 *   fuzz [calls [seed]]
 *
 * Arrays have exactly the sizes that the arguments claim, so AddressSanitizer sees whatever goes beyond them. */
#include <climits>
#include <cstdlib>
#include <initializer_list>
#include <memory>

#include "check.h"

using namespace test;

namespace {

constexpr int64_t kMost = 1 << 15; /* floats of an array */

class Fuzzer {
 public:
  explicit Fuzzer(uint64_t seed) : random_(seed) {}

  /* One call of one op; true if it was accepted. */
  bool call() {
    memory_.clear();
    wrong_ = random_.chance(0.5) ? 0.0 : 0.08;
    switch (random_.below(8)) {
      case 0: return bias_act();
      case 1: return epilogue<tfsg_style_epilogue_args>(tfsg_cpu_style_epilogue);
      case 2: return epilogue<tfsg_style_epilogue_grad_args>(tfsg_cpu_style_epilogue_grad);
      case 3: return epilogue<tfsg_style_epilogue_grad_grad_args>(tfsg_cpu_style_epilogue_grad_grad);
      case 4: return epilogue<tfsg_norm_epilogue_args>(tfsg_cpu_norm_epilogue);
      case 5: return epilogue<tfsg_norm_epilogue_grad_args>(tfsg_cpu_norm_epilogue_grad);
      case 6: return upfirdn2d();
      default: return filtered_lrelu();
    }
  }

 private:
  bool wrong() { return random_.chance(wrong_); }

  int64_t size(int64_t end) {
    const int64_t absurd[] = {-1, -7, INT64_MIN, INT64_MAX, int64_t{1} << 31, int64_t{1} << 33, int64_t{1} << 47, int64_t{1} << 62, 0};
    return wrong() ? random_.one_of(absurd) : random_.below(end);
  }
  int32_t number(int32_t first, int32_t end) {
    const int32_t absurd[] = {INT_MIN, INT_MAX, -1, 0, 1 << 24, -(1 << 24), 17, 257, 1 << 30};
    return wrong() ? random_.one_of(absurd) : first + static_cast<int32_t>(random_.below(end - first));
  }
  float real() {
    const float infinity = std::numeric_limits<float>::infinity();
    const float absurd[] = {std::numeric_limits<float>::quiet_NaN(), infinity, -infinity, 0, -1, 1e38f};
    return wrong() ? random_.one_of(absurd) : static_cast<float>(random_.uniform() * 2);
  }

  /* An array of the product of the sizes; NULL where that cannot be had, or now and then. */
  float* floats(std::initializer_list<int64_t> sizes, bool optional = false) {
    int64_t count = 1;
    for (const int64_t s : sizes) {
      if (s < 0 || s > kMost) return nullptr;
      count *= s;
      if (count > kMost) return nullptr;
    }
    if (wrong() || (optional && random_.chance(0.4))) return nullptr;
    memory_.emplace_back(new float[static_cast<size_t>(count)]);
    float* values = memory_.back().get();
    for (int64_t i = 0; i < count; ++i) values[i] = static_cast<float>(i % 13) - 6;
    return values;
  }

  tfsg_activation activation() { return {number(0, TFSG_ACTIVATIONS), real(), real(), random_.chance(0.5) ? -1 : real()}; }
  int32_t dtype() { return wrong() ? number(-1, 4) : TFSG_FLOAT32; }

  template <typename Args>
  bool done(int (*op)(const Args*), const Args& a) {
    const int code = op(&a);
    const bool known = code == TFSG_OK || code == TFSG_INVALID_ARGUMENT || code == TFSG_UNIMPLEMENTED || code == TFSG_RESOURCE_EXHAUSTED;
    CHECK(known, "code " + std::to_string(code));
    CHECK(code == TFSG_OK || tfsg_cpu_error()[0] != 0, "no message");
    return code == TFSG_OK;
  }

  bool bias_act() {
    tfsg_bias_act_args a{};
    a.dtype = dtype(), a.order = number(0, 3), a.act = activation();
    a.rows = size(200), a.channels = size(40);
    a.x = floats({a.rows, a.channels}), a.b = floats({a.channels}, true), a.y_ref = floats({a.rows, a.channels}, true);
    a.dy = floats({a.rows, a.channels}), a.gb = floats({a.channels}, true), a.dd = floats({a.rows, a.channels});
    a.y = floats({a.rows, a.channels}), a.dyb = floats({a.channels}, true);
    return done(tfsg_cpu_bias_act, a);
  }

  template <typename Args>
  bool epilogue(int (*op)(const Args*)) {
    Args a{};
    a.dtype = dtype(), a.act = activation();
    if (random_.chance(0.7)) a.act.kind = static_cast<int32_t>(random_.below(3));
    a.batch = size(4), a.pixels = size(60), a.channels = size(40);
    a.noise_batch = wrong() ? size(4) : random_.chance(0.5) ? 1 : a.batch;
    a.strength_channels = wrong() ? size(40) : random_.chance(0.5) ? 1 : a.channels;
    if (wrong() || random_.chance(0.6)) {
      a.noise = floats({a.noise_batch, a.pixels});
      a.strength = floats({a.strength_channels});
    }
    fill(a);
    return done(op, a);
  }
  template <typename Args>
  float* image(const Args& a, bool optional = false) { return floats({a.batch, a.pixels, a.channels}, optional); }
  template <typename Args>
  float* style(const Args& a, bool optional = false) { return floats({a.batch, a.channels}, optional); }
  template <typename Args>
  float* noise(const Args& a) { return floats({a.noise_batch, a.pixels}, true); }

  void fill(tfsg_style_epilogue_args& a) {
    a.x = image(a), a.d = style(a, true), a.b = floats({a.channels}, true), a.y = image(a);
  }
  void fill(tfsg_style_epilogue_grad_args& a) {
    a.dy = image(a), a.y = image(a), a.x = image(a, true), a.d = style(a, true), a.dx = image(a), a.dd = style(a, true);
    a.dnoise = noise(a), a.dstrength = floats({a.strength_channels}, true), a.db = floats({a.channels}, true);
  }
  void fill(tfsg_style_epilogue_grad_grad_args& a) {
    a.gdx = image(a, true), a.gdd = style(a, true), a.gdnoise = noise(a), a.gdstrength = floats({a.strength_channels}, true);
    a.gdb = floats({a.channels}, true), a.dy = image(a), a.y = image(a), a.x = image(a, true), a.d = style(a, true);
    a.ddy = image(a), a.gx = image(a, true), a.gd = style(a, true), a.gnoise = noise(a);
    a.gstrength = floats({a.strength_channels}, true);
  }
  void fill(tfsg_norm_epilogue_args& a) {
    a.epsilon = real(), a.x = image(a), a.b = floats({a.channels}, true), a.scale = style(a, true), a.shift = style(a, true);
    a.y = image(a), a.mean = style(a), a.rstd = style(a);
  }
  void fill(tfsg_norm_epilogue_grad_args& a) {
    a.epsilon = real(), a.dy = image(a), a.x = image(a), a.b = floats({a.channels}, true), a.scale = style(a, true);
    a.mean = style(a), a.rstd = style(a), a.dx = image(a), a.dnoise = noise(a);
    a.dstrength = floats({a.strength_channels}, true), a.db = floats({a.channels}, true), a.dscale = style(a), a.dshift = style(a);
  }

  tfsg_filter filter() {
    tfsg_filter f{};
    f.height = number(1, random_.chance(0.1) ? 257 : 13), f.width = number(1, random_.chance(0.1) ? 257 : 13);
    const bool separable = random_.chance(0.5);
    f.y = separable ? floats({f.height}) : floats({f.height, f.width});
    f.x = separable ? floats({f.width}) : nullptr;
    if (separable && f.x == nullptr) f.y = nullptr; /* it would be read as a matrix */
    return f;
  }
  /* The size of an output, as it must be, in saturated arithmetic; or another. */
  int64_t resampled(int64_t in, int64_t up, int64_t before, int64_t after, int64_t taps, int64_t down) {
    if (wrong() || in < 0 || in > kMost || down < 1) return size(20);
    return (in * up + before + after - taps) / down + 1;
  }

  bool upfirdn2d() {
    tfsg_upfirdn2d_args a{};
    a.dtype = dtype(), a.batch = size(3), a.channels = size(20), a.in_h = size(12), a.in_w = size(12);
    a.up_x = number(1, 5), a.up_y = number(1, 5), a.down_x = number(1, 5), a.down_y = number(1, 5);
    a.pad_x0 = number(-4, 13), a.pad_x1 = number(-4, 13), a.pad_y0 = number(-4, 13), a.pad_y1 = number(-4, 13);
    a.f = filter();
    a.out_h = resampled(a.in_h, a.up_y, a.pad_y0, a.pad_y1, a.f.height, a.down_y);
    a.out_w = resampled(a.in_w, a.up_x, a.pad_x0, a.pad_x1, a.f.width, a.down_x);
    a.x = floats({a.batch, a.in_h, a.in_w, a.channels}), a.y = floats({a.batch, a.out_h, a.out_w, a.channels});
    a.add = floats({a.batch, a.out_h, a.out_w, a.channels}, true);
    return done(tfsg_cpu_upfirdn2d, a);
  }

  bool filtered_lrelu() {
    tfsg_filtered_lrelu_args a{};
    a.dtype = dtype(), a.batch = size(3), a.channels = size(40), a.in_h = size(12), a.in_w = size(12);
    a.up = number(1, 5), a.down = number(1, 5);
    a.pad_x0 = number(-4, 13), a.pad_x1 = number(-4, 13), a.pad_y0 = number(-4, 13), a.pad_y1 = number(-4, 13);
    a.fu = filter(), a.fd = filter();
    const int64_t mid_h = resampled(a.in_h, a.up, a.pad_y0, a.pad_y1, a.fu.height, 1);
    const int64_t mid_w = resampled(a.in_w, a.up, a.pad_x0, a.pad_x1, a.fu.width, 1);
    a.out_h = resampled(mid_h, 1, 0, 0, a.fd.height, a.down), a.out_w = resampled(mid_w, 1, 0, 0, a.fd.width, a.down);
    a.gain = real(), a.slope = real(), a.clamp = real();
    a.read_codes = number(0, 2);
    a.code_h = a.read_codes ? size(40) : mid_h, a.code_w = a.read_codes ? size(40) : mid_w;
    a.code_x0 = number(-9, 10), a.code_y0 = number(-9, 10);
    a.x = floats({a.batch, a.in_h, a.in_w, a.channels}), a.b = floats({a.channels}, true);
    a.codes = reinterpret_cast<uint8_t*>(floats({a.batch, a.channels < 0 ? -1 : a.channels / 16 + (a.channels % 16 != 0), a.code_h, a.code_w}, true));
    a.y = floats({a.batch, a.out_h, a.out_w, a.channels});
    return done(tfsg_cpu_filtered_lrelu, a);
  }

  Random random_;
  double wrong_ = 0;
  std::vector<std::unique_ptr<float[]>> memory_;
};

}  // namespace

int main(int count, char** arguments) {
  const long calls = count > 1 ? std::atol(arguments[1]) : 40000;
  Fuzzer fuzzer(count > 2 ? static_cast<uint64_t>(std::atoll(arguments[2])) : 1);
  long accepted = 0;
  for (long i = 0; i < calls; ++i) accepted += fuzzer.call();
  std::printf("%ld calls, %ld accepted\n", calls, accepted);
  CHECK(accepted > calls / 20 && accepted < calls * 19 / 20, "too many of one kind to be a test");
  return finish("fuzz");
}
