/* TensorFlow ops of bias_act and of the style and normalisation epilogues. */
#include "../include/tfstylegan_ops.h"
#include "kernel.h"
#include "registration.h"

namespace tfsg {
namespace {

tfsg_activation activation(Attributes& attributes) {
  return {attributes.integer("act"), attributes.number("alpha"), attributes.number("gain"),
          attributes.number("clamp")};
}

#define TFSG_ACTIVATION "act: int", "alpha: float", "gain: float", "clamp: float"

void finish(Call& call, int code) {
  if (code != TFSG_OK) call.error(code, tfsg_cpu_error());
}

/* [..., channels] as rows of channels; false after an error. */
bool as_rows(Call& call, const Array& x, int64_t* rows, int64_t* channels) {
  if (call.failed()) return false;
  *channels = x.shape.back();
  *rows = 1;
  for (size_t i = 0; i + 1 < x.shape.size(); ++i) *rows *= x.shape[i];
  return true;
}

/* An input of any rank above zero. */
Array any_rank(Call& call, TF_OpKernelContext* context, int i, const char* name) {
  TF_Status* status = TF_NewStatus();
  TF_Tensor* tensor = nullptr;
  TF_GetInput(context, i, &tensor, status);
  const int rank = TF_GetCode(status) == TF_OK ? TF_NumDims(tensor) : 0;
  if (tensor != nullptr) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status);
  if (rank < 1) {
    call.error(TF_INVALID_ARGUMENT, std::string(name) + " must have a channel axis; got a scalar");
    return Array();
  }
  return call.input(i, name, rank);
}

struct BiasAct {
  tfsg_activation act;
  explicit BiasAct(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "bias_act");
    const Array x = any_rank(call, context, 0, "x"), b = call.input(1, "b", 1, true);
    tfsg_bias_act_args a = {};
    if (!as_rows(call, x, &a.rows, &a.channels)) return;
    call.expect(b, "b", {a.channels});
    const Array y = call.output(0, x.shape, TF_FLOAT, {0});
    if (call.failed()) return;
    a.act = act;
    a.x = x.floats();
    a.b = b.floats();
    a.y = y.data;
    finish(call, tfsg_cpu_bias_act(&a));
  }
};

struct BiasActGrad {
  tfsg_activation act;
  explicit BiasActGrad(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "bias_act_grad");
    const Array dy = any_rank(call, context, 0, "dy"), gb = call.input(1, "gb", 1, true);
    const Array ref = any_rank(call, context, 2, "ref"), b = call.input(3, "b", 1, true);
    tfsg_bias_act_args a = {};
    if (!as_rows(call, dy, &a.rows, &a.channels)) return;
    call.expect(gb, "gb", {a.channels});
    call.expect(ref, "ref", dy.shape);
    call.expect(b, "b", {a.channels});
    const Array dx = call.output(0, dy.shape, TF_FLOAT, {0}), db = call.output(1, {a.channels});
    if (call.failed()) return;
    a.order = 1;
    a.act = act;
    const bool by_output = act.kind <= TFSG_LRELU;
    a.y_ref = by_output ? ref.floats() : nullptr;
    a.x = by_output ? nullptr : ref.floats();
    a.b = b.floats();
    a.dy = dy.floats();
    a.gb = gb.floats();
    a.y = dx.data;
    a.dyb = db.data;
    finish(call, tfsg_cpu_bias_act(&a));
  }
};

struct BiasActGrad2 {
  tfsg_activation act;
  explicit BiasActGrad2(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "bias_act_grad2");
    const Array dd = any_rank(call, context, 0, "dd"), dy = any_rank(call, context, 1, "dy");
    const Array x = any_rank(call, context, 2, "x"), b = call.input(3, "b", 1, true);
    tfsg_bias_act_args a = {};
    if (!as_rows(call, x, &a.rows, &a.channels)) return;
    call.expect(dd, "dd", x.shape);
    call.expect(dy, "dy", x.shape);
    call.expect(b, "b", {a.channels});
    const Array out = call.output(0, x.shape, TF_FLOAT, {0, 1}), out_b = call.output(1, {a.channels});
    if (call.failed()) return;
    a.order = 2;
    a.act = act;
    a.x = x.floats();
    a.b = b.floats();
    a.dy = dy.floats();
    a.dd = dd.floats();
    a.y = out.data;
    a.dyb = out_b.data;
    finish(call, tfsg_cpu_bias_act(&a));
  }
};

/* Sizes of an image, and of the noise that is added to it. */
template <typename Args>
bool describe(Call& call, const Array& x, const Array& noise, const Array& strength, Args* a) {
  if (call.failed()) return false;
  a->batch = x.shape[0];
  a->pixels = x.shape[1] * x.shape[2];
  a->channels = x.shape[3];
  if (noise.given != strength.given) {
    call.error(TF_INVALID_ARGUMENT, "noise and its strength come together");
    return false;
  }
  if (noise.given) {
    a->noise_batch = noise.shape[0];
    a->strength_channels = strength.shape[0];
    call.expect(noise, "noise", {noise.shape[0] == 1 ? 1 : x.shape[0], x.shape[1], x.shape[2], 1});
    call.expect(strength, "strength", {strength.shape[0] == 1 ? 1 : a->channels});
    a->noise = noise.floats();
    a->strength = strength.floats();
  }
  return !call.failed();
}

/* An output with the shape of an input, or an empty vector where the input is absent; its data, or NULL. */
void* like(Call& call, int i, const Array& input, const std::vector<int>& candidates = {}) {
  const Array out = call.output(i, input.given ? input.shape : Shape{0}, TF_FLOAT, input.given ? candidates : std::vector<int>{});
  return input.given ? out.data : nullptr;
}

struct StyleEpilogue {
  tfsg_activation act;
  explicit StyleEpilogue(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "style_epilogue");
    const Array x = call.input(0, "x", 4), d = call.input(1, "d", 2, true);
    const Array noise = call.input(2, "noise", 4, true), strength = call.input(3, "strength", 1, true);
    const Array b = call.input(4, "b", 1, true);
    tfsg_style_epilogue_args a = {};
    if (!describe(call, x, noise, strength, &a)) return;
    call.expect(d, "d", {a.batch, a.channels});
    call.expect(b, "b", {a.channels});
    const Array y = call.output(0, x.shape, TF_FLOAT, {0});
    if (call.failed()) return;
    a.act = act;
    a.x = x.floats();
    a.d = d.floats();
    a.b = b.floats();
    a.y = y.data;
    finish(call, tfsg_cpu_style_epilogue(&a));
  }
};

struct StyleEpilogueGrad {
  tfsg_activation act;
  explicit StyleEpilogueGrad(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "style_epilogue_grad");
    const Array dy = call.input(0, "dy", 4), x = call.input(1, "x", 4, true), d = call.input(2, "d", 2, true);
    const Array noise = call.input(3, "noise", 4, true), strength = call.input(4, "strength", 1, true);
    const Array y = call.input(5, "y", 4);
    tfsg_style_epilogue_grad_args a = {};
    if (!describe(call, dy, noise, strength, &a)) return;
    call.expect(x, "x", dy.shape);
    call.expect(d, "d", {a.batch, a.channels});
    call.expect(y, "y", dy.shape);
    if (!call.failed() && d.given && !x.given) call.error(TF_INVALID_ARGUMENT, "d needs x");
    a.dx = call.output(0, dy.shape, TF_FLOAT, {0}).data;
    a.dd = like(call, 1, d);
    a.dnoise = like(call, 2, noise);
    a.dstrength = like(call, 3, strength);
    a.db = call.output(4, {a.channels}).data;
    if (call.failed()) return;
    a.act = act;
    a.dy = dy.floats();
    a.y = y.floats();
    a.x = x.floats();
    a.d = d.floats();
    finish(call, tfsg_cpu_style_epilogue_grad(&a));
  }
};

struct StyleEpilogueGradGrad {
  tfsg_activation act;
  explicit StyleEpilogueGradGrad(Attributes& attributes) : act(activation(attributes)) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "style_epilogue_grad_grad");
    const Array gdx = call.input(0, "gdx", 4, true), gdd = call.input(1, "gdd", 2, true);
    const Array gdnoise = call.input(2, "gdnoise", 4, true), gdstrength = call.input(3, "gdstrength", 1, true);
    const Array gdb = call.input(4, "gdb", 1, true), dy = call.input(5, "dy", 4), x = call.input(6, "x", 4, true);
    const Array d = call.input(7, "d", 2, true), noise = call.input(8, "noise", 4, true);
    const Array strength = call.input(9, "strength", 1, true), y = call.input(10, "y", 4);
    tfsg_style_epilogue_grad_grad_args a = {};
    if (!describe(call, dy, noise, strength, &a)) return;
    call.expect(gdx, "gdx", dy.shape);
    call.expect(gdd, "gdd", {a.batch, a.channels});
    call.expect(gdnoise, "gdnoise", noise.given ? noise.shape : Shape{0});
    call.expect(gdstrength, "gdstrength", strength.given ? strength.shape : Shape{0});
    call.expect(gdb, "gdb", {a.channels});
    call.expect(x, "x", dy.shape);
    call.expect(d, "d", {a.batch, a.channels});
    call.expect(y, "y", dy.shape);
    if (!call.failed() && d.given && !x.given) call.error(TF_INVALID_ARGUMENT, "d needs x");
    a.ddy = call.output(0, dy.shape, TF_FLOAT, {0}).data;
    a.gx = d.given ? like(call, 1, x) : like(call, 1, Array());
    a.gd = like(call, 2, d);
    a.gnoise = like(call, 3, noise);
    a.gstrength = like(call, 4, strength);
    if (call.failed()) return;
    a.act = act;
    a.gdx = gdx.floats();
    a.gdd = gdd.floats();
    a.gdnoise = gdnoise.floats();
    a.gdstrength = gdstrength.floats();
    a.gdb = gdb.floats();
    a.dy = dy.floats();
    a.y = y.floats();
    a.x = x.floats();
    a.d = d.floats();
    finish(call, tfsg_cpu_style_epilogue_grad_grad(&a));
  }
};

struct NormEpilogue {
  tfsg_activation act;
  float epsilon;
  explicit NormEpilogue(Attributes& attributes) : act(activation(attributes)), epsilon(attributes.number("epsilon")) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "norm_epilogue");
    const Array x = call.input(0, "x", 4), noise = call.input(1, "noise", 4, true);
    const Array strength = call.input(2, "strength", 1, true), b = call.input(3, "b", 1, true);
    const Array scale = call.input(4, "scale", 2, true), shift = call.input(5, "shift", 2, true);
    tfsg_norm_epilogue_args a = {};
    if (!describe(call, x, noise, strength, &a)) return;
    const Shape styles = {a.batch, a.channels};
    call.expect(b, "b", {a.channels});
    call.expect(scale, "scale", styles);
    call.expect(shift, "shift", styles);
    a.y = call.output(0, x.shape, TF_FLOAT, {0}).data;
    a.mean = call.output(1, styles).data;
    a.rstd = call.output(2, styles).data;
    if (call.failed()) return;
    a.act = act;
    a.epsilon = epsilon;
    a.x = x.floats();
    a.b = b.floats();
    a.scale = scale.floats();
    a.shift = shift.floats();
    finish(call, tfsg_cpu_norm_epilogue(&a));
  }
};

struct NormEpilogueGrad {
  tfsg_activation act;
  float epsilon;
  explicit NormEpilogueGrad(Attributes& attributes)
      : act(activation(attributes)), epsilon(attributes.number("epsilon")) {}

  void compute(TF_OpKernelContext* context) {
    Call call(context, "norm_epilogue_grad");
    const Array dy = call.input(0, "dy", 4), x = call.input(1, "x", 4), noise = call.input(2, "noise", 4, true);
    const Array strength = call.input(3, "strength", 1, true), b = call.input(4, "b", 1, true);
    const Array scale = call.input(5, "scale", 2, true), mean = call.input(6, "mean", 2), rstd = call.input(7, "rstd", 2);
    tfsg_norm_epilogue_grad_args a = {};
    if (!describe(call, dy, noise, strength, &a)) return;
    const Shape styles = {a.batch, a.channels};
    call.expect(x, "x", dy.shape);
    call.expect(b, "b", {a.channels});
    call.expect(scale, "scale", styles);
    call.expect(mean, "mean", styles);
    call.expect(rstd, "rstd", styles);
    a.dx = call.output(0, dy.shape, TF_FLOAT, {0}).data;
    a.dnoise = like(call, 1, noise);
    a.dstrength = like(call, 2, strength);
    a.db = call.output(3, {a.channels}).data;
    a.dscale = call.output(4, styles).data;
    a.dshift = call.output(5, styles).data;
    if (call.failed()) return;
    a.act = act;
    a.epsilon = epsilon;
    a.dy = dy.floats();
    a.x = x.floats();
    a.b = b.floats();
    a.scale = scale.floats();
    a.mean = mean.floats();
    a.rstd = rstd.floats();
    finish(call, tfsg_cpu_norm_epilogue_grad(&a));
  }
};

}  // namespace

bool register_elementwise_ops() {
  const Shapes first = Shapes::kFirstOutputIsFirstInput, unknown = Shapes::kUnknown;
  return register_all<BiasAct>("TfstyleganBiasAct", {"x: T", "b: T", "->", "y: T", "|", TFSG_ACTIVATION}, first) &&
         register_all<BiasActGrad>(
             "TfstyleganBiasActGrad",
             {"dy: T", "gb: T", "ref: T", "b: T", "->", "dx: T", "db: T", "|", TFSG_ACTIVATION}, unknown) &&
         register_all<BiasActGrad2>(
             "TfstyleganBiasActGrad2",
             {"dd: T", "dy: T", "x: T", "b: T", "->", "out: T", "outb: T", "|", TFSG_ACTIVATION}, unknown) &&
         register_all<StyleEpilogue>(
             "TfstyleganStyleEpilogue",
             {"x: T", "d: T", "noise: T", "strength: T", "b: T", "->", "y: T", "|", TFSG_ACTIVATION}, first) &&
         register_all<StyleEpilogueGrad>(
             "TfstyleganStyleEpilogueGrad",
             {"dy: T", "x: T", "d: T", "noise: T", "strength: T", "y: T", "->", "dx: T", "dd: T", "dnoise: T",
              "dstrength: T", "db: T", "|", TFSG_ACTIVATION},
             unknown) &&
         register_all<StyleEpilogueGradGrad>(
             "TfstyleganStyleEpilogueGradGrad",
             {"gdx: T", "gdd: T", "gdnoise: T", "gdstrength: T", "gdb: T", "dy: T", "x: T", "d: T", "noise: T",
              "strength: T", "y: T", "->", "ddy: T", "gx: T", "gd: T", "gnoise: T", "gstrength: T", "|",
              TFSG_ACTIVATION},
             unknown) &&
         register_all<NormEpilogue>("TfstyleganNormEpilogue",
                                    {"x: T", "noise: T", "strength: T", "b: T", "scale: T", "shift: T", "->", "y: T",
                                     "mean: float", "rstd: float", "|", TFSG_ACTIVATION, "epsilon: float"},
                                    unknown) &&
         register_all<NormEpilogueGrad>(
             "TfstyleganNormEpilogueGrad",
             {"dy: T", "x: T", "noise: T", "strength: T", "b: T", "scale: T", "mean: float", "rstd: float", "->",
              "dx: T", "dnoise: T", "dstrength: T", "db: T", "dscale: T", "dshift: T", "|", TFSG_ACTIVATION,
              "epsilon: float"},
             unknown);
}

}  // namespace tfsg
