#include "launch.h"

namespace tfsg {

int bias_act(const tfsg_bias_act_args& a, Workspace* workspace, void* stream) {
  const char* op = "bias_act";
  BiasActParameters p = {};
  TFSG_TRY(check_dtype(op, a.dtype));
  TFSG_REQUIRE(a.order >= 0 && a.order <= 2, "bias_act: there is no order %d", a.order);
  const int64_t elements = product({a.rows, a.channels});
  TFSG_REQUIRE(elements >= 0, "bias_act: [%lld, %lld] is no possible shape", static_cast<long long>(a.rows),
               static_cast<long long>(a.channels));
  const bool from_output = a.order == 1 && a.y_ref;
  TFSG_TRY(make_activation(op, a.act, from_output, &p.a));
  if (elements > 0) {
    TFSG_REQUIRE(a.y, "bias_act: y is NULL");
    TFSG_REQUIRE(from_output || a.x, "bias_act: x is NULL");
    TFSG_REQUIRE(a.order == 0 || a.dy, "bias_act: dy is NULL");
    TFSG_REQUIRE(a.order < 2 || a.dd, "bias_act: dd is NULL");
  }
  const bool sums = a.order > 0 && a.dyb;
  const int vector = vector_size(a.dtype, a.channels, {a.x, a.b, a.y_ref, a.dy, a.gb, a.dd, a.y});
  TFSG_TRY(make_columns(op, 1, a.rows, a.channels, vector, sums, &p.g));
  p.x = a.x;
  p.b = a.b;
  p.y_ref = from_output ? a.y_ref : nullptr;
  p.dy = a.dy;
  p.gb = a.gb;
  p.dd = a.dd;
  p.y = a.y;
  p.partial = sums ? workspace->floats(partials_of(p.g)) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  const char* const names[] = {"bias_act", "bias_act_grad", "bias_act_grad_grad"};
  TFSG_TRY(launch_columns(names[a.order], a.dtype, vector, p.g, &p, stream));
  return sums ? launch_reduce(a.dtype, 1, p.g.chunks, a.channels, p.partial, a.dyb, stream) : TFSG_OK;
}

}  // namespace tfsg
