#include <algorithm>
#include <cstdio>
#include <string>

#include "launch_fir.h"

namespace tfsg {
namespace {

constexpr int64_t kMostPadding = 1 << 24;
constexpr int kGroupChannels = 8;           /* kGroup of filtered_lrelu.cuh */
constexpr int kSet = 4;                     /* kSamples and kOutputs there */
constexpr int kFewBytes = 100 * 1024;       /* of shared memory, so that two blocks fit on an SM of the larger GPUs */
constexpr int kTiles[][2] = {{16, 16}, {8, 16}, {8, 8}, {4, 8}, {4, 4}}; /* height, width */
constexpr int kTileCount = sizeof kTiles / sizeof kTiles[0];

int64_t round_up(int64_t a, int64_t b) { return (a + b - 1) / b * b; }

/* Whether a filter is served by a kernel for `factor`: at most six taps a phase, or a single one without resampling. */
bool fits(const tfsg_filter& f, int factor, bool* two_d) {
  const int most = factor == 1 ? 1 : 6 * factor;
  *two_d = !f.x && f.height * f.width > 1;
  return (factor == 1 || factor == 2 || factor == 4) && f.height <= most && f.width <= most && (!*two_d || factor == 2);
}

int check(const tfsg_filtered_lrelu_args& a) {
  const char* op = "filtered_lrelu";
  TFSG_TRY(check_dtype(op, a.dtype));
  TFSG_TRY(check_filter(op, "fu", a.fu));
  TFSG_TRY(check_filter(op, "fd", a.fd));
  const long long n = a.batch, c = a.channels, in_h = a.in_h, in_w = a.in_w, out_h = a.out_h, out_w = a.out_w;
  TFSG_REQUIRE(a.read_codes == 0 || a.read_codes == 1, "%s: read_codes is %d", op, a.read_codes);
  TFSG_REQUIRE(product({n, in_h, in_w, c}) >= 0 && product({n, out_h, out_w, c}) >= 0 && in_h <= INT32_MAX / 64 &&
                   in_w <= INT32_MAX / 64,
               "%s: [%lld, %lld, %lld, %lld] to [%lld, %lld, %lld, %lld] are no possible shapes", op, n, in_h, in_w, c,
               n, out_h, out_w, c);
  TFSG_REQUIRE(a.up >= 1 && a.down >= 1 && a.up <= 64 && a.down <= 64, "%s: up is %d and down %d", op, a.up, a.down);
  for (const int64_t number : {a.pad_x0, a.pad_x1, a.pad_y0, a.pad_y1, a.code_x0, a.code_y0}) {
    TFSG_REQUIRE(number >= -kMostPadding && number <= kMostPadding, "%s: a padding or offset of %lld", op,
                 static_cast<long long>(number));
  }
  TFSG_REQUIRE(std::isfinite(a.gain) && std::isfinite(a.slope) && !std::isnan(a.clamp),
               "%s: gain %g, slope %g and clamp %g must be finite", op, a.gain, a.slope, a.clamp);
  const bool any = product({n, out_h, out_w, c}) > 0;
  TFSG_REQUIRE(!any || a.y, "%s: y is NULL", op);
  TFSG_REQUIRE(!any || a.x || product({n, in_h, in_w, c}) == 0, "%s: x is NULL", op);
  TFSG_REQUIRE(product({n, (c + 15) / 16, a.code_h, a.code_w, 4}) >= 0, "%s: codes of %lld x %lld", op,
               static_cast<long long>(a.code_h), static_cast<long long>(a.code_w));
  if (a.read_codes) {
    TFSG_REQUIRE(!any || a.codes || a.code_h * a.code_w == 0, "%s: codes is NULL", op);
    return TFSG_OK;
  }
  const int64_t mid_h = in_h * a.up + a.pad_y0 + a.pad_y1 - a.fu.height + 1;
  const int64_t mid_w = in_w * a.up + a.pad_x0 + a.pad_x1 - a.fu.width + 1;
  TFSG_REQUIRE(mid_h >= a.fd.height && mid_w >= a.fd.width,
               "%s: filters of %d x %d and %d x %d taps are larger than the padded image, from [%lld, %lld, %lld, %lld]",
               op, a.fu.height, a.fu.width, a.fd.height, a.fd.width, n, in_h, in_w, c);
  const long long wanted_h = (mid_h - a.fd.height) / a.down + 1, wanted_w = (mid_w - a.fd.width) / a.down + 1;
  TFSG_REQUIRE(out_h == wanted_h && out_w == wanted_w, "%s: the output is %lld x %lld, not %lld x %lld", op, wanted_h,
               wanted_w, out_h, out_w);
  TFSG_REQUIRE(!a.codes || (a.code_h == mid_h && a.code_w == mid_w && a.code_x0 == 0 && a.code_y0 == 0),
               "%s: codes to be written are %lld x %lld at 0, not %lld x %lld", op, static_cast<long long>(mid_h),
               static_cast<long long>(mid_w), static_cast<long long>(a.code_h), static_cast<long long>(a.code_w));
  return TFSG_OK;
}

/* The sizes of a kernel's filters, which may be larger than those given: the rest is zeros. */
struct Plan {
  bool fast;
  bool up_2d, down_2d;
  int fu_h, fu_w, fd_h, fd_w;
};

/* The kernel made for these filters, if there is one. */
bool plan_fast(const tfsg_filtered_lrelu_args& a, Plan* plan) {
  plan->fast = true;
  const bool up = fits(a.fu, a.up, &plan->up_2d), down = fits(a.fd, a.down, &plan->down_2d);
  plan->fu_h = plan->fu_w = a.up == 1 ? 1 : 6 * a.up;
  plan->fd_h = plan->fd_w = a.down == 1 ? 1 : 6 * a.down;
  const bool any_2d = plan->up_2d || plan->down_2d, both_2d = plan->up_2d && plan->down_2d;
  return up && down && !both_2d && (any_2d ? a.up > 1 && a.down > 1 : a.up * a.down > 1);
}

/* The general kernel, which takes squares if they are 2-D. */
Plan plan_any(const tfsg_filtered_lrelu_args& a) {
  const int fu = a.fu.x ? 0 : std::max(a.fu.height, a.fu.width), fd = a.fd.x ? 0 : std::max(a.fd.height, a.fd.width);
  return {false,
          !a.fu.x,
          !a.fd.x,
          fu ? fu : a.fu.height,
          fu ? fu : a.fu.width,
          fd ? fd : a.fd.height,
          fd ? fd : a.fd.width};
}

std::vector<float> taps_for(const Plan& plan, const tfsg_filtered_lrelu_args& a) {
  static const float one = 1.f;
  std::vector<float> taps;
  tfsg_filter fu = a.fu, fd = a.fd;
  /* A single tap is the same in both forms. */
  if (!plan.up_2d && !fu.x) fu.x = &one;
  if (!plan.down_2d && !fd.x) fd.x = &one;
  append_taps(fu, plan.fu_h, plan.fu_w, &taps);
  append_taps(fd, plan.fd_h, plan.fd_w, &taps);
  return taps;
}

/* The buffers of a tile. Returns bytes of shared memory. */
int64_t lay_out(const Plan& plan, int tile_h, int tile_w, int set, int taps, FilteredLreluParameters* p) {
  const int phases_h = (plan.fu_h + p->up - 1) / p->up, phases_w = (plan.fu_w + p->up - 1) / p->up;
  const auto mid = [&](int tile, int fd) { return round_up(tile * p->down + fd - 1 + p->up - 1, p->up * kSet); };
  p->tile_h = tile_h;
  p->tile_w = tile_w;
  p->set = set;
  p->mid_h = static_cast<int>(mid(tile_h, plan.fd_h));
  p->mid_w = static_cast<int>(mid(tile_w, plan.fd_w));
  p->mid_pitch = p->mid_w | 1;
  p->out_pitch = tile_w | 1;
  p->in_tile_h = p->mid_h / p->up + phases_h;
  p->in_tile_w = p->mid_w / p->up + phases_w;
  p->in_pitch = p->in_tile_w | 1;
  const int64_t in = int64_t{p->in_tile_h} * p->in_pitch, middle = int64_t{p->mid_h} * p->mid_pitch;
  const int64_t up = int64_t{p->in_tile_h} * p->mid_pitch, down = int64_t{p->mid_h} * p->out_pitch;
  /* As the kernels use the two buffers: see filtered_lrelu.cuh. */
  const int64_t first = plan.up_2d ? std::max(in, plan.down_2d ? 0 : down) : std::max(in, middle);
  const int64_t second = plan.up_2d ? middle : std::max(up, plan.down_2d ? 0 : down);
  p->second = static_cast<int>(first * set);
  p->shared_taps = static_cast<int>((first + second) * set);
  return ((first + second) * set + (plan.fast ? 0 : taps)) * 4;
}

/* The largest tile that leaves room for a second block, or else the smallest. Returns bytes of shared memory. */
int64_t choose_tile(const Plan& plan, int limit, int taps, FilteredLreluParameters* p) {
  int64_t bytes = 0;
  for (const auto& tile : kTiles) {
    bytes = lay_out(plan, tile[0], tile[1], kGroupChannels, taps, p);
    if (bytes <= std::min(limit, kFewBytes)) return bytes;
  }
  for (int set = kGroupChannels / 2; !plan.fast && bytes > limit && set > 0; set /= 2) {
    bytes = lay_out(plan, kTiles[kTileCount - 1][0], kTiles[kTileCount - 1][1], set, taps, p);
  }
  return bytes;
}

}  // namespace

int filtered_lrelu(const tfsg_filtered_lrelu_args& a, Workspace* workspace, void* stream) {
  const char* op = "filtered_lrelu";
  TFSG_TRY(check(a));
  const int fu_most = std::max(a.fu.height, a.fu.width), fd_most = std::max(a.fd.height, a.fd.width);
  if (fu_most > 32 || fd_most > 32) {
    return fail(TFSG_UNIMPLEMENTED, "%s: filters of %d and %d taps a side; at most 32 are implemented", op, fu_most,
                fd_most);
  }
  /* Also where a kernel made for the filters does not need it, for its tile may turn out not to fit. */
  Plan plan = plan_any(a);
  std::vector<float> taps = taps_for(plan, a);
  float* const memory = taps.size() > kTaps ? workspace->floats(taps.size()) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));

  FilteredLreluParameters p;
  p.dtype = a.dtype;
  p.read_codes = a.read_codes;
  p.batch = a.batch;
  p.channels = a.channels;
  p.in_h = a.in_h;
  p.in_w = a.in_w;
  p.out_h = a.out_h;
  p.out_w = a.out_w;
  p.code_h = a.code_h;
  p.code_w = a.code_w;
  p.up = a.up;
  p.down = a.down;
  p.pad_x = a.pad_x0;
  p.pad_y = a.pad_y0;
  p.code_x0 = a.read_codes ? a.code_x0 : 0;
  p.code_y0 = a.read_codes ? a.code_y0 : 0;
  p.gain = a.gain;
  p.slope = a.slope;
  p.clamp = a.clamp;
  p.x = a.x;
  p.b = a.b;
  p.codes = a.codes;
  p.y = a.y;
  if (product({a.batch, a.out_h, a.out_w, a.channels}) == 0) return TFSG_OK;
  const int limit = shared_memory_limit();
  if (limit <= 0) return TFSG_INTERNAL;
  Plan fast;
  int64_t bytes = plan_fast(a, &fast) ? choose_tile(fast, limit, 0, &p) : limit + int64_t{1};
  if (bytes <= limit) {
    plan = fast;
    taps = taps_for(plan, a);
  } else {
    bytes = choose_tile(plan, limit, static_cast<int>(taps.size()), &p);
  }
  if (bytes > limit) {
    return fail(TFSG_UNIMPLEMENTED, "%s: up %d and down %d by %d and %d taps need %lld bytes of shared memory of %d", op,
                a.up, a.down, fu_most, fd_most, static_cast<long long>(bytes), limit);
  }
  p.fu_h = plan.fu_h;
  p.fu_w = plan.up_2d ? 0 : plan.fu_w;
  p.fd_h = plan.fd_h;
  p.fd_w = plan.down_2d ? 0 : plan.fd_w;
  p.tiles_y = static_cast<int>((a.out_h + p.tile_h - 1) / p.tile_h);
  p.tiles_x = static_cast<int>((a.out_w + p.tile_w - 1) / p.tile_w);
  p.groups = static_cast<int>((a.channels + kGroupChannels - 1) / kGroupChannels);
  const int64_t blocks = product({a.batch, p.groups, p.tiles_y, p.tiles_x});
  TFSG_REQUIRE(blocks >= 0 && blocks <= INT32_MAX, "%s: %lld blocks are too many", op, static_cast<long long>(blocks));
  TFSG_TRY(place_taps(taps, p.taps, memory, &p.memory, stream));
  char kernel[64] = "filtered_lrelu_any";
  if (plan.fast) {
    std::snprintf(kernel, sizeof kernel, "filtered_lrelu_up%d%s_down%d%s", a.up, plan.up_2d ? "_2d" : "", a.down,
                  plan.down_2d ? "_2d" : "");
  }
  return launch_kernel(kernel, blocks, static_cast<int>(bytes), &p, stream);
}

}  // namespace tfsg
