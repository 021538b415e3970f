// bias_act and the epilogues on TensorFlow's GPU device. The ops are registered by the CPU library.
#include "tf_arguments.h"

namespace tfsg {
namespace {

// x [..., C] as rows and channels; b [C] or absent.
template <class T>
class BiasActOp : public ActivationOp {
 public:
  using ActivationOp::ActivationOp;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &b = ctx->input(1);
    TFSG_CHECK_INPUT(ctx, x.dims() >= 1, "x has no channels: ", shape_of(x));
    const int64_t channels = x.dim_size(x.dims() - 1);
    TFSG_CHECK_INPUT(ctx, absent_or(b, {channels}), "b ", shape_of(b), " does not fit x ", shape_of(x));
    Tensor* y = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, x.shape(), &y));
    if (x.NumElements() == 0) return;
    tfsg_bias_act_args args = {};
    args.dtype = DtypeOf<T>::value;
    args.act = act_;
    args.rows = x.NumElements() / channels;
    args.channels = channels;
    args.x = x.data();
    args.b = data_of(b);
    args.y = y->data();
    run(ctx, TFSG_OP_BIAS_ACT, tfsg_cuda_bias_act, args);
  }
};

// Orders 1 (dy, gb, ref, b) and 2 (dd, dy, x, b).
template <class T, int ORDER>
class BiasActGradOp : public ActivationOp {
 public:
  using ActivationOp::ActivationOp;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &first = ctx->input(0), &second = ctx->input(1), &x = ctx->input(2), &b = ctx->input(3);
    TFSG_CHECK_INPUT(ctx, x.dims() >= 1, "x has no channels: ", shape_of(x));
    const int64_t channels = x.dim_size(x.dims() - 1);
    TFSG_CHECK_INPUT(ctx, first.shape() == x.shape(), "shapes ", shape_of(first), " and ", shape_of(x), " differ");
    if (ORDER == 1) {
      TFSG_CHECK_INPUT(ctx, absent_or(second, {channels}), "gb ", shape_of(second), " does not fit ", shape_of(x));
    } else {
      TFSG_CHECK_INPUT(ctx, second.shape() == x.shape(), "shapes ", shape_of(second), " and ", shape_of(x), " differ");
    }
    TFSG_CHECK_INPUT(ctx, absent_or(b, {channels}), "b ", shape_of(b), " does not fit ", shape_of(x));
    Tensor *out = nullptr, *out_b = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, x.shape(), &out));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, TensorShape({channels}), &out_b));
    tfsg_bias_act_args args = {};
    args.dtype = DtypeOf<T>::value;
    args.order = ORDER;
    args.act = act_;
    args.rows = channels ? x.NumElements() / channels : 0;
    args.channels = channels;
    args.b = data_of(b);
    args.y = out->data();
    args.dyb = out_b->data();
    if (ORDER == 1) {
      args.dy = first.data();
      args.gb = data_of(second);
      (act_.kind <= TFSG_LRELU ? args.y_ref : args.x) = x.data();
    } else {
      args.dd = first.data();
      args.dy = second.data();
      args.x = x.data();
    }
    run(ctx, TFSG_OP_BIAS_ACT, tfsg_cuda_bias_act, args);
  }
};

template <class T>
using BiasActGradOp1 = BiasActGradOp<T, 1>;
template <class T>
using BiasActGradOp2 = BiasActGradOp<T, 2>;

// Checks x [N,H,W,C], noise [N or 1,H,W,1], strength [1 or C], and puts the sizes into the arguments.
class EpilogueOp : public ActivationOp {
 public:
  using ActivationOp::ActivationOp;

 protected:
  template <class T, class Args>
  void start(OpKernelContext* ctx, const Tensor& x, const Tensor& noise, const Tensor& strength, Args* args) {
    TFSG_CHECK_INPUT(ctx, x.dims() == 4, "images must be [N, H, W, C], got ", shape_of(x));
    args->dtype = DtypeOf<T>::value;
    args->act = act_;
    args->batch = x.dim_size(0);
    args->pixels = x.dim_size(1) * x.dim_size(2);
    args->channels = x.dim_size(3);
    if (absent(noise) && absent(strength)) return;
    TFSG_CHECK_INPUT(ctx,
                     has_shape(noise, {x.dim_size(0), x.dim_size(1), x.dim_size(2), 1}) ||
                         has_shape(noise, {1, x.dim_size(1), x.dim_size(2), 1}),
                     "noise ", shape_of(noise), " does not fit images ", shape_of(x));
    TFSG_CHECK_INPUT(ctx, has_shape(strength, {1}) || has_shape(strength, {x.dim_size(3)}), "strength ",
                     shape_of(strength), " does not fit images ", shape_of(x));
    args->noise_batch = noise.dim_size(0);
    args->strength_channels = strength.dim_size(0);
    args->noise = noise.data();
    args->strength = strength.data();
  }

  // Of [N, C], such as d, scale and mean.
  void check_statistic(OpKernelContext* ctx, const Tensor& tensor, const char* name, const Tensor& x, bool optional) {
    TFSG_CHECK_INPUT(ctx, (optional && absent(tensor)) || has_shape(tensor, {x.dim_size(0), x.dim_size(3)}), name, " ",
                     shape_of(tensor), " does not fit images ", shape_of(x));
  }

  void check_bias(OpKernelContext* ctx, const Tensor& tensor, const char* name, const Tensor& x) {
    TFSG_CHECK_INPUT(ctx, absent_or(tensor, {x.dim_size(3)}), name, " ", shape_of(tensor), " does not fit images ",
                     shape_of(x));
  }

  void check_same(OpKernelContext* ctx, const Tensor& tensor, const char* name, const Tensor& like) {
    TFSG_CHECK_INPUT(ctx, tensor.shape() == like.shape(), name, " ", shape_of(tensor), " does not fit ",
                     shape_of(like));
  }

  void check_absent_or_same(OpKernelContext* ctx, const Tensor& tensor, const char* name, const Tensor& like) {
    if (!absent(tensor)) check_same(ctx, tensor, name, like);
  }
};

#define TFSG_RETURN_IF_FAILED(ctx) \
  if (!(ctx)->status().ok()) return

template <class T>
class StyleEpilogueOp : public EpilogueOp {
 public:
  using EpilogueOp::EpilogueOp;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &d = ctx->input(1), &b = ctx->input(4);
    tfsg_style_epilogue_args args = {};
    start<T>(ctx, x, ctx->input(2), ctx->input(3), &args);
    TFSG_RETURN_IF_FAILED(ctx);
    check_statistic(ctx, d, "d", x, true);
    check_bias(ctx, b, "b", x);
    TFSG_RETURN_IF_FAILED(ctx);
    Tensor* y = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, x.shape(), &y));
    args.x = x.data();
    args.d = data_of(d);
    args.b = data_of(b);
    args.y = y->data();
    run(ctx, TFSG_OP_STYLE_EPILOGUE, tfsg_cuda_style_epilogue, args);
  }
};

template <class T>
class StyleEpilogueGradOp : public EpilogueOp {
 public:
  using EpilogueOp::EpilogueOp;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &dy = ctx->input(0), &x = ctx->input(1), &d = ctx->input(2), &noise = ctx->input(3);
    const Tensor &strength = ctx->input(4), &y = ctx->input(5);
    tfsg_style_epilogue_grad_args args = {};
    start<T>(ctx, dy, noise, strength, &args);
    TFSG_RETURN_IF_FAILED(ctx);
    check_absent_or_same(ctx, x, "x", dy);
    check_same(ctx, y, "y", dy);
    check_statistic(ctx, d, "d", dy, true);
    TFSG_RETURN_IF_FAILED(ctx);
    args.dy = dy.data();
    args.x = data_of(x);
    args.d = data_of(d);
    args.y = y.data();
    Tensor *dx = nullptr, *db = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, dy.shape(), &dx));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 1, d, !absent(x), &args.dd));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 2, noise, true, &args.dnoise));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 3, strength, true, &args.dstrength));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(4, TensorShape({args.channels}), &db));
    args.dx = dx->data();
    args.db = db->data();
    run(ctx, TFSG_OP_STYLE_EPILOGUE_GRAD, tfsg_cuda_style_epilogue_grad, args);
  }
};

template <class T>
class StyleEpilogueGradGradOp : public EpilogueOp {
 public:
  using EpilogueOp::EpilogueOp;

  void Compute(OpKernelContext* ctx) override {
    const Tensor &gdx = ctx->input(0), &gdd = ctx->input(1), &gdnoise = ctx->input(2), &gdstrength = ctx->input(3);
    const Tensor &gdb = ctx->input(4), &dy = ctx->input(5), &x = ctx->input(6), &d = ctx->input(7);
    const Tensor &noise = ctx->input(8), &strength = ctx->input(9), &y = ctx->input(10);
    tfsg_style_epilogue_grad_grad_args args = {};
    start<T>(ctx, dy, noise, strength, &args);
    TFSG_RETURN_IF_FAILED(ctx);
    check_absent_or_same(ctx, gdx, "gdx", dy);
    check_statistic(ctx, gdd, "gdd", dy, true);
    check_absent_or_same(ctx, gdnoise, "gdnoise", noise);
    check_absent_or_same(ctx, gdstrength, "gdstrength", strength);
    check_bias(ctx, gdb, "gdb", dy);
    check_absent_or_same(ctx, x, "x", dy);
    check_statistic(ctx, d, "d", dy, true);
    check_same(ctx, y, "y", dy);
    TFSG_RETURN_IF_FAILED(ctx);
    args.gdx = data_of(gdx);
    args.gdd = data_of(gdd);
    args.gdnoise = data_of(gdnoise);
    args.gdstrength = data_of(gdstrength);
    args.gdb = data_of(gdb);
    args.dy = dy.data();
    args.x = data_of(x);
    args.d = data_of(d);
    args.y = y.data();
    Tensor* ddy = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, dy.shape(), &ddy));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 1, dy, !absent(gdd), &args.gx));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 2, d, !absent(gdx), &args.gd));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 3, noise, !absent(gdstrength), &args.gnoise));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 4, strength, !absent(gdnoise), &args.gstrength));
    args.ddy = ddy->data();
    run(ctx, TFSG_OP_STYLE_EPILOGUE_GRAD_GRAD, tfsg_cuda_style_epilogue_grad_grad, args);
  }
};

template <class T>
class NormEpilogueOp : public EpilogueOp {
 public:
  explicit NormEpilogueOp(OpKernelConstruction* ctx) : EpilogueOp(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("epsilon", &epsilon_));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &x = ctx->input(0), &b = ctx->input(3), &scale = ctx->input(4), &shift = ctx->input(5);
    tfsg_norm_epilogue_args args = {};
    start<T>(ctx, x, ctx->input(1), ctx->input(2), &args);
    TFSG_RETURN_IF_FAILED(ctx);
    check_bias(ctx, b, "b", x);
    check_statistic(ctx, scale, "scale", x, true);
    check_statistic(ctx, shift, "shift", x, true);
    TFSG_RETURN_IF_FAILED(ctx);
    Tensor *y = nullptr, *mean = nullptr, *rstd = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, x.shape(), &y));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(1, TensorShape({args.batch, args.channels}), &mean));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(2, TensorShape({args.batch, args.channels}), &rstd));
    args.epsilon = epsilon_;
    args.x = x.data();
    args.b = data_of(b);
    args.scale = data_of(scale);
    args.shift = data_of(shift);
    args.y = y->data();
    args.mean = mean->data();
    args.rstd = rstd->data();
    run(ctx, TFSG_OP_NORM_EPILOGUE, tfsg_cuda_norm_epilogue, args);
  }

 private:
  float epsilon_;
};

template <class T>
class NormEpilogueGradOp : public EpilogueOp {
 public:
  explicit NormEpilogueGradOp(OpKernelConstruction* ctx) : EpilogueOp(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("epsilon", &epsilon_));
  }

  void Compute(OpKernelContext* ctx) override {
    const Tensor &dy = ctx->input(0), &x = ctx->input(1), &noise = ctx->input(2), &strength = ctx->input(3);
    const Tensor &b = ctx->input(4), &scale = ctx->input(5), &mean = ctx->input(6), &rstd = ctx->input(7);
    tfsg_norm_epilogue_grad_args args = {};
    start<T>(ctx, dy, noise, strength, &args);
    TFSG_RETURN_IF_FAILED(ctx);
    check_same(ctx, x, "x", dy);
    check_bias(ctx, b, "b", dy);
    check_statistic(ctx, scale, "scale", dy, true);
    check_statistic(ctx, mean, "mean", dy, false);
    check_statistic(ctx, rstd, "rstd", dy, false);
    TFSG_RETURN_IF_FAILED(ctx);
    args.epsilon = epsilon_;
    args.dy = dy.data();
    args.x = x.data();
    args.b = data_of(b);
    args.scale = data_of(scale);
    args.mean = mean.data();
    args.rstd = rstd.data();
    Tensor *dx = nullptr, *db = nullptr, *dscale = nullptr, *dshift = nullptr;
    OP_REQUIRES_OK(ctx, ctx->forward_input_or_allocate_output({0}, 0, dy.shape(), &dx));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 1, noise, true, &args.dnoise));
    OP_REQUIRES_OK(ctx, allocate_like(ctx, 2, strength, true, &args.dstrength));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(3, TensorShape({args.channels}), &db));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(4, TensorShape({args.batch, args.channels}), &dscale));
    OP_REQUIRES_OK(ctx, ctx->allocate_output(5, TensorShape({args.batch, args.channels}), &dshift));
    args.dx = dx->data();
    args.db = db->data();
    args.dscale = dscale->data();
    args.dshift = dshift->data();
    run(ctx, TFSG_OP_NORM_EPILOGUE_GRAD, tfsg_cuda_norm_epilogue_grad, args);
  }

 private:
  float epsilon_;
};

TFSG_REGISTER("TfstyleganBiasAct", BiasActOp);
TFSG_REGISTER("TfstyleganBiasActGrad", BiasActGradOp1);
TFSG_REGISTER("TfstyleganBiasActGrad2", BiasActGradOp2);
TFSG_REGISTER("TfstyleganStyleEpilogue", StyleEpilogueOp);
TFSG_REGISTER("TfstyleganStyleEpilogueGrad", StyleEpilogueGradOp);
TFSG_REGISTER("TfstyleganStyleEpilogueGradGrad", StyleEpilogueGradGradOp);
TFSG_REGISTER("TfstyleganNormEpilogue", NormEpilogueOp);
TFSG_REGISTER("TfstyleganNormEpilogueGrad", NormEpilogueGradOp);

}  // namespace
}  // namespace tfsg
