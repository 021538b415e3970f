// upfirdn2d and filtered_lrelu on TensorFlow's GPU device. The ops are registered by the CPU library.
#include "tf_arguments.h"

namespace tfsg {
namespace {

// Filters are in host memory: y and x of a separable one, or y [height, width] and x absent.
bool make_filter(const Tensor& y, const Tensor& x, tfsg_filter* filter) {
  constexpr int64_t kMost = 1 << 12;
  const bool separable = !absent(x);
  if (y.dims() != (separable ? 1 : 2) || (separable && x.dims() != 1)) return false;
  const int64_t height = y.dim_size(0), width = separable ? x.dim_size(0) : y.dim_size(1);
  if (height < 1 || width < 1 || height > kMost || width > kMost) return false;
  filter->height = static_cast<int32_t>(height);
  filter->width = static_cast<int32_t>(width);
  filter->y = y.flat<float>().data();
  filter->x = separable ? x.flat<float>().data() : nullptr;
  return true;
}

#define TFSG_CHECK_FILTER(ctx, name, y, x, filter)                                                               \
  TFSG_CHECK_INPUT(ctx, make_filter(y, x, filter), "filter " name " must be [taps] along y and x, or [height, width] " \
                   "and empty, got ", shape_of(y), " and ", shape_of(x))

template <class T>
class Upfirdn2dOp : public OpKernel {
 public:
  explicit Upfirdn2dOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("up_x", &args_.up_x));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("up_y", &args_.up_y));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("down_x", &args_.down_x));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("down_y", &args_.down_y));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_x0", &args_.pad_x0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_x1", &args_.pad_x1));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_y0", &args_.pad_y0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_y1", &args_.pad_y1));
    OP_REQUIRES(ctx, args_.up_x > 0 && args_.up_y > 0 && args_.down_x > 0 && args_.down_y > 0,
                tensorflow::errors::InvalidArgument("upfirdn2d: factors must be at least 1, got up (", args_.up_x, ", ",
                                                    args_.up_y, "), down (", args_.down_x, ", ", args_.down_y, ")"));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &fy = ctx->input(1), &fx = ctx->input(2), &add = ctx->input(3);
    TFSG_CHECK_INPUT(ctx, x.dims() == 4, "images must be [N, H, W, C], got ", shape_of(x));
    tfsg_upfirdn2d_args args = args_;
    TFSG_CHECK_FILTER(ctx, "f", fy, fx, &args.f);
    const int64_t height = x.dim_size(1) * args.up_y + args.pad_y0 + args.pad_y1 - args.f.height;
    const int64_t width = x.dim_size(2) * args.up_x + args.pad_x0 + args.pad_x1 - args.f.width;
    TFSG_CHECK_INPUT(ctx, height >= 0 && width >= 0, "the filter of ", args.f.height, " x ", args.f.width,
                     " taps is larger than the padded image, from ", shape_of(x));
    args.dtype = DtypeOf<T>::value;
    args.batch = x.dim_size(0);
    args.channels = x.dim_size(3);
    args.in_h = x.dim_size(1);
    args.in_w = x.dim_size(2);
    args.out_h = height / args.down_y + 1;
    args.out_w = width / args.down_x + 1;
    TFSG_CHECK_INPUT(ctx, absent_or(add, {args.batch, args.out_h, args.out_w, args.channels}), "add ", shape_of(add),
                     " does not fit the output of ", args.out_h, " x ", args.out_w, " pixels from ", shape_of(x));
    Tensor* y = nullptr;
    if (absent(add)) {
      OP_REQUIRES_OK(ctx, allocate(ctx, 0, {args.batch, args.out_h, args.out_w, args.channels}, &y));
    } else {
      OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({3}, 0, add.shape(), &y));
    }
    args.x = x.data();
    args.add = data_of(add);
    args.y = y->data();
    run(ctx, TFSG_OP_UPFIRDN2D, tfsg_cuda_upfirdn2d, args);
  }

 private:
  tfsg_upfirdn2d_args args_ = {};
};

// What the op and its gradient have in common.
class FilteredLreluBase : public OpKernel {
 public:
  explicit FilteredLreluBase(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("up", &args_.up));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("down", &args_.down));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_x0", &args_.pad_x0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_x1", &args_.pad_x1));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_y0", &args_.pad_y0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("pad_y1", &args_.pad_y1));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("gain", &args_.gain));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("slope", &args_.slope));
    OP_REQUIRES(ctx, args_.up > 0 && args_.down > 0,
                tensorflow::errors::InvalidArgument("filtered_lrelu: factors must be at least 1, got up ", args_.up,
                                                    ", down ", args_.down));
    args_.clamp = -1.f;
  }

 protected:
  // The image and the filters, from input `first` on.
  template <class T>
  void start(OpKernelContext* ctx, int first, tfsg_filtered_lrelu_args* args) {
    const Tensor& x = ctx->input(0);
    *args = args_;
    TFSG_CHECK_INPUT(ctx, x.dims() == 4, "images must be [N, H, W, C], got ", shape_of(x));
    TFSG_CHECK_FILTER(ctx, "fu", ctx->input(first), ctx->input(first + 1), &args->fu);
    TFSG_CHECK_FILTER(ctx, "fd", ctx->input(first + 2), ctx->input(first + 3), &args->fd);
    args->dtype = DtypeOf<T>::value;
    args->batch = x.dim_size(0);
    args->in_h = x.dim_size(1);
    args->in_w = x.dim_size(2);
    args->channels = x.dim_size(3);
    args->x = x.data();
  }

  tfsg_filtered_lrelu_args args_ = {};
};

template <class T>
class FilteredLreluOp : public FilteredLreluBase {
 public:
  explicit FilteredLreluOp(OpKernelConstruction* ctx) : FilteredLreluBase(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("clamp", &args_.clamp));
  }

  void Compute(OpKernelContext* ctx) override {
    tfsg_filtered_lrelu_args args;
    start<T>(ctx, 2, &args);
    if (!ctx->status().ok()) return;
    const Tensor &x = ctx->input(0), &b = ctx->input(1);
    TFSG_CHECK_INPUT(ctx, absent_or(b, {args.channels}), "b ", shape_of(b), " does not fit ", shape_of(x));
    args.code_h = args.in_h * args.up + args.pad_y0 + args.pad_y1 - args.fu.height + 1;
    args.code_w = args.in_w * args.up + args.pad_x0 + args.pad_x1 - args.fu.width + 1;
    TFSG_CHECK_INPUT(ctx, args.code_h >= args.fd.height && args.code_w >= args.fd.width, "filters of ", args.fu.height,
                     " x ", args.fu.width, " and ", args.fd.height, " x ", args.fd.width,
                     " taps are larger than the padded image, from ", shape_of(x));
    args.out_h = (args.code_h - args.fd.height) / args.down + 1;
    args.out_w = (args.code_w - args.fd.width) / args.down + 1;
    Tensor *y = nullptr, *codes = nullptr;
    OP_REQUIRES_OK(ctx, allocate(ctx, 0, {args.batch, args.out_h, args.out_w, args.channels}, &y));
    const int64_t groups = (args.channels + 15) / 16;
    OP_REQUIRES_OK(ctx, allocate(ctx, 1, {args.batch, groups, args.code_h, args.code_w, 4}, &codes));
    args.b = data_of(b);
    args.y = y->data();
    args.codes = static_cast<uint8_t*>(codes->data());
    run(ctx, TFSG_OP_FILTERED_LRELU, tfsg_cuda_filtered_lrelu, args);
  }
};

template <class T>
class FilteredLreluGradOp : public FilteredLreluBase {
 public:
  explicit FilteredLreluGradOp(OpKernelConstruction* ctx) : FilteredLreluBase(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("code_x0", &args_.code_x0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("code_y0", &args_.code_y0));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("out_h", &args_.out_h));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("out_w", &args_.out_w));
    args_.read_codes = 1;
  }

  void Compute(OpKernelContext* ctx) override {
    tfsg_filtered_lrelu_args args;
    start<T>(ctx, 2, &args);
    if (!ctx->status().ok()) return;
    const Tensor &dy = ctx->input(0), &codes = ctx->input(1);
    TFSG_CHECK_INPUT(ctx,
                     codes.dims() == 5 && codes.dim_size(0) == args.batch &&
                         codes.dim_size(1) == (args.channels + 15) / 16 && codes.dim_size(4) == 4,
                     "codes ", shape_of(codes), " do not fit ", shape_of(dy));
    TFSG_CHECK_INPUT(ctx, args.out_h >= 0 && args.out_w >= 0, "an output of ", args.out_h, " x ", args.out_w);
    args.code_h = codes.dim_size(2);
    args.code_w = codes.dim_size(3);
    Tensor* dx = nullptr;
    OP_REQUIRES_OK(ctx, allocate(ctx, 0, {args.batch, args.out_h, args.out_w, args.channels}, &dx));
    args.codes = static_cast<uint8_t*>(codes.data());
    args.y = dx->data();
    run(ctx, TFSG_OP_FILTERED_LRELU, tfsg_cuda_filtered_lrelu, args);
  }
};

#define TFSG_HOST_FILTERS .HostMemory("fu_y").HostMemory("fu_x").HostMemory("fd_y").HostMemory("fd_x")

TFSG_REGISTER("TfstyleganUpfirdn2d", Upfirdn2dOp, .HostMemory("fy").HostMemory("fx"));
TFSG_REGISTER("TfstyleganFilteredLrelu", FilteredLreluOp, TFSG_HOST_FILTERS);
TFSG_REGISTER("TfstyleganFilteredLreluGrad", FilteredLreluGradOp, TFSG_HOST_FILTERS);

}  // namespace
}  // namespace tfsg
