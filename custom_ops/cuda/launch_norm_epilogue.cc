#include "epilogue_checks.h"

namespace tfsg {

int norm_epilogue(const tfsg_norm_epilogue_args& a, Workspace* workspace, void* stream) {
  const char* op = "norm_epilogue";
  NormParameters p = {};
  TFSG_TRY(check_sizes(op, a));
  TFSG_TRY(make_activation(op, a.act, false, &p.a));
  TFSG_REQUIRE(std::isfinite(a.epsilon) && a.epsilon >= 0, "%s: epsilon is %g", op, a.epsilon);
  const bool any = product({a.batch, a.channels}) > 0;
  TFSG_REQUIRE(!any || a.pixels > 0, "%s: images of no pixels have no mean", op);
  TFSG_REQUIRE_POINTER(op, any, x);
  TFSG_REQUIRE_POINTER(op, any, y);
  TFSG_REQUIRE_POINTER(op, any, mean);
  TFSG_REQUIRE_POINTER(op, any, rstd);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, noise);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, strength);
  const int vector = vector_size(a.dtype, a.channels, {a.x, a.b, a.scale, a.shift, a.y});
  Columns for_sums;
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, true, &for_sums));
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, false, &p.g));
  p.epsilon = a.epsilon;
  p.x = a.x;
  p.b = a.b;
  p.scale = a.scale;
  p.shift = a.shift;
  p.noise = noise_of(a, a.noise, a.strength);
  p.y = a.y;
  p.mean = static_cast<float*>(a.mean);
  p.rstd = static_cast<float*>(a.rstd);
  p.pivot = workspace->floats(statistics_of(p.g));
  p.partial = workspace->floats(2 * partials_of(for_sums));
  p.sums = workspace->floats(2 * statistics_of(p.g));
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  NormParameters first = p;
  first.g = for_sums;
  TFSG_TRY(launch_columns("norm_sums", a.dtype, vector, first.g, &first, stream));
  TFSG_TRY(launch_reduce(TFSG_FLOAT32, 2 * a.batch, for_sums.chunks, a.channels, p.partial, p.sums, stream));
  return launch_columns("norm_apply", a.dtype, vector, p.g, &p, stream);
}

int norm_epilogue_grad(const tfsg_norm_epilogue_grad_args& a, Workspace* workspace, void* stream) {
  const char* op = "norm_epilogue_grad";
  NormGradParameters p = {};
  TFSG_TRY(check_sizes(op, a));
  TFSG_TRY(make_activation(op, a.act, false, &p.a));
  const bool any = product({a.batch, a.channels}) > 0;
  TFSG_REQUIRE(!any || a.pixels > 0, "%s: images of no pixels have no mean", op);
  TFSG_REQUIRE_POINTER(op, any, dy);
  TFSG_REQUIRE_POINTER(op, any, x);
  TFSG_REQUIRE_POINTER(op, any, dx);
  TFSG_REQUIRE_POINTER(op, any, mean);
  TFSG_REQUIRE_POINTER(op, any, rstd);
  TFSG_REQUIRE_POINTER(op, any, dscale);
  TFSG_REQUIRE_POINTER(op, any, dshift);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, noise);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, strength);
  TFSG_REQUIRE((!a.dnoise && !a.dstrength) || a.noise_batch, "%s: there is no noise to compute a gradient of", op);
  const int vector = vector_size(a.dtype, a.channels, {a.dy, a.x, a.b, a.scale, a.dx});
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, true, &p.g));
  p.dy = a.dy;
  p.x = a.x;
  p.b = a.b;
  p.scale = a.scale;
  p.mean = static_cast<const float*>(a.mean);
  p.rstd = static_cast<const float*>(a.rstd);
  p.noise = noise_of(a, a.noise, a.strength);
  p.dx = a.dx;
  p.dscale = a.dscale;
  p.dshift = a.dshift;
  float* const by_channel = a.dstrength ? workspace->floats(a.channels) : nullptr;
  p.partial = workspace->floats(2 * partials_of(p.g));
  p.sums = workspace->floats(2 * statistics_of(p.g));
  float* const partial_b = a.db ? workspace->floats(partials_of(p.g)) : nullptr;
  float* const partial_noise = a.dstrength ? workspace->floats(partials_of(p.g)) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  p.partial_b = partial_b;
  p.partial_noise = partial_noise;
  TFSG_TRY(launch_columns("norm_grad_sums", a.dtype, vector, p.g, &p, stream));
  TFSG_TRY(launch_reduce(TFSG_FLOAT32, 2 * a.batch, p.g.chunks, a.channels, p.partial, p.sums, stream));
  TFSG_TRY(launch_columns("norm_grad_apply", a.dtype, vector, p.g, &p, stream));
  if (a.dnoise) {  // of dx, which is the gradient of what the noise was added to
    TFSG_TRY(launch_noise_grad(a.dtype,
                               {p.a, a.batch, a.pixels, a.channels, a.noise_batch, 0, a.dx, nullptr, a.strength,
                                a.strength_channels == 1 ? 0 : 1, a.dnoise},
                               stream));
  }
  if (a.db) TFSG_TRY(launch_reduce(a.dtype, 1, a.batch * p.g.chunks, a.channels, partial_b, a.db, stream));
  if (!a.dstrength) return TFSG_OK;
  return launch_strength(a.dtype, p.g, a.strength_channels, partial_noise, by_channel, a.dstrength, stream);
}

}  // namespace tfsg
