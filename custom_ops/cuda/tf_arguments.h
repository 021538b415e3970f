/* Turns the tensors of a TensorFlow op into the arguments of the CUDA library, with every shape checked: shape functions
 * do not protect eager calls. */
#ifndef TFSTYLEGAN_CUDA_TF_ARGUMENTS_H_
#define TFSTYLEGAN_CUDA_TF_ARGUMENTS_H_

#include <cstdint>
#include <string>
#include <vector>

#include "../include/tfstylegan_cuda.h"
#include "tensorflow/core/framework/op_kernel.h"
#include "xla/stream_executor/stream.h"

namespace tfsg {

using tensorflow::OpKernel;
using tensorflow::OpKernelConstruction;
using tensorflow::OpKernelContext;
using tensorflow::Tensor;
using tensorflow::TensorShape;

template <class T>
struct DtypeOf;
template <>
struct DtypeOf<float> {
  static constexpr int32_t value = TFSG_FLOAT32;
};
template <>
struct DtypeOf<Eigen::half> {
  static constexpr int32_t value = TFSG_FLOAT16;
};
template <>
struct DtypeOf<Eigen::bfloat16> {
  static constexpr int32_t value = TFSG_BFLOAT16;
};

/* Leaves Compute with an error if `condition` does not hold. */
#define TFSG_CHECK_INPUT(ctx, condition, ...) \
  OP_REQUIRES(ctx, condition, ::tensorflow::errors::InvalidArgument(type_string(), ": ", __VA_ARGS__))

/* An optional input that is not there has the shape [0]. */
inline bool absent(const Tensor& tensor) { return tensor.dims() == 1 && tensor.dim_size(0) == 0; }

inline void* data_of(const Tensor& tensor) { return absent(tensor) ? nullptr : tensor.data(); }
inline void* data_of(Tensor* tensor) { return tensor ? data_of(*tensor) : nullptr; }

inline bool has_shape(const Tensor& tensor, std::initializer_list<int64_t> sizes) {
  if (tensor.dims() != static_cast<int>(sizes.size())) return false;
  int axis = 0;
  for (const int64_t size : sizes) {
    if (tensor.dim_size(axis++) != size) return false;
  }
  return true;
}

inline bool absent_or(const Tensor& tensor, std::initializer_list<int64_t> sizes) {
  return absent(tensor) || has_shape(tensor, sizes);
}

inline std::string shape_of(const Tensor& tensor) { return tensor.shape().DebugString(); }

/* An op with an activation. */
class ActivationOp : public OpKernel {
 public:
  explicit ActivationOp(OpKernelConstruction* ctx) : OpKernel(ctx) {
    OP_REQUIRES_OK(ctx, ctx->GetAttr("act", &act_.kind));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("alpha", &act_.alpha));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("gain", &act_.gain));
    OP_REQUIRES_OK(ctx, ctx->GetAttr("clamp", &act_.clamp));
  }

 protected:
  tfsg_activation act_;
};

/* Output number `index` of the shape; its sizes may be absurd. */
inline absl::Status allocate(OpKernelContext* ctx, int index, const std::vector<int64_t>& sizes, Tensor** output) {
  TensorShape shape;
  absl::Status status = TensorShape::BuildTensorShape(sizes, &shape);
  return status.ok() ? ctx->allocate_output(index, shape, output) : status;
}

/* A gradient of the shape of `like`, or [0] and NULL if that is absent or not `wanted`. */
inline absl::Status allocate_like(OpKernelContext* ctx, int index, const Tensor& like, bool wanted, void** data) {
  Tensor* output = nullptr;
  const bool there = wanted && !absent(like);
  absl::Status status = ctx->allocate_output(index, there ? like.shape() : TensorShape({0}), &output);
  *data = status.ok() && there ? output->data() : nullptr;
  return status;
}

/* Runs an op of the library on TensorFlow's stream. */
template <class Args>
void run(OpKernelContext* ctx, int op, int (*function)(const Args*, void*, void*), const Args& args) {
  const int64_t bytes = tfsg_cuda_workspace_bytes(op, &args);
  OP_REQUIRES(ctx, bytes >= 0, absl::Status(static_cast<absl::StatusCode>(-bytes), tfsg_cuda_error()));
  Tensor workspace;
  if (bytes > 0) {
    OP_REQUIRES_OK(ctx, ctx->allocate_temp(tensorflow::DT_INT8, TensorShape({bytes}), &workspace));
  }
#ifdef TFSG_EMULATION
  void* const stream = nullptr;
#else
  void* const stream = ctx->op_device_context()->stream()->platform_specific_handle().stream;
#endif
  const int code = function(&args, bytes > 0 ? workspace.data() : nullptr, stream);
  OP_REQUIRES(ctx, code == TFSG_OK, absl::Status(static_cast<absl::StatusCode>(code), tfsg_cuda_error()));
}

#define TFSG_REGISTER_FOR(name, Kernel, T, ...) \
  REGISTER_KERNEL_BUILDER(Name(name).Device(TFSG_DEVICE_TYPE).TypeConstraint<T>("T") __VA_ARGS__, Kernel<T>)

#define TFSG_REGISTER_HALVES(name, Kernel, ...)                    \
  TFSG_REGISTER_FOR(name, Kernel, Eigen::half, __VA_ARGS__);       \
  TFSG_REGISTER_FOR(name, Kernel, Eigen::bfloat16, __VA_ARGS__)

#ifdef TFSG_EMULATION
/* For tests: the emulation's kernels on the CPU, in the types that the CPU library has none for. */
#define TFSG_DEVICE_TYPE tensorflow::DEVICE_CPU
#define TFSG_REGISTER(name, Kernel, ...) TFSG_REGISTER_HALVES(name, Kernel, __VA_ARGS__)
#else
#define TFSG_DEVICE_TYPE tensorflow::DEVICE_GPU
#define TFSG_REGISTER(name, Kernel, ...)                  \
  TFSG_REGISTER_FOR(name, Kernel, float, __VA_ARGS__);    \
  TFSG_REGISTER_HALVES(name, Kernel, __VA_ARGS__)
#endif

}  // namespace tfsg

#endif
