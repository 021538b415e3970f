// The functions of tfstylegan_cuda.h.
#include "launch.h"

namespace tfsg {

#define TFSG_OPS(OP)                                             \
  OP(TFSG_OP_BIAS_ACT, bias_act)                                 \
  OP(TFSG_OP_STYLE_EPILOGUE, style_epilogue)                     \
  OP(TFSG_OP_STYLE_EPILOGUE_GRAD, style_epilogue_grad)           \
  OP(TFSG_OP_STYLE_EPILOGUE_GRAD_GRAD, style_epilogue_grad_grad) \
  OP(TFSG_OP_NORM_EPILOGUE, norm_epilogue)                       \
  OP(TFSG_OP_NORM_EPILOGUE_GRAD, norm_epilogue_grad)             \
  OP(TFSG_OP_UPFIRDN2D, upfirdn2d)                               \
  OP(TFSG_OP_FILTERED_LRELU, filtered_lrelu)

#define TFSG_DECLARE_OP(number, name) int name(const tfsg_##name##_args&, Workspace*, void*);
TFSG_OPS(TFSG_DECLARE_OP)

namespace {

template <class Args>
int64_t measure(int (*op)(const Args&, Workspace*, void*), const void* args) {
  Workspace workspace(nullptr, true);
  const int code = op(*static_cast<const Args*>(args), &workspace, nullptr);
  return code == TFSG_OK ? workspace.bytes() : -code;
}

template <class Args>
int run(int (*op)(const Args&, Workspace*, void*), const Args* args, void* memory, void* stream) {
  TFSG_REQUIRE(args, "there are no arguments");
  Workspace workspace(memory, false);
  return op(*args, &workspace, stream);
}

}  // namespace
}  // namespace tfsg

extern "C" {

int64_t tfsg_cuda_workspace_bytes(int32_t op, const void* args) {
  if (args) {
    switch (op) {
#define TFSG_MEASURE(number, name) \
  case number:                     \
    return tfsg::measure(tfsg::name, args);
      TFSG_OPS(TFSG_MEASURE)
    }
  }
  return -tfsg::fail(TFSG_INVALID_ARGUMENT, "there is no op %d, or it has no arguments", op);
}

#define TFSG_RUN(number, name)                                                            \
  int tfsg_cuda_##name(const tfsg_##name##_args* args, void* workspace, void* stream) {   \
    return tfsg::run(tfsg::name, args, workspace, stream);                                \
  }
TFSG_OPS(TFSG_RUN)

}  // extern "C"
