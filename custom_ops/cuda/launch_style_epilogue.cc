#include "epilogue_checks.h"

namespace tfsg {

int style_epilogue(const tfsg_style_epilogue_args& a, Workspace* workspace, void* stream) {
  const char* op = "style_epilogue";
  StyleParameters p = {};
  TFSG_TRY(check_sizes(op, a));
  TFSG_TRY(make_activation(op, a.act, true, &p.a));
  const bool any = product({a.batch, a.pixels, a.channels}) > 0;
  TFSG_REQUIRE_POINTER(op, any, x);
  TFSG_REQUIRE_POINTER(op, any, y);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, noise);
  TFSG_REQUIRE_POINTER(op, any && a.noise_batch, strength);
  const int vector = vector_size(a.dtype, a.channels, {a.x, a.d, a.b, a.y});
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, false, &p.g));
  p.x = a.x;
  p.d = a.d;
  p.b = a.b;
  p.noise = noise_of(a, a.noise, a.strength);
  p.y = a.y;
  if (workspace->measuring()) return TFSG_OK;
  return launch_columns(op, a.dtype, vector, p.g, &p, stream);
}

int style_epilogue_grad(const tfsg_style_epilogue_grad_args& a, Workspace* workspace, void* stream) {
  const char* op = "style_epilogue_grad";
  StyleGradParameters p = {};
  TFSG_TRY(check_sizes(op, a));
  TFSG_TRY(make_activation(op, a.act, true, &p.a));
  const bool any = product({a.batch, a.pixels, a.channels}) > 0;
  TFSG_REQUIRE_POINTER(op, any, dy);
  TFSG_REQUIRE_POINTER(op, any, y);
  TFSG_REQUIRE_POINTER(op, any && a.dd, x);
  TFSG_REQUIRE_POINTER(op, any && a.dnoise, strength);
  TFSG_REQUIRE_POINTER(op, any && a.dstrength, noise);
  TFSG_REQUIRE((!a.dnoise && !a.dstrength) || a.noise_batch, "%s: there is no noise to compute a gradient of", op);
  const int vector = vector_size(a.dtype, a.channels, {a.dy, a.y, a.x, a.d, a.dx});
  const bool sums = a.dd || a.dstrength || a.db;
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, sums, &p.g));
  p.dy = a.dy;
  p.y = a.y;
  p.x = a.x;
  p.d = a.d;
  p.noise = noise_of(a, a.noise, nullptr);
  p.dx = a.dx;
  float* const by_channel = a.dstrength ? workspace->floats(a.channels) : nullptr;
  float* const partial_d = a.dd ? workspace->floats(partials_of(p.g)) : nullptr;
  float* const partial_noise = a.dstrength ? workspace->floats(partials_of(p.g)) : nullptr;
  float* const partial_b = a.db ? workspace->floats(partials_of(p.g)) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  p.partial_d = partial_d;
  p.partial_noise = partial_noise;
  p.partial_b = partial_b;
  if (a.dnoise) {  // first, for dx may overwrite dy
    TFSG_TRY(launch_noise_grad(a.dtype,
                               {p.a, a.batch, a.pixels, a.channels, a.noise_batch, 0, a.dy, a.y, a.strength,
                                a.strength_channels == 1 ? 0 : 1, a.dnoise},
                               stream));
  }
  if (a.dx || sums) TFSG_TRY(launch_columns(op, a.dtype, vector, p.g, &p, stream));
  if (a.dd) TFSG_TRY(launch_reduce(a.dtype, a.batch, p.g.chunks, a.channels, partial_d, a.dd, stream));
  if (a.db) TFSG_TRY(launch_reduce(a.dtype, 1, a.batch * p.g.chunks, a.channels, partial_b, a.db, stream));
  if (!a.dstrength) return TFSG_OK;
  return launch_strength(a.dtype, p.g, a.strength_channels, partial_noise, by_channel, a.dstrength, stream);
}

int style_epilogue_grad_grad(const tfsg_style_epilogue_grad_grad_args& a, Workspace* workspace, void* stream) {
  const char* op = "style_epilogue_grad_grad";
  StyleGradGradParameters p = {};
  TFSG_TRY(check_sizes(op, a));
  TFSG_TRY(make_activation(op, a.act, true, &p.a));
  const bool any = product({a.batch, a.pixels, a.channels}) > 0;
  TFSG_REQUIRE_POINTER(op, any, dy);
  TFSG_REQUIRE_POINTER(op, any, y);
  TFSG_REQUIRE_POINTER(op, any && a.ddy && a.gdd, x);
  TFSG_REQUIRE_POINTER(op, any && a.ddy && a.gdnoise, strength);
  TFSG_REQUIRE_POINTER(op, any && a.ddy && a.gdstrength, noise);
  TFSG_REQUIRE_POINTER(op, any && a.gx, gdd);
  TFSG_REQUIRE_POINTER(op, any && a.gd, gdx);
  TFSG_REQUIRE_POINTER(op, any && a.gnoise, gdstrength);
  TFSG_REQUIRE_POINTER(op, any && a.gstrength, gdnoise);
  TFSG_REQUIRE((!a.gdnoise && !a.gdstrength && !a.gnoise && !a.gstrength) || a.noise_batch,
               "%s: a cotangent of noise or strength, but there is no noise", op);
  const int vector = vector_size(a.dtype, a.channels, {a.gdx, a.gdd, a.gdb, a.dy, a.y, a.x, a.d, a.ddy, a.gx});
  const bool sums = a.gd || a.gstrength;
  TFSG_TRY(make_columns(op, a.batch, a.pixels, a.channels, vector, sums, &p.g));
  p.gdx = a.gdx;
  p.gdd = a.gdd;
  p.gdstrength = a.gdstrength;
  p.gdb = a.gdb;
  p.dy = a.dy;
  p.y = a.y;
  p.x = a.ddy ? a.x : nullptr;
  p.d = a.d;
  p.noise = noise_of(a, a.noise, a.strength);
  p.gdnoise = noise_of(a, a.gdnoise, nullptr);
  p.ddy = a.ddy;
  p.gx = a.gx;
  float* const by_channel = a.gstrength ? workspace->floats(a.channels) : nullptr;
  float* const partial_d = a.gd ? workspace->floats(partials_of(p.g)) : nullptr;
  float* const partial_noise = a.gstrength ? workspace->floats(partials_of(p.g)) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  p.partial_d = partial_d;
  p.partial_noise = partial_noise;
  if (a.gnoise) {
    TFSG_TRY(launch_noise_grad(a.dtype,
                               {p.a, a.batch, a.pixels, a.channels, a.noise_batch, 0, a.dy, a.y, a.gdstrength,
                                a.strength_channels == 1 ? 0 : 1, a.gnoise},
                               stream));
  }
  if (a.ddy || a.gx || sums) TFSG_TRY(launch_columns(op, a.dtype, vector, p.g, &p, stream));
  if (a.gd) TFSG_TRY(launch_reduce(a.dtype, a.batch, p.g.chunks, a.channels, partial_d, a.gd, stream));
  if (!a.gstrength) return TFSG_OK;
  return launch_strength(a.dtype, p.g, a.strength_channels, partial_noise, by_channel, a.gstrength, stream);
}

}  // namespace tfsg
