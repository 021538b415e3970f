#include <algorithm>
#include <string>

#include "launch_fir.h"

namespace tfsg {

namespace {

constexpr int kStripRows = 8; /* kStrip of upfirdn2d.cuh */
constexpr int64_t kMostPadding = 1 << 24;
constexpr int kMostFactor = 1 << 12;

}  // namespace

int check_filter(const char* op, const char* name, const tfsg_filter& f) {
  TFSG_REQUIRE(f.height > 0 && f.width > 0 && f.height <= kMostTaps && f.width <= kMostTaps && f.y,
               "%s: the filter %s of %d x %d taps is no filter", op, name, f.height, f.width);
  return TFSG_OK;
}

void append_taps(const tfsg_filter& f, int height, int width, std::vector<float>* taps) {
  if (f.x) {
    taps->insert(taps->end(), f.y, f.y + f.height);
    taps->insert(taps->end(), height - f.height, 0.f);
    taps->insert(taps->end(), f.x, f.x + f.width);
    taps->insert(taps->end(), width - f.width, 0.f);
    return;
  }
  for (int y = 0; y < height; ++y) {
    const int there = y < f.height ? f.width : 0;
    if (there) taps->insert(taps->end(), f.y + static_cast<int64_t>(y) * f.width, f.y + int64_t{y + 1} * f.width);
    taps->insert(taps->end(), width - there, 0.f);
  }
}

int place_taps(const std::vector<float>& taps, float* here, float* workspace, const float** memory, void* stream) {
  *memory = nullptr;
  const int count = static_cast<int>(taps.size());
  if (count <= kTaps) {
    std::copy(taps.begin(), taps.end(), here);
    return TFSG_OK;
  }
  StoreTapsParameters p;
  for (int first = 0; first < count; first += kTaps) {
    p.to = workspace + first;
    p.count = std::min(count - first, kTaps);
    std::copy_n(taps.begin() + first, p.count, p.taps);
    TFSG_TRY(launch_kernel("store_taps", 1, 0, &p, stream));
  }
  *memory = workspace;
  return TFSG_OK;
}

int upfirdn2d(const tfsg_upfirdn2d_args& a, Workspace* workspace, void* stream) {
  const char* op = "upfirdn2d";
  TFSG_TRY(check_dtype(op, a.dtype));
  TFSG_TRY(check_filter(op, "f", a.f));
  const long long n = a.batch, c = a.channels, in_h = a.in_h, in_w = a.in_w, out_h = a.out_h, out_w = a.out_w;
  TFSG_REQUIRE(product({n, in_h, in_w, c}) >= 0 && product({n, out_h, out_w, c}) >= 0,
               "%s: [%lld, %lld, %lld, %lld] to [%lld, %lld, %lld, %lld] are no possible shapes", op, n, in_h, in_w, c,
               n, out_h, out_w, c);
  for (const int factor : {a.up_x, a.up_y, a.down_x, a.down_y}) {
    TFSG_REQUIRE(factor >= 1 && factor <= kMostFactor, "%s: a factor of %d", op, factor);
  }
  for (const int64_t padding : {a.pad_x0, a.pad_x1, a.pad_y0, a.pad_y1}) {
    TFSG_REQUIRE(padding >= -kMostPadding && padding <= kMostPadding, "%s: a padding of %lld", op,
                 static_cast<long long>(padding));
  }
  TFSG_REQUIRE(in_h <= INT32_MAX && in_w <= INT32_MAX, "%s: images of %lld x %lld", op, in_h, in_w);
  const int64_t rows = in_h * a.up_y + a.pad_y0 + a.pad_y1 - a.f.height;
  const int64_t columns = in_w * a.up_x + a.pad_x0 + a.pad_x1 - a.f.width;
  TFSG_REQUIRE(rows >= 0 && columns >= 0,
               "%s: the filter of %d x %d taps is larger than the padded image, from [%lld, %lld, %lld, %lld]", op,
               a.f.height, a.f.width, n, in_h, in_w, c);
  TFSG_REQUIRE(out_h == rows / a.down_y + 1 && out_w == columns / a.down_x + 1,
               "%s: the output is %lld x %lld, not %lld x %lld", op, static_cast<long long>(rows / a.down_y + 1),
               static_cast<long long>(columns / a.down_x + 1), out_h, out_w);
  const bool any = product({n, out_h, out_w, c}) > 0;
  TFSG_REQUIRE(!any || a.y, "%s: y is NULL", op);
  TFSG_REQUIRE(!any || a.x || product({n, in_h, in_w, c}) == 0, "%s: x is NULL", op);

  const bool separable = a.f.x != nullptr;
  const int taps_count = taps_of(a.f);
  TFSG_REQUIRE(taps_count * 4 <= 48 * 1024, "%s: a filter of %d x %d taps is too large", op, a.f.height, a.f.width);
  float* const memory = taps_count > kTaps ? workspace->floats(taps_count) : nullptr;
  if (workspace->measuring()) return TFSG_OK;
  TFSG_TRY(workspace->check(op));
  const int vector = vector_size(a.dtype, c, {a.x, a.add, a.y});
  Upfirdn2dParameters p;
  const int64_t strips = separable ? (out_h + kStripRows - 1) / kStripRows : out_h;
  p.batch = n;
  p.channels = c;
  p.in_h = in_h;
  p.in_w = in_w;
  p.out_h = out_h;
  p.out_w = out_w;
  p.threads = n * strips * out_w * (c / vector);
  p.up_x = a.up_x;
  p.up_y = a.up_y;
  p.down_x = a.down_x;
  p.down_y = a.down_y;
  p.pad_x = a.pad_x0;
  p.pad_y = a.pad_y0;
  p.height = a.f.height;
  p.width = a.f.width;
  p.x = a.x;
  p.add = a.add;
  p.y = a.y;
  if (p.threads == 0) return TFSG_OK;
  std::vector<float> taps;
  append_taps(a.f, a.f.height, a.f.width, &taps);
  TFSG_TRY(place_taps(taps, p.taps, memory, &p.memory, stream));
  const bool few = (a.f.width + a.up_x - 1) / a.up_x <= 4;
  const std::string kernel = std::string(separable ? few ? "upfirdn2d_separable_few_" : "upfirdn2d_separable_"
                                                   : "upfirdn2d_direct_") +
                             dtype_name(a.dtype) + "_x" + std::to_string(vector);
  return launch_threads(kernel.c_str(), p.threads, taps_count * 4, &p, stream);
}

}  // namespace tfsg
