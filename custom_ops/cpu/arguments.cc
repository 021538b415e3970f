#include "arguments.h"

#include <cinttypes>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <initializer_list>

#include "kernels.h"

namespace tfsg {
namespace {

thread_local char message[512] = "";

constexpr int64_t kMostElements = int64_t{1} << 48;
constexpr int32_t kMostPadding = 1 << 24;

/* Whether the product is a number of elements that can be addressed; no factor is negative. Zeros do not make the rest
 * of them any better: a product of some of them is a size too. */
bool addressable(std::initializer_list<int64_t> sizes) {
  int64_t elements = 1;
  for (const int64_t size : sizes) {
    if (size < 0) return false;
    if (size != 0 && elements > kMostElements / size) return false;
    if (size != 0) elements *= size;
  }
  return true;
}

int check_dtype(const char* op, int32_t dtype) {
  if (dtype != TFSG_FLOAT32) return fail(TFSG_UNIMPLEMENTED, "%s: only float32 runs on a CPU", op);
  return TFSG_OK;
}

int check_activation(const char* op, const tfsg_activation& act, bool piecewise) {
  if (act.kind < 0 || act.kind >= TFSG_ACTIVATIONS)
    return fail(TFSG_INVALID_ARGUMENT, "%s: act must be 0 to %d; got %d", op, TFSG_ACTIVATIONS - 1, act.kind);
  if (std::isnan(act.alpha) || std::isnan(act.gain) || std::isnan(act.clamp))
    return fail(TFSG_INVALID_ARGUMENT, "%s: alpha, gain and clamp must be numbers; got %g, %g, %g", op, act.alpha, act.gain, act.clamp);
  if (piecewise && (act.kind > TFSG_LRELU || !(act.gain > 0) || !(act.alpha >= 0)))
    return fail(TFSG_INVALID_ARGUMENT, "%s: needs linear, relu or lrelu with gain > 0 and alpha >= 0; got act %d, gain %g, alpha %g",
                op, act.kind, act.gain, act.alpha);
  return TFSG_OK;
}

template <typename Args>
int check_pixels(const char* op, const Args& a, bool piecewise) {
  if (const int code = check_dtype(op, a.dtype)) return code;
  if (const int code = check_activation(op, a.act, piecewise)) return code;
  if (!addressable({a.batch, a.pixels, a.channels}))
    return fail(TFSG_INVALID_ARGUMENT, "%s: sizes must not be negative, nor their product too large; got batch %" PRId64 ", %" PRId64 " pixels, %" PRId64 " channels",
                op, a.batch, a.pixels, a.channels);
  /* Noise of no elements may have no address. */
  const bool some = a.batch > 0 && a.pixels > 0 && a.channels > 0;
  if (some && (a.noise == nullptr) != (a.strength == nullptr))
    return fail(TFSG_INVALID_ARGUMENT, "%s: noise and its strength come together", op);
  if (a.noise != nullptr && a.noise_batch != 1 && a.noise_batch != a.batch)
    return fail(TFSG_INVALID_ARGUMENT, "%s: noise must be for 1 sample or for all %" PRId64 "; got %" PRId64, op, a.batch, a.noise_batch);
  if (a.noise != nullptr && a.strength_channels != 1 && a.strength_channels != a.channels)
    return fail(TFSG_INVALID_ARGUMENT, "%s: noise needs 1 strength or %" PRId64 ", one for each channel; got %" PRId64, op, a.channels,
                a.strength_channels);
  return TFSG_OK;
}

int missing(const char* op, const char* what) { return fail(TFSG_INVALID_ARGUMENT, "%s: %s is missing", op, what); }

int check_filter(const char* op, const char* name, const tfsg_filter& f) {
  if (f.y == nullptr) return missing(op, name);
  if (f.height < 1 || f.width < 1 || f.height > kMostTaps || f.width > kMostTaps)
    return fail(TFSG_INVALID_ARGUMENT, "%s: %s must have 1 to %d taps a side; got %dx%d", op, name, kMostTaps, f.height, f.width);
  return TFSG_OK;
}

int check_padding(const char* op, std::initializer_list<int32_t> padding) {
  for (const int32_t p : padding)
    if (p > kMostPadding || p < -kMostPadding)
      return fail(TFSG_INVALID_ARGUMENT, "%s: padding must be within +-%d; got %d", op, kMostPadding, p);
  return TFSG_OK;
}

/* One axis: whether the output has the size that it must have. */
int check_size(const char* op, const char* axis, int64_t in, int64_t out, int64_t up, int64_t down, int64_t before,
               int64_t after, int64_t taps) {
  const int64_t padded = in * up + before + after;
  const int64_t wanted = padded < taps ? -1 : (padded - taps) / down + 1;
  if (wanted < 1)
    return fail(TFSG_INVALID_ARGUMENT, "%s: a filter of %" PRId64 " taps does not fit into a %s of %" PRId64 " upsampled by %" PRId64 " and padded by %" PRId64 " and %" PRId64,
                op, taps, axis, in, up, before, after);
  if (out != wanted)
    return fail(TFSG_INVALID_ARGUMENT, "%s: the output's %s must be %" PRId64 "; got %" PRId64, op, axis, wanted, out);
  return TFSG_OK;
}

}  // namespace

int fail(int code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(message, sizeof message, format, arguments);
  va_end(arguments);
  return code;
}

const char* last_error() { return message; }

int check(const tfsg_bias_act_args& a) {
  const char* op = "bias_act";
  if (const int code = check_dtype(op, a.dtype)) return code;
  if (a.order < 0 || a.order > 2) return fail(TFSG_INVALID_ARGUMENT, "%s: order must be 0, 1 or 2; got %d", op, a.order);
  const bool by_output = a.order == 1 && a.y_ref != nullptr && a.act.kind <= TFSG_LRELU;
  if (const int code = check_activation(op, a.act, by_output)) return code;
  if (!addressable({a.rows, a.channels}))
    return fail(TFSG_INVALID_ARGUMENT, "%s: sizes must not be negative, nor their product too large; got %" PRId64 " rows of %" PRId64 " channels", op, a.rows, a.channels);
  if (a.rows == 0 || a.channels == 0) return TFSG_OK;
  if (a.y == nullptr) return missing(op, "y");
  if (!by_output && a.x == nullptr) return missing(op, "x");
  if (a.order > 0 && a.dy == nullptr) return missing(op, "dy");
  if (a.order == 2 && a.dd == nullptr) return missing(op, "dd");
  return TFSG_OK;
}

int check(const tfsg_style_epilogue_args& a) {
  if (const int code = check_pixels("style_epilogue", a, true)) return code;
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  return a.x == nullptr || a.y == nullptr ? missing("style_epilogue", "x or y") : TFSG_OK;
}

int check(const tfsg_style_epilogue_grad_args& a) {
  const char* op = "style_epilogue_grad";
  if (const int code = check_pixels(op, a, true)) return code;
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  if (a.dy == nullptr || a.y == nullptr || a.dx == nullptr) return missing(op, "dy, y or dx");
  return a.d != nullptr && a.x == nullptr ? missing(op, "x") : TFSG_OK;
}

int check(const tfsg_style_epilogue_grad_grad_args& a) {
  const char* op = "style_epilogue_grad_grad";
  if (const int code = check_pixels(op, a, true)) return code;
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  if (a.dy == nullptr || a.y == nullptr || a.ddy == nullptr) return missing(op, "dy, y or ddy");
  return a.d != nullptr && a.x == nullptr ? missing(op, "x") : TFSG_OK;
}

int check(const tfsg_norm_epilogue_args& a) {
  const char* op = "norm_epilogue";
  if (const int code = check_pixels(op, a, false)) return code;
  if (!(a.epsilon >= 0)) return fail(TFSG_INVALID_ARGUMENT, "%s: epsilon must not be negative; got %g", op, a.epsilon);
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  return a.x == nullptr || a.y == nullptr || a.mean == nullptr || a.rstd == nullptr ? missing(op, "x, y, mean or rstd")
                                                                                   : TFSG_OK;
}

int check(const tfsg_norm_epilogue_grad_args& a) {
  const char* op = "norm_epilogue_grad";
  if (const int code = check_pixels(op, a, false)) return code;
  if (a.batch * a.pixels * a.channels == 0) return TFSG_OK;
  return a.dy == nullptr || a.x == nullptr || a.mean == nullptr || a.rstd == nullptr || a.dx == nullptr ||
                 a.dscale == nullptr || a.dshift == nullptr
             ? missing(op, "an input or output")
             : TFSG_OK;
}

int check(const tfsg_upfirdn2d_args& a) {
  const char* op = "upfirdn2d";
  if (const int code = check_dtype(op, a.dtype)) return code;
  for (const int32_t factor : {a.up_x, a.up_y, a.down_x, a.down_y})
    if (factor < 1 || factor > kMostPhases)
      return fail(TFSG_INVALID_ARGUMENT, "%s: up and down must be 1 to %d; got up %d, %d and down %d, %d", op, kMostPhases, a.up_x, a.up_y,
                  a.down_x, a.down_y);
  if (const int code = check_filter(op, "the filter", a.f)) return code;
  if (const int code = check_padding(op, {a.pad_x0, a.pad_x1, a.pad_y0, a.pad_y1})) return code;
  if (!addressable({a.batch, a.in_h, a.in_w, a.channels}) || !addressable({a.batch, a.out_h, a.out_w, a.channels}))
    return fail(TFSG_INVALID_ARGUMENT, "%s: sizes must not be negative, nor their product too large; got [%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "]", op, a.batch,
                a.in_h, a.in_w, a.channels);
  if (const int code = check_size(op, "height", a.in_h, a.out_h, a.up_y, a.down_y, a.pad_y0, a.pad_y1, a.f.height)) return code;
  if (const int code = check_size(op, "width", a.in_w, a.out_w, a.up_x, a.down_x, a.pad_x0, a.pad_x1, a.f.width)) return code;
  if (a.batch * a.channels == 0) return TFSG_OK;
  if (a.y == nullptr || (a.x == nullptr && a.in_h * a.in_w > 0)) return missing(op, "x or y");
  return TFSG_OK;
}

int check(const tfsg_filtered_lrelu_args& a) {
  const char* op = "filtered_lrelu";
  if (const int code = check_dtype(op, a.dtype)) return code;
  if (a.up < 1 || a.down < 1 || a.up > kMostPhases || a.down > kMostPhases)
    return fail(TFSG_INVALID_ARGUMENT, "%s: up and down must be 1 to %d; got %d and %d", op, kMostPhases, a.up, a.down);
  if (const int code = check_filter(op, "fu", a.fu)) return code;
  if (const int code = check_filter(op, "fd", a.fd)) return code;
  if (const int code = check_padding(op, {a.pad_x0, a.pad_x1, a.pad_y0, a.pad_y1})) return code;
  if (std::isnan(a.gain) || std::isnan(a.slope) || std::isnan(a.clamp))
    return fail(TFSG_INVALID_ARGUMENT, "%s: gain, slope and clamp must be numbers; got %g, %g, %g", op, a.gain, a.slope, a.clamp);
  if (!addressable({a.batch, a.in_h, a.in_w, a.channels, a.up, a.up}) || !addressable({a.batch, a.out_h, a.out_w, a.channels}))
    return fail(TFSG_INVALID_ARGUMENT, "%s: sizes must not be negative, nor their product too large; got [%" PRId64 ", %" PRId64 ", %" PRId64 ", %" PRId64 "]", op, a.batch,
                a.in_h, a.in_w, a.channels);
  const int64_t mid_h = a.in_h * a.up + a.pad_y0 + a.pad_y1 - a.fu.height + 1;
  const int64_t mid_w = a.in_w * a.up + a.pad_x0 + a.pad_x1 - a.fu.width + 1;
  if (mid_h < 1 || mid_w < 1)
    return fail(TFSG_INVALID_ARGUMENT, "%s: fu of %dx%d taps does not fit into an image of %" PRId64 "x%" PRId64 " upsampled by %d and padded by %d, %d, %d, %d",
                op, a.fu.height, a.fu.width, a.in_h, a.in_w, a.up, a.pad_x0, a.pad_x1, a.pad_y0, a.pad_y1);
  if (const int code = check_size(op, "height", mid_h, a.out_h, 1, a.down, 0, 0, a.fd.height)) return code;
  if (const int code = check_size(op, "width", mid_w, a.out_w, 1, a.down, 0, 0, a.fd.width)) return code;
  if (a.batch * a.channels == 0) return TFSG_OK;
  if (a.y == nullptr || (a.x == nullptr && a.in_h * a.in_w > 0)) return missing(op, "x or y");
  if ((a.read_codes || a.codes != nullptr) && !addressable({a.batch, a.channels / 16 + 1, a.code_h, a.code_w, 4}))
    return fail(TFSG_INVALID_ARGUMENT, "%s: codes of %" PRId64 "x%" PRId64 " cannot be", op, a.code_h, a.code_w);
  if (!a.read_codes && a.codes != nullptr && (a.code_h != mid_h || a.code_w != mid_w))
    return fail(TFSG_INVALID_ARGUMENT, "%s: codes must be %" PRId64 "x%" PRId64 "; got %" PRId64 "x%" PRId64, op, mid_h, mid_w, a.code_h, a.code_w);
  if (a.read_codes && a.codes == nullptr && a.code_h > 0 && a.code_w > 0) return missing(op, "codes");
  return TFSG_OK;
}

}  // namespace tfsg
