/* What is wrong is refused with a message that says what, and nothing is written. */
#include <algorithm>
#include <climits>

#include "check.h"

using namespace test;

namespace {

Floats buffer(4096, 1.0f);
Floats output(4096);
void poison() { std::fill(output.begin(), output.end(), std::numeric_limits<float>::quiet_NaN()); }

/* Changes good arguments by `spoil` and expects the call to fail with `word` in its message. */
template <typename Args, typename Spoil>
void refused(int (*op)(const Args*), Args a, const Spoil& spoil, const char* word, int code = TFSG_INVALID_ARGUMENT) {
  poison();
  CHECK_OK(op(&a), word);
  poison();
  spoil(a);
  CHECK(op(&a) == code, word);
  CHECK(std::strstr(tfsg_cpu_error(), word) != nullptr, std::string(word) + " is not in \"" + tfsg_cpu_error() + "\"");
  for (const float v : output)
    if (!CHECK(std::isnan(v), std::string(word) + ": was written to")) break;
}

const float kNan = std::numeric_limits<float>::quiet_NaN();

void bias_act() {
  using Args = tfsg_bias_act_args;
  Args a{};
  a.act = {TFSG_SWISH, 0.2f, 1, -1};
  a.order = 2, a.rows = 3, a.channels = 5;
  a.x = a.dy = a.dd = buffer.data(), a.y = output.data();
  const auto op = tfsg_cpu_bias_act;
  refused<Args>(op, a, [](Args& a) { a.dtype = TFSG_FLOAT16; }, "float32", TFSG_UNIMPLEMENTED);
  refused<Args>(op, a, [](Args& a) { a.order = 3; }, "order");
  refused<Args>(op, a, [](Args& a) { a.order = -1; }, "order");
  refused<Args>(op, a, [](Args& a) { a.act.kind = TFSG_ACTIVATIONS; }, "act");
  refused<Args>(op, a, [](Args& a) { a.act.kind = INT_MIN; }, "act");
  refused<Args>(op, a, [](Args& a) { a.act.gain = kNan; }, "gain");
  refused<Args>(op, a, [](Args& a) { a.act.clamp = kNan; }, "clamp");
  refused<Args>(op, a, [](Args& a) { a.rows = -1; }, "-1 rows");
  refused<Args>(op, a, [](Args& a) { a.rows = INT64_MAX; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.rows = 0, a.channels = INT64_MAX; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.x = nullptr; }, "x is missing");
  refused<Args>(op, a, [](Args& a) { a.dy = nullptr; }, "dy is missing");
  refused<Args>(op, a, [](Args& a) { a.dd = nullptr; }, "dd is missing");
  refused<Args>(op, a, [](Args& a) { a.y = nullptr; }, "y is missing");
  a.order = 1, a.act.kind = TFSG_LRELU, a.y_ref = buffer.data(), a.x = nullptr;
  refused<Args>(op, a, [](Args& a) { a.act.gain = -1; }, "gain > 0");
  refused<Args>(op, a, [](Args& a) { a.act.alpha = -1; }, "alpha >= 0");
  CHECK(op(nullptr) == TFSG_INVALID_ARGUMENT, "NULL");
}

/* What the epilogues check alike. */
template <typename Args>
void epilogue(int (*op)(const Args*), Args a) {
  a.act = {TFSG_LRELU, 0.2f, 1, -1};
  a.batch = 2, a.pixels = 9, a.channels = 5, a.noise_batch = 2, a.strength_channels = 5;
  a.noise = a.strength = buffer.data();
  refused<Args>(op, a, [](Args& a) { a.dtype = 7; }, "float32", TFSG_UNIMPLEMENTED);
  refused<Args>(op, a, [](Args& a) { a.act.kind = -1; }, "act");
  refused<Args>(op, a, [](Args& a) { a.act.alpha = kNan; }, "alpha");
  refused<Args>(op, a, [](Args& a) { a.batch = -2; }, "batch -2");
  refused<Args>(op, a, [](Args& a) { a.pixels = int64_t{1} << 60; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.batch = 0, a.pixels = INT64_MAX; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.noise = nullptr; }, "noise");
  refused<Args>(op, a, [](Args& a) { a.strength = nullptr; }, "strength");
  refused<Args>(op, a, [](Args& a) { a.noise_batch = 3; }, "got 3");
  refused<Args>(op, a, [](Args& a) { a.strength_channels = 4; }, "got 4");
  CHECK(op(nullptr) == TFSG_INVALID_ARGUMENT, "NULL");
}

void epilogues() {
  const float* in = buffer.data();
  float* out = output.data();
  tfsg_style_epilogue_args style{};
  style.x = in, style.y = out;
  epilogue(tfsg_cpu_style_epilogue, style);
  tfsg_style_epilogue_grad_args grad{};
  grad.dy = grad.y = grad.x = grad.d = in, grad.dx = out;
  epilogue(tfsg_cpu_style_epilogue_grad, grad);
  tfsg_style_epilogue_grad_grad_args second{};
  second.dy = second.y = second.x = second.d = in, second.ddy = out;
  epilogue(tfsg_cpu_style_epilogue_grad_grad, second);
  tfsg_norm_epilogue_args norm{};
  norm.x = in, norm.y = out, norm.mean = out + 1000, norm.rstd = out + 2000;
  epilogue(tfsg_cpu_norm_epilogue, norm);
  tfsg_norm_epilogue_grad_args norm_grad{};
  norm_grad.dy = norm_grad.x = norm_grad.mean = norm_grad.rstd = in;
  norm_grad.dx = out, norm_grad.dscale = out + 1000, norm_grad.dshift = out + 2000;
  epilogue(tfsg_cpu_norm_epilogue_grad, norm_grad);

  style.act = grad.act = norm.act = {TFSG_LRELU, 0.2f, 1, -1};
  style.batch = style.pixels = style.channels = grad.batch = grad.pixels = grad.channels = norm.batch = norm.pixels = norm.channels = 2;
  using Style = tfsg_style_epilogue_args;
  refused<Style>(tfsg_cpu_style_epilogue, style, [](Style& a) { a.act.kind = TFSG_TANH; }, "needs linear, relu or lrelu");
  refused<Style>(tfsg_cpu_style_epilogue, style, [](Style& a) { a.act.gain = 0; }, "gain > 0");
  refused<Style>(tfsg_cpu_style_epilogue, style, [](Style& a) { a.x = nullptr; }, "missing");
  using Grad = tfsg_style_epilogue_grad_args;
  refused<Grad>(tfsg_cpu_style_epilogue_grad, grad, [](Grad& a) { a.x = nullptr; }, "x is missing");
  refused<Grad>(tfsg_cpu_style_epilogue_grad, grad, [](Grad& a) { a.dx = nullptr; }, "missing");
  using Norm = tfsg_norm_epilogue_args;
  refused<Norm>(tfsg_cpu_norm_epilogue, norm, [](Norm& a) { a.epsilon = -1; }, "epsilon");
  refused<Norm>(tfsg_cpu_norm_epilogue, norm, [](Norm& a) { a.mean = nullptr; }, "mean");
}

void upfirdn2d() {
  using Args = tfsg_upfirdn2d_args;
  Args a{};
  a.batch = 1, a.channels = 3, a.in_h = a.in_w = a.out_h = a.out_w = 5;
  a.up_x = a.up_y = a.down_x = a.down_y = 1;
  a.pad_x0 = a.pad_y0 = 2, a.pad_x1 = a.pad_y1 = 1;
  a.f = {4, 4, buffer.data(), nullptr};
  a.x = buffer.data(), a.y = output.data();
  const auto op = tfsg_cpu_upfirdn2d;
  refused<Args>(op, a, [](Args& a) { a.dtype = TFSG_BFLOAT16; }, "float32", TFSG_UNIMPLEMENTED);
  refused<Args>(op, a, [](Args& a) { a.up_x = 0; }, "up 0");
  refused<Args>(op, a, [](Args& a) { a.down_y = INT_MAX; }, "down");
  refused<Args>(op, a, [](Args& a) { a.up_y = -1; }, "up and down");
  refused<Args>(op, a, [](Args& a) { a.f.y = nullptr; }, "filter is missing");
  refused<Args>(op, a, [](Args& a) { a.f.height = 0; }, "0x4");
  refused<Args>(op, a, [](Args& a) { a.f.width = 257; }, "4x257");
  refused<Args>(op, a, [](Args& a) { a.pad_x0 = INT_MAX; }, "padding");
  refused<Args>(op, a, [](Args& a) { a.pad_y1 = INT_MIN; }, "padding");
  refused<Args>(op, a, [](Args& a) { a.pad_y1 = -20; }, "does not fit");
  refused<Args>(op, a, [](Args& a) { a.out_h = 6; }, "must be 5; got 6");
  refused<Args>(op, a, [](Args& a) { a.out_w = -5; }, "must not be negative");
  refused<Args>(op, a, [](Args& a) { a.in_h = INT64_MAX; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.batch = 0, a.in_h = INT64_MAX; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.batch = -1; }, "negative");
  refused<Args>(op, a, [](Args& a) { a.x = nullptr; }, "missing");
  refused<Args>(op, a, [](Args& a) { a.y = nullptr; }, "missing");
  CHECK(op(nullptr) == TFSG_INVALID_ARGUMENT, "NULL");
}

void filtered_lrelu() {
  using Args = tfsg_filtered_lrelu_args;
  std::vector<uint8_t> codes(4096, 1);
  Args a{};
  a.batch = 1, a.channels = 3, a.in_h = a.in_w = a.out_h = a.out_w = 5;
  a.up = a.down = 2;
  a.pad_x0 = a.pad_y0 = 5, a.pad_x1 = a.pad_y1 = 4;
  a.fu = a.fd = {6, 6, buffer.data(), buffer.data()};
  a.gain = 1, a.slope = 0.2f, a.clamp = -1;
  a.code_h = a.code_w = 14;
  a.x = buffer.data(), a.y = output.data(), a.codes = codes.data();
  const auto op = tfsg_cpu_filtered_lrelu;
  refused<Args>(op, a, [](Args& a) { a.dtype = -1; }, "float32", TFSG_UNIMPLEMENTED);
  refused<Args>(op, a, [](Args& a) { a.up = 0; }, "up");
  refused<Args>(op, a, [](Args& a) { a.down = 17; }, "17");
  refused<Args>(op, a, [](Args& a) { a.fu.y = nullptr; }, "fu is missing");
  refused<Args>(op, a, [](Args& a) { a.fd.height = -1; }, "fd");
  refused<Args>(op, a, [](Args& a) { a.pad_x1 = INT_MIN; }, "padding");
  refused<Args>(op, a, [](Args& a) { a.pad_x1 = -30; }, "does not fit");
  refused<Args>(op, a, [](Args& a) { a.slope = kNan; }, "slope");
  refused<Args>(op, a, [](Args& a) { a.out_w = 4; }, "must be 5; got 4");
  refused<Args>(op, a, [](Args& a) { a.code_h = 13; }, "codes must be 14x14; got 13x14");
  refused<Args>(op, a, [](Args& a) { a.read_codes = 1, a.code_w = -14; }, "codes");
  refused<Args>(op, a, [](Args& a) { a.read_codes = 1, a.codes = nullptr; }, "codes is missing");
  refused<Args>(op, a, [](Args& a) { a.read_codes = 1, a.codes = nullptr, a.code_h = 37, a.code_w = INT64_MIN; }, "codes");
  refused<Args>(op, a, [](Args& a) { a.read_codes = 1, a.codes = nullptr, a.code_h = a.code_w = int64_t{1} << 32; }, "codes");
  refused<Args>(op, a, [](Args& a) { a.in_w = int64_t{1} << 62; }, "too large");
  refused<Args>(op, a, [](Args& a) { a.x = nullptr; }, "missing");
  CHECK(op(nullptr) == TFSG_INVALID_ARGUMENT, "NULL");
}

}  // namespace

int main() {
  poison();
  CHECK(tfsg_cpu_abi_version() == TFSG_ABI_VERSION, "version");
  CHECK(tfsg_cpu_set_instruction_set(nullptr) == TFSG_INVALID_ARGUMENT, "NULL");
  CHECK(tfsg_cpu_set_instruction_set("") == TFSG_INVALID_ARGUMENT, "no name");
  bias_act();
  epilogues();
  upfirdn2d();
  filtered_lrelu();
  return finish("refusals");
}
