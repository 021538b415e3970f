/* What the launchers of the ops share: checks of arguments, workspace, names of kernels. */
#ifndef TFSTYLEGAN_CUDA_LAUNCH_H_
#define TFSTYLEGAN_CUDA_LAUNCH_H_

#include <cmath>
#include <cstdint>
#include <initializer_list>

#include "../include/tfstylegan_cuda.h"
#include "driver.h"
#include "parameters.h"

/* Leaves a function with a code that is not OK. */
#define TFSG_TRY(expression)                     \
  do {                                           \
    const int code = (expression);               \
    if (code != TFSG_OK) return code;            \
  } while (0)

#define TFSG_REQUIRE(condition, ...) \
  if (!(condition)) return ::tfsg::fail(TFSG_INVALID_ARGUMENT, __VA_ARGS__)

namespace tfsg {

/* Hands out parts of the workspace, or, without one, counts what is needed. */
class Workspace {
 public:
  Workspace(void* memory, bool measuring) : memory_(static_cast<char*>(memory)), measuring_(measuring) {}

  float* floats(int64_t count) {
    float* here = measuring_ ? nullptr : reinterpret_cast<float*>(memory_ + bytes_);
    bytes_ += (count * 4 + 255) / 256 * 256;
    return here;
  }

  bool measuring() const { return measuring_; }
  int64_t bytes() const { return bytes_; }

  /* To be called when everything has been handed out. */
  int check(const char* op) const {
    TFSG_REQUIRE(bytes_ == 0 || memory_, "%s: needs a workspace of %lld bytes", op, static_cast<long long>(bytes_));
    TFSG_REQUIRE(reinterpret_cast<uintptr_t>(memory_) % 16 == 0, "%s: the workspace is not aligned", op);
    return TFSG_OK;
  }

 private:
  char* memory_;
  bool measuring_;
  int64_t bytes_ = 0;
};

/* The product of sizes, or -1 if one is negative or the product is not far below the range of int64. */
int64_t product(std::initializer_list<int64_t> sizes);

int check_dtype(const char* op, int dtype);

/* For the kernels; checks that the numbers are finite and, if only piecewise linear ones may be, that it is one. */
int make_activation(const char* op, const tfsg_activation& from, bool only_piecewise, Activation* to);

/* float32: 4, others 8, if the channels and all the pointers (NULL is fine) allow it; else 1. */
int vector_size(int dtype, int64_t channels, std::initializer_list<const void*> pointers);

/* How [batch, pixels, channels] is divided. With `sums` so that there are few partial sums. */
int make_columns(const char* op, int64_t batch, int64_t pixels, int64_t channels, int vector, bool sums, Columns* to);

inline int64_t blocks_of(const Columns& g) { return g.batch * g.chunks * g.tiles; }
inline int64_t statistics_of(const Columns& g) { return g.batch * g.channels; }
inline int64_t partials_of(const Columns& g) { return g.batch * g.chunks * g.channels; }

/* Launches NAME_DTYPE_xV with shared memory for write_partial. */
int launch_columns(const char* name, int dtype, int vector, const Columns& g, const void* parameters, void* stream);

/* out[group, c] = sum over k of in[group, k, c], stored as dtype. */
int launch_reduce(int dtype, int64_t groups, int64_t count, int64_t channels, const float* in, void* out, void* stream);

/* Partial sums of (noise * g) to the gradient of the strength, one for all channels or one for each. */
int launch_strength(int dtype, const Columns& g, int64_t strengths, const float* partial, float* sums, void* out,
                    void* stream);

int launch_noise_grad(int dtype, const NoiseGradParameters& parameters, void* stream);

/* Launches NAME for as many threads. */
int launch_threads(const char* name, int64_t threads, int shared_bytes, const void* parameters, void* stream);

/* "float32", ... */
const char* dtype_name(int dtype);

}  // namespace tfsg

#endif
