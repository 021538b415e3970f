/* TensorFlow ops of upfirdn2d and filtered leaky ReLU. */
#include "../include/tfstylegan_ops.h"
#include "kernel.h"
#include "registration.h"

namespace tfsg {
namespace {

/* A filter from two inputs: both one-dimensional, along y and x, or one of two dimensions and an empty one. */
struct FilterInput {
  Array y, x;
  tfsg_filter filter = {};

  FilterInput(Call& call, TF_OpKernelContext* context, int i, const char* name) {
    TF_Status* status = TF_NewStatus();
    TF_Tensor* tensor = nullptr;
    TF_GetInput(context, i, &tensor, status);
    const int rank = TF_GetCode(status) == TF_OK ? TF_NumDims(tensor) : 0;
    if (tensor != nullptr) TF_DeleteTensor(tensor);
    TF_DeleteStatus(status);
    y = call.input(i, name, rank == 2 ? 2 : 1);
    x = call.input(i + 1, name, 1, true);
    if (call.failed()) return;
    if ((rank == 2) == x.given) {
      call.error(TF_INVALID_ARGUMENT, std::string(name) + " must be taps along y and taps along x, or a matrix and nothing");
      return;
    }
    const int64_t height = y.shape[0], width = rank == 2 ? y.shape[1] : x.shape[0];
    const int64_t most = 1 << 20; /* what is too large for the op is refused there */
    filter.height = static_cast<int32_t>(height < most ? height : most);
    filter.width = static_cast<int32_t>(width < most ? width : most);
    filter.y = y.floats();
    filter.x = x.floats();
  }
};

int64_t upsampled(int64_t size, int64_t up, int64_t before, int64_t after, int64_t taps) {
  return size * up + before + after - taps + 1;
}
int64_t decimated(int64_t size, int64_t down) { return size < 1 || down < 1 ? -1 : (size - 1) / down + 1; }

/* Sizes and factors whose arithmetic cannot overflow; the rest is checked by the op itself. */
bool sensible(Call& call, const Array& x, std::initializer_list<int32_t> factors, std::initializer_list<int32_t> padding) {
  if (call.failed()) return false;
  const int64_t most = int64_t{1} << 40;
  bool good = x.shape[1] < most && x.shape[2] < most;
  for (const int32_t factor : factors) good = good && factor >= 1 && factor <= 1024;
  for (const int32_t p : padding) good = good && p <= (1 << 24) && p >= -(1 << 24);
  if (good) return true;
  std::string message = "an image of shape " + text(x.shape) + " cannot be resampled by factors";
  for (const int32_t factor : factors) message += " " + std::to_string(factor);
  message += " with padding";
  for (const int32_t p : padding) message += " " + std::to_string(p);
  call.error(TF_INVALID_ARGUMENT, message);
  return false;
}

/* The shape of an output, or an error that says what does not fit. */
bool fits(Call& call, const Array& x, const tfsg_filter& f, int64_t height, int64_t width) {
  if (height >= 1 && width >= 1) return true;
  call.error(TF_INVALID_ARGUMENT, "a filter of " + std::to_string(f.height) + "x" + std::to_string(f.width) +
                                      " taps does not fit into an image of shape " + text(x.shape) + " as padded");
  return false;
}

void finish(Call& call, int code) {
  if (code != TFSG_OK) call.error(code, tfsg_cpu_error());
}

struct Upfirdn2d {
  int32_t up_x, up_y, down_x, down_y, pad_x0, pad_x1, pad_y0, pad_y1;
  explicit Upfirdn2d(Attributes& a)
      : up_x(a.integer("up_x")), up_y(a.integer("up_y")), down_x(a.integer("down_x")), down_y(a.integer("down_y")),
        pad_x0(a.integer("pad_x0")), pad_x1(a.integer("pad_x1")), pad_y0(a.integer("pad_y0")),
        pad_y1(a.integer("pad_y1")) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "upfirdn2d");
    const Array x = call.input(0, "x", 4);
    const FilterInput f(call, context, 1, "the filter");
    const Array add = call.input(3, "add", 4, true);
    if (!sensible(call, x, {up_x, up_y, down_x, down_y}, {pad_x0, pad_x1, pad_y0, pad_y1})) return;
    const int64_t out_h = decimated(upsampled(x.shape[1], up_y, pad_y0, pad_y1, f.filter.height), down_y);
    const int64_t out_w = decimated(upsampled(x.shape[2], up_x, pad_x0, pad_x1, f.filter.width), down_x);
    if (!fits(call, x, f.filter, out_h, out_w)) return;
    const Shape shape = {x.shape[0], out_h, out_w, x.shape[3]};
    call.expect(add, "add", shape);
    const Array y = call.output(0, shape, TF_FLOAT, add.given ? std::vector<int>{3} : std::vector<int>{});
    if (call.failed()) return;
    tfsg_upfirdn2d_args a = {};
    a.batch = x.shape[0];
    a.channels = x.shape[3];
    a.in_h = x.shape[1];
    a.in_w = x.shape[2];
    a.out_h = out_h;
    a.out_w = out_w;
    a.up_x = up_x;
    a.up_y = up_y;
    a.down_x = down_x;
    a.down_y = down_y;
    a.pad_x0 = pad_x0;
    a.pad_x1 = pad_x1;
    a.pad_y0 = pad_y0;
    a.pad_y1 = pad_y1;
    a.f = f.filter;
    a.x = x.floats();
    a.add = add.floats();
    a.y = y.data;
    finish(call, tfsg_cpu_upfirdn2d(&a));
  }
};

struct FilteredLrelu {
  int32_t up, down, pad_x0, pad_x1, pad_y0, pad_y1;
  float gain, slope, clamp;
  explicit FilteredLrelu(Attributes& a)
      : up(a.integer("up")), down(a.integer("down")), pad_x0(a.integer("pad_x0")), pad_x1(a.integer("pad_x1")),
        pad_y0(a.integer("pad_y0")), pad_y1(a.integer("pad_y1")), gain(a.number("gain")), slope(a.number("slope")),
        clamp(a.number("clamp")) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "filtered_lrelu");
    const Array x = call.input(0, "x", 4), b = call.input(1, "b", 1, true);
    const FilterInput fu(call, context, 2, "fu"), fd(call, context, 4, "fd");
    if (!sensible(call, x, {up, down}, {pad_x0, pad_x1, pad_y0, pad_y1})) return;
    call.expect(b, "b", {x.shape[3]});
    tfsg_filtered_lrelu_args a = {};
    a.code_h = upsampled(x.shape[1], up, pad_y0, pad_y1, fu.filter.height);
    a.code_w = upsampled(x.shape[2], up, pad_x0, pad_x1, fu.filter.width);
    a.out_h = decimated(a.code_h - fd.filter.height + 1, down);
    a.out_w = decimated(a.code_w - fd.filter.width + 1, down);
    if (!fits(call, x, fu.filter, a.code_h, a.code_w) || !fits(call, x, fd.filter, a.out_h, a.out_w)) return;
    const Array y = call.output(0, {x.shape[0], a.out_h, a.out_w, x.shape[3]});
    const Array codes = call.output(1, {x.shape[0], (x.shape[3] + 15) / 16, a.code_h, a.code_w, 4}, TF_UINT8);
    if (call.failed()) return;
    a.batch = x.shape[0];
    a.channels = x.shape[3];
    a.in_h = x.shape[1];
    a.in_w = x.shape[2];
    a.up = up;
    a.down = down;
    a.pad_x0 = pad_x0;
    a.pad_x1 = pad_x1;
    a.pad_y0 = pad_y0;
    a.pad_y1 = pad_y1;
    a.fu = fu.filter;
    a.fd = fd.filter;
    a.gain = gain;
    a.slope = slope;
    a.clamp = clamp;
    a.x = x.floats();
    a.b = b.floats();
    a.codes = static_cast<uint8_t*>(codes.data);
    a.y = y.data;
    finish(call, tfsg_cpu_filtered_lrelu(&a));
  }
};

struct FilteredLreluGrad {
  int32_t up, down, pad_x0, pad_x1, pad_y0, pad_y1, code_x0, code_y0, out_h, out_w;
  float gain, slope;
  explicit FilteredLreluGrad(Attributes& a)
      : up(a.integer("up")), down(a.integer("down")), pad_x0(a.integer("pad_x0")), pad_x1(a.integer("pad_x1")),
        pad_y0(a.integer("pad_y0")), pad_y1(a.integer("pad_y1")), code_x0(a.integer("code_x0")),
        code_y0(a.integer("code_y0")), out_h(a.integer("out_h")), out_w(a.integer("out_w")), gain(a.number("gain")),
        slope(a.number("slope")) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "filtered_lrelu_grad");
    const Array dy = call.input(0, "dy", 4), codes = call.input(1, "codes", 5);
    const FilterInput fu(call, context, 2, "fu"), fd(call, context, 4, "fd");
    if (!sensible(call, dy, {up, down}, {pad_x0, pad_x1, pad_y0, pad_y1, code_x0, code_y0})) return;
    if (!fits(call, dy, fd.filter, out_h, out_w)) return;
    call.expect(codes, "codes",
                {dy.shape[0], (dy.shape[3] + 15) / 16, codes.shape[2], codes.shape[3], 4});
    const Array dx = call.output(0, {dy.shape[0], out_h, out_w, dy.shape[3]});
    if (call.failed()) return;
    tfsg_filtered_lrelu_args a = {};
    a.read_codes = 1;
    a.batch = dy.shape[0];
    a.channels = dy.shape[3];
    a.in_h = dy.shape[1];
    a.in_w = dy.shape[2];
    a.out_h = out_h;
    a.out_w = out_w;
    a.up = up;
    a.down = down;
    a.pad_x0 = pad_x0;
    a.pad_x1 = pad_x1;
    a.pad_y0 = pad_y0;
    a.pad_y1 = pad_y1;
    a.fu = fu.filter;
    a.fd = fd.filter;
    a.gain = gain;
    a.slope = slope;
    a.clamp = -1;
    a.code_h = codes.shape[2];
    a.code_w = codes.shape[3];
    a.code_x0 = code_x0;
    a.code_y0 = code_y0;
    a.x = dy.floats();
    a.codes = static_cast<uint8_t*>(codes.data);
    a.y = dx.data;
    finish(call, tfsg_cpu_filtered_lrelu(&a));
  }
};

#define TFSG_PADDING "pad_x0: int", "pad_x1: int", "pad_y0: int", "pad_y1: int"

}  // namespace

bool register_resampling_ops() {
  return register_all<Upfirdn2d>("TfstyleganUpfirdn2d",
                                 {"x: T", "fy: float", "fx: float", "add: T", "->", "y: T", "|", "up_x: int",
                                  "up_y: int", "down_x: int", "down_y: int", TFSG_PADDING},
                                 Shapes::kUnknown) &&
         register_all<FilteredLrelu>("TfstyleganFilteredLrelu",
                                     {"x: T", "b: T", "fu_y: float", "fu_x: float", "fd_y: float", "fd_x: float", "->",
                                      "y: T", "codes: uint8", "|", "up: int", "down: int", TFSG_PADDING, "gain: float",
                                      "slope: float", "clamp: float"},
                                     Shapes::kUnknown) &&
         register_all<FilteredLreluGrad>(
             "TfstyleganFilteredLreluGrad",
             {"dy: T", "codes: uint8", "fu_y: float", "fu_x: float", "fd_y: float", "fd_x: float", "->", "dx: T", "|",
              "up: int", "down: int", TFSG_PADDING, "code_x0: int", "code_y0: int", "out_h: int", "out_w: int",
              "gain: float", "slope: float"},
             Shapes::kUnknown);
}

}  // namespace tfsg
