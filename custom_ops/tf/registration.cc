#include "registration.h"

#include "tensorflow_c_api.h"

namespace {

/* Without TensorFlow in the process its symbols are NULL, and the library is used by its C functions alone. */
bool tensorflow_is_here() {
  return TF_NewOpDefinitionBuilder != nullptr && TF_ShapeInferenceContextSetUnknownShape != nullptr &&
         TF_NewKernelBuilder != nullptr && TF_ForwardInputOrAllocateOutput != nullptr &&
         TF_OpKernelConstruction_GetAttrInt64 != nullptr;
}

struct Registration {
  bool done = tensorflow_is_here() && tfsg::register_elementwise_ops() && tfsg::register_resampling_ops();
} registration;

}  // namespace

extern "C" __attribute__((visibility("default"))) int tfsg_tensorflow_registered(void) { return registration.done; }
