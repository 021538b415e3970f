/* upfirdn2d and filtered leaky ReLU: phases, tiles, scratch memory, and the C functions. */
#include <atomic>
#include <cstring>
#include <new>

#include "arguments.h"
#include "dispatch.h"
#include "partition.h"
#include "thread_pool.h"

namespace tfsg {
namespace {

int64_t floor_div(int64_t a, int64_t b) { return a >= 0 ? a / b : -((-a + b - 1) / b); }

int32_t greatest_common_divisor(int32_t a, int32_t b) { return b == 0 ? a : greatest_common_divisor(b, a % b); }

Axis make_axis(int32_t up, int32_t down, int32_t pad, int32_t taps) {
  Axis axis;
  const int32_t common = greatest_common_divisor(up, down);
  axis.up = up / common;
  axis.down = down / common;
  int32_t used = 0;
  for (int32_t r = 0; r < axis.up; ++r) {
    const int64_t start = static_cast<int64_t>(r) * down - pad; /* where the filter begins, at the upsampled rate */
    const int64_t input = floor_div(start + up - 1, up);        /* the first sample from there on */
    Phase& phase = axis.phase[r];
    phase.first = static_cast<int32_t>(input);
    phase.begin = used;
    phase.count = 0;
    for (int64_t k = input * up - start; k < taps; k += up) {
      axis.tap[used++] = static_cast<int32_t>(k);
      ++phase.count;
    }
  }
  return axis;
}

/* Scratch memory of a thread, kept from call to call. */
float* scratch(int64_t floats) {
  thread_local std::unique_ptr<char[]> memory;
  thread_local size_t size = 0;
  const size_t wanted = sizeof(float) * static_cast<size_t>(floats) + 64;
  if (size < wanted) {
    size = 0;
    memory.reset(new (std::nothrow) char[wanted]);
    if (memory == nullptr) return nullptr;
    size = wanted;
  }
  const uintptr_t address = reinterpret_cast<uintptr_t>(memory.get());
  return reinterpret_cast<float*>((address + 63) / 64 * 64);
}

/* Runs tasks with scratch memory of their own; false if a thread could not have it. */
template <typename Body>
bool with_scratch(int64_t tasks, int64_t floats, const Body& body) {
  std::atomic<bool> enough{true};
  parallel_for(tasks, [&](int64_t task) {
    float* memory = scratch(floats);
    if (memory == nullptr) enough = false;
    else body(task, memory);
  });
  return enough;
}

constexpr int64_t kLeastRows = 32; /* of output, in a strip */

int run(const tfsg_upfirdn2d_args& a) {
  if (a.batch * a.channels == 0) return TFSG_OK;
  const Axis y = make_axis(a.up_y, a.down_y, a.pad_y0, a.f.height);
  const Axis x = make_axis(a.up_x, a.down_x, a.pad_x0, a.f.width);
  /* Strips of rows read the rows between them twice, so they are tall where there are enough. */
  Parts parts(a.out_h, a.out_w * a.channels);
  parts.rows = divide_up(kPartElements, a.out_w * a.channels);
  if (parts.rows < kLeastRows) parts.rows = kLeastRows;
  if (a.batch < 4 && parts.rows > divide_up(a.out_h, 4)) parts.rows = divide_up(a.out_h, 4);
  parts.parts = divide_up(a.out_h, parts.rows);
  const bool enough = with_scratch(a.batch * parts.parts, kernels().upfirdn2d_scratch(&a, x), [&](int64_t i, float* memory) {
    const int64_t part = i % parts.parts;
    kernels().upfirdn2d(&a, y, x, i / parts.parts, parts.first(part), parts.end(part), memory);
  });
  return enough ? TFSG_OK : fail(TFSG_RESOURCE_EXHAUSTED, "upfirdn2d: not enough memory for a row");
}

constexpr int64_t kTileColumns = 48; /* of output: rows of the upsampled tile stay in the first cache */

int run(const tfsg_filtered_lrelu_args& a) {
  if (a.batch * a.channels == 0) return TFSG_OK;
  if (a.codes != nullptr && !a.read_codes) {
    /* What the downsampling filter does not reach belongs to no tile. */
    const int64_t used_h = (a.out_h - 1) * a.down + a.fd.height, used_w = (a.out_w - 1) * a.down + a.fd.width;
    if (used_h < a.code_h || used_w < a.code_w)
      std::memset(a.codes, 0, static_cast<size_t>(a.batch * divide_up(a.channels, 16) * a.code_h * a.code_w * 4));
  }
  const int64_t groups = divide_up(a.channels, 16);
  const int64_t column_tiles = divide_up(a.out_w, kTileColumns), columns = divide_up(a.out_w, column_tiles);
  /* Rows are cut only where there is too little else to share: each cut makes the filters' rows twice. */
  int64_t row_tiles = 1;
  if (a.batch * groups * column_tiles < 4) row_tiles = a.out_h >= 64 ? 4 : a.out_h >= 16 ? 2 : 1;
  const int64_t rows = divide_up(a.out_h, row_tiles);
  row_tiles = divide_up(a.out_h, rows);
  const int64_t tiles = row_tiles * column_tiles;
  const bool enough = with_scratch(
      a.batch * groups * tiles, kernels().filtered_lrelu_scratch(&a, columns), [&](int64_t i, float* memory) {
        /* Groups first: neighbouring ones share cache lines of x. */
        const int64_t group = i % groups, tile = i / groups % tiles, sample = i / groups / tiles;
        const int64_t row = tile / column_tiles * rows, column = tile % column_tiles * columns;
        const int64_t end_row = row + rows < a.out_h ? row + rows : a.out_h;
        const int64_t end_column = column + columns < a.out_w ? column + columns : a.out_w;
        if (column < end_column) kernels().filtered_lrelu(&a, sample, group, row, end_row, column, end_column, memory);
      });
  return enough ? TFSG_OK : fail(TFSG_RESOURCE_EXHAUSTED, "filtered_lrelu: not enough memory for a tile");
}

/* No exception leaves the library. */
template <typename Args>
int checked(const char* op, const Args* a) {
  if (a == nullptr) return fail(TFSG_INVALID_ARGUMENT, "%s: no arguments", op);
  if (const int code = check(*a)) return code;
  try {
    return run(*a);
  } catch (const std::bad_alloc&) {
    return fail(TFSG_RESOURCE_EXHAUSTED, "%s: not enough memory for its threads", op);
  }
}

}  // namespace
}  // namespace tfsg

extern "C" {

int tfsg_cpu_upfirdn2d(const tfsg_upfirdn2d_args* a) { return tfsg::checked("upfirdn2d", a); }
int tfsg_cpu_filtered_lrelu(const tfsg_filtered_lrelu_args* a) { return tfsg::checked("filtered_lrelu", a); }

}  // extern "C"
