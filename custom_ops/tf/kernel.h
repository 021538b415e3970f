/* Inputs, outputs and attributes of an op kernel on TensorFlow's C API, with errors that name shapes. */
#ifndef TFSG_KERNEL_H_
#define TFSG_KERNEL_H_

#include <cinttypes>
#include <string>
#include <vector>

#include "tensorflow_c_api.h"

namespace tfsg {

using Shape = std::vector<int64_t>;

std::string text(const Shape&);

/* A view of an input or output of one call; the data stays TensorFlow's. */
struct Array {
  Shape shape;
  void* data = nullptr;
  bool given = false; /* an optional input that is absent is an empty vector */

  int64_t size() const;
  const float* floats() const { return given ? static_cast<const float*>(data) : nullptr; }
};

/* One call of a kernel. After the first error nothing more is done, and failed() says so. */
class Call {
 public:
  Call(TF_OpKernelContext* context, const char* op) : context_(context), status_(TF_NewStatus()), op_(op) {}
  ~Call();
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;

  /* Input i, which must have `rank` axes; an optional one may be an empty vector instead. */
  Array input(int i, const char* name, int rank, bool optional = false);
  /* The input must have this shape, if it is given. */
  void expect(const Array&, const char* name, const Shape&);
  /* Output i, in memory of one of the inputs `candidates` if nobody else needs that. */
  Array output(int i, const Shape&, TF_DataType type = TF_FLOAT, const std::vector<int>& candidates = {});
  void error(int code, const std::string& message);
  bool failed() const { return failed_; }

 private:
  bool check_status();
  TF_OpKernelContext* context_;
  TF_Status* status_;
  const char* op_;
  bool failed_ = false;
  std::vector<TF_Tensor*> tensors_;
};

/* Attributes of an op, read when its kernel is made. */
class Attributes {
 public:
  explicit Attributes(TF_OpKernelConstruction* construction) : construction_(construction), status_(TF_NewStatus()) {}
  ~Attributes();
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  int32_t integer(const char* name);
  float number(const char* name);

 private:
  TF_OpKernelConstruction* construction_;
  TF_Status* status_;
};

enum class Shapes { kUnknown, kFirstOutputIsFirstInput };

/* Registers an op and its kernel for float32 on CPU devices. `specs` are inputs, outputs ("->" between) and attributes
 * after "|": {"x: T", "->", "y: T", "|", "act: int"}. Kernel needs Kernel(Attributes&) and compute(TF_OpKernelContext*). */
bool register_op(const char* name, const std::vector<const char*>& specs, Shapes);
bool register_kernel(const char* name, void* (*create)(TF_OpKernelConstruction*),
                     void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));

template <typename Kernel>
bool register_all(const char* name, const std::vector<const char*>& specs, Shapes shapes) {
  return register_op(name, specs, shapes) &&
         register_kernel(
             name,
             [](TF_OpKernelConstruction* construction) -> void* {
               Attributes attributes(construction);
               return new Kernel(attributes);
             },
             [](void* kernel, TF_OpKernelContext* context) { static_cast<Kernel*>(kernel)->compute(context); },
             [](void* kernel) { delete static_cast<Kernel*>(kernel); });
}

}  // namespace tfsg
#endif
