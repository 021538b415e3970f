#include "kernel.h"

#include <cstring>
#include <limits>

namespace tfsg {

/* Of an output: beyond any machine, where TensorFlow's allocator would wait ten seconds for memory to come free. */
constexpr size_t kMostBytes = size_t{1} << 44;

std::string text(const Shape& shape) {
  std::string s = "[";
  for (size_t i = 0; i < shape.size(); ++i) s += (i == 0 ? "" : ", ") + std::to_string(shape[i]);
  return s + "]";
}

int64_t Array::size() const {
  int64_t elements = 1;
  for (const int64_t n : shape) elements *= n;
  return elements;
}

Call::~Call() {
  for (TF_Tensor* tensor : tensors_) TF_DeleteTensor(tensor);
  TF_DeleteStatus(status_);
}

bool Call::check_status() {
  if (failed_) return false;
  if (TF_GetCode(status_) == TF_OK) return true;
  failed_ = true;
  TF_OpKernelContext_Failure(context_, status_);
  return false;
}

void Call::error(int code, const std::string& message) {
  if (failed_) return;
  TF_SetStatus(status_, static_cast<TF_Code>(code), (std::string(op_) + ": " + message).c_str());
  check_status();
}

Array Call::input(int i, const char* name, int rank, bool optional) {
  Array array;
  if (failed_) return array;
  TF_Tensor* tensor = nullptr;
  TF_GetInput(context_, i, &tensor, status_);
  if (!check_status()) return array;
  tensors_.push_back(tensor);
  for (int axis = 0; axis < TF_NumDims(tensor); ++axis) array.shape.push_back(TF_Dim(tensor, axis));
  if (optional && array.shape.size() == 1 && array.shape[0] == 0) return array;
  if (static_cast<int>(array.shape.size()) != rank) {
    error(TF_INVALID_ARGUMENT, std::string(name) + " must have " + std::to_string(rank) + " axes; got shape " + text(array.shape));
    return array;
  }
  array.data = TF_TensorData(tensor);
  array.given = true;
  return array;
}

void Call::expect(const Array& array, const char* name, const Shape& shape) {
  if (!failed_ && array.given && array.shape != shape)
    error(TF_INVALID_ARGUMENT, std::string(name) + " must be " + text(shape) + "; got " + text(array.shape));
}

Array Call::output(int i, const Shape& shape, TF_DataType type, const std::vector<int>& candidates) {
  Array array;
  array.shape = shape;
  if (failed_) return array;
  const size_t width = type == TF_FLOAT ? 4 : 1;
  size_t bytes = width;
  for (const int64_t n : shape) {
    if (n < 0 || (n > 0 && bytes > kMostBytes / static_cast<size_t>(n))) {
      error(TF_INVALID_ARGUMENT, "an output of shape " + text(shape) + " cannot be");
      return array;
    }
    bytes *= static_cast<size_t>(n);
  }
  int forwarded = -1;
  TF_Tensor* tensor =
      candidates.empty()
          ? TF_AllocateOutput(context_, i, type, shape.data(), static_cast<int>(shape.size()), bytes, status_)
          : TF_ForwardInputOrAllocateOutput(context_, candidates.data(), static_cast<int>(candidates.size()), i,
                                            shape.data(), static_cast<int>(shape.size()), &forwarded, status_);
  if (!check_status()) return array;
  tensors_.push_back(tensor);
  array.data = TF_TensorData(tensor);
  array.given = true;
  return array;
}

Attributes::~Attributes() {
  if (TF_GetCode(status_) != TF_OK) TF_OpKernelConstruction_Failure(construction_, status_);
  TF_DeleteStatus(status_);
}

int32_t Attributes::integer(const char* name) {
  int64_t value = 0;
  if (TF_GetCode(status_) != TF_OK) return 0;
  TF_OpKernelConstruction_GetAttrInt64(construction_, name, &value, status_);
  /* What does not fit is out of every range, and is refused as such. */
  if (value > std::numeric_limits<int32_t>::max()) return std::numeric_limits<int32_t>::max();
  if (value < std::numeric_limits<int32_t>::min()) return std::numeric_limits<int32_t>::min();
  return static_cast<int32_t>(value);
}

float Attributes::number(const char* name) {
  float value = 0;
  if (TF_GetCode(status_) != TF_OK) return 0;
  TF_OpKernelConstruction_GetAttrFloat(construction_, name, &value, status_);
  return value;
}

namespace {

void unknown_shapes(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
}

void first_as_first(TF_ShapeInferenceContext* context, TF_Status* status) {
  TF_ShapeInferenceContextSetUnknownShape(context, status);
  if (TF_GetCode(status) != TF_OK) return;
  TF_ShapeHandle* shape = TF_NewShapeHandle();
  TF_ShapeInferenceContextGetInput(context, 0, shape, status);
  if (TF_GetCode(status) == TF_OK) TF_ShapeInferenceContextSetOutput(context, 0, shape, status);
  TF_DeleteShapeHandle(shape);
}

}  // namespace

bool register_op(const char* name, const std::vector<const char*>& specs, Shapes shapes) {
  TF_OpDefinitionBuilder* builder = TF_NewOpDefinitionBuilder(name);
  void (*add)(TF_OpDefinitionBuilder*, const char*) = TF_OpDefinitionBuilderAddInput;
  for (const char* spec : specs) {
    if (std::strcmp(spec, "->") == 0) add = TF_OpDefinitionBuilderAddOutput;
    else if (std::strcmp(spec, "|") == 0) add = TF_OpDefinitionBuilderAddAttr;
    else add(builder, spec);
  }
  TF_OpDefinitionBuilderAddAttr(builder, "T: {float, half, bfloat16} = DT_FLOAT");
  TF_OpDefinitionBuilderSetShapeInferenceFunction(
      builder, shapes == Shapes::kUnknown ? unknown_shapes : first_as_first);
  TF_Status* status = TF_NewStatus();
  TF_RegisterOpDefinition(builder, status);
  const bool good = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return good;
}

bool register_kernel(const char* name, void* (*create)(TF_OpKernelConstruction*),
                     void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*)) {
  TF_Status* status = TF_NewStatus();
  TF_KernelBuilder* builder = TF_NewKernelBuilder(name, "CPU", create, compute, destroy);
  TF_KernelBuilder_TypeConstraint(builder, "T", TF_FLOAT, status);
  if (TF_GetCode(status) == TF_OK) TF_RegisterKernelBuilder(name, builder, status);
  const bool good = TF_GetCode(status) == TF_OK;
  TF_DeleteStatus(status);
  return good;
}

}  // namespace tfsg
