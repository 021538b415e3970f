#include <cstdarg>
#include <cstdio>
#include <string>

#include "kernel_list.h"
#include "launch.h"

namespace tfsg {
namespace {

thread_local char error_message[1024] = "";

constexpr int64_t kMostElements = int64_t{1} << 46;
constexpr int64_t kMostBlocks = 2147483647;
constexpr int kPartialBlocks = 2048; /* blocks that write partial sums: several for each multiprocessor, whatever the GPU */

int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }

}  // namespace

int fail(int code, const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(error_message, sizeof error_message, format, arguments);
  va_end(arguments);
  return code;
}

int64_t product(std::initializer_list<int64_t> sizes) {
  int64_t total = 1;
  bool empty = false;
  for (const int64_t size : sizes) {
    if (size < 0) return -1;
    if (size == 0) empty = true;
  }
  if (empty) return 0;
  for (const int64_t size : sizes) {
    if (size > kMostElements / total) return -1;
    total *= size;
  }
  return total;
}

int check_dtype(const char* op, int dtype) {
  TFSG_REQUIRE(dtype >= TFSG_FLOAT32 && dtype <= TFSG_BFLOAT16, "%s: there is no element type %d", op, dtype);
  return TFSG_OK;
}

const char* dtype_name(int dtype) {
  return dtype == TFSG_FLOAT32 ? "float32" : dtype == TFSG_FLOAT16 ? "float16" : "bfloat16";
}

int make_activation(const char* op, const tfsg_activation& from, bool only_piecewise, Activation* to) {
  TFSG_REQUIRE(from.kind >= 0 && from.kind < TFSG_ACTIVATIONS, "%s: there is no activation %d", op, from.kind);
  TFSG_REQUIRE(std::isfinite(from.alpha) && std::isfinite(from.gain) && !std::isnan(from.clamp),
               "%s: alpha %g, gain %g and clamp %g must be finite", op, from.alpha, from.gain, from.clamp);
  if (only_piecewise) {
    TFSG_REQUIRE(from.kind <= TFSG_LRELU, "%s: needs linear, relu or lrelu, got activation %d", op, from.kind);
    TFSG_REQUIRE(from.gain > 0 && (from.kind != TFSG_LRELU || from.alpha >= 0),
                 "%s: needs gain > 0 and alpha >= 0, got gain %g, alpha %g", op, from.gain, from.alpha);
  }
  const float alpha = from.kind == TFSG_LINEAR ? 1.f : from.kind == TFSG_RELU ? 0.f : from.alpha;
  *to = {from.kind, alpha, from.gain, from.clamp};
  return TFSG_OK;
}

int vector_size(int dtype, int64_t channels, std::initializer_list<const void*> pointers) {
  const int full = dtype == TFSG_FLOAT32 ? 4 : 8;
  if (channels % full != 0) return 1;
  for (const void* pointer : pointers) {
    if (reinterpret_cast<uintptr_t>(pointer) % 16 != 0) return 1;
  }
  return full;
}

int make_columns(const char* op, int64_t batch, int64_t pixels, int64_t channels, int vector, bool sums, Columns* to) {
  const int64_t packs = channels / vector, tiles = packs ? divide_up(packs, kThreads) : 1;
  const int64_t lanes_c = packs ? divide_up(packs, tiles) : 1, lanes_p = kThreads / lanes_c;
  const int64_t round = lanes_p * kUnroll, rounds = divide_up(pixels, round);
  int64_t rounds_each = 2;
  if (sums) {
    const int64_t others = batch * tiles;
    const int64_t wanted = others >= kPartialBlocks || others == 0 ? 1 : kPartialBlocks / others;
    rounds_each = rounds > wanted ? divide_up(rounds, wanted) : 1;
  }
  const int64_t chunks = divide_up(rounds, rounds_each);
  TFSG_REQUIRE(product({batch, chunks, tiles}) >= 0 && batch * chunks * tiles <= kMostBlocks,
               "%s: [%lld, %lld, %lld] is too large for one launch", op, static_cast<long long>(batch),
               static_cast<long long>(pixels), static_cast<long long>(channels));
  *to = {batch,
         pixels,
         channels,
         rounds_each * round,
         static_cast<int>(chunks),
         static_cast<int>(tiles),
         static_cast<int>(lanes_c),
         static_cast<int>(lanes_p)};
  return TFSG_OK;
}

int launch_columns(const char* name, int dtype, int vector, const Columns& g, const void* parameters, void* stream) {
  if (blocks_of(g) == 0 || g.channels == 0) return TFSG_OK;
  const std::string kernel = std::string(name) + "_" + dtype_name(dtype) + "_x" + std::to_string(vector);
  return launch_kernel(kernel.c_str(), blocks_of(g), kThreads * vector * 4, parameters, stream);
}

int launch_reduce(int dtype, int64_t groups, int64_t count, int64_t channels, const float* in, void* out,
                  void* stream) {
  const int64_t blocks = groups * divide_up(channels, 32);
  if (blocks == 0) return TFSG_OK;
  TFSG_REQUIRE(blocks <= kMostBlocks, "a sum over [%lld, %lld, %lld] is too large", static_cast<long long>(groups),
               static_cast<long long>(count), static_cast<long long>(channels));
  const ReduceParameters p = {groups, count, channels, in, out};
  return launch_kernel((std::string("reduce_") + dtype_name(dtype)).c_str(), blocks, kThreads * 4, &p, stream);
}

int launch_strength(int dtype, const Columns& g, int64_t strengths, const float* partial, float* sums, void* out,
                    void* stream) {
  const int64_t count = g.batch * g.chunks;
  if (strengths == g.channels) return launch_reduce(dtype, 1, count, g.channels, partial, out, stream);
  TFSG_TRY(launch_reduce(TFSG_FLOAT32, 1, count, g.channels, partial, sums, stream));
  return launch_reduce(dtype, 1, g.channels, 1, sums, out, stream);
}

int launch_noise_grad(int dtype, const NoiseGradParameters& parameters, void* stream) {
  NoiseGradParameters p = parameters;
  for (p.lanes = 1; p.lanes < 32 && p.lanes < p.channels;) p.lanes *= 2;
  const int64_t outputs = p.maps * p.pixels;
  if (outputs == 0) return TFSG_OK;
  const std::string kernel = std::string("noise_grad_") + dtype_name(dtype);
  return launch_threads(kernel.c_str(), outputs * p.lanes, kThreads * 4, &p, stream);
}

int launch_threads(const char* name, int64_t threads, int shared_bytes, const void* parameters, void* stream) {
  if (threads == 0) return TFSG_OK;
  const int64_t blocks = divide_up(threads, kThreads);
  TFSG_REQUIRE(blocks <= kMostBlocks, "%s: %lld threads are too many", name, static_cast<long long>(threads));
  return launch_kernel(name, blocks, shared_bytes, parameters, stream);
}

}  // namespace tfsg

extern "C" {

int tfsg_cuda_abi_version(void) { return TFSG_ABI_VERSION; }

const char* tfsg_cuda_error(void) { return tfsg::error_message; }

#define TFSG_LINE(name, Parameters, kernel) #name "\n"
const char* tfsg_cuda_list_kernels(void) { return TFSG_KERNELS(TFSG_LINE); }

int tfsg_cuda_device_ready(void) { return tfsg::shared_memory_limit() > 0 ? TFSG_OK : TFSG_INTERNAL; }

}  // extern "C"
