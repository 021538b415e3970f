/* The CUDA library: the ops of tfstylegan_ops.h on device memory.
 *
 * Filters stay in host memory; every other pointer is to memory of the device whose context is current. Calls return
 * when the work is queued on `stream` (a CUstream, which is a cudaStream_t; NULL is the default stream). What an op
 * needs for intermediate results the caller allocates: ask tfsg_cuda_workspace_bytes with the same arguments, and keep
 * the memory until the stream is done with it. Sums are made in a fixed order: a run can be repeated bit by bit.
 *
 * The emulation (custom_ops/cuda/emulation) has the same functions for host memory.
 */
#ifndef TFSTYLEGAN_CUDA_H_
#define TFSTYLEGAN_CUDA_H_

#include "tfstylegan_ops.h"

#ifdef __cplusplus
extern "C" {
#endif
#ifdef __GNUC__
#pragma GCC visibility push(default)
#endif

enum {
  TFSG_OP_BIAS_ACT = 0,
  TFSG_OP_STYLE_EPILOGUE = 1,
  TFSG_OP_STYLE_EPILOGUE_GRAD = 2,
  TFSG_OP_STYLE_EPILOGUE_GRAD_GRAD = 3,
  TFSG_OP_NORM_EPILOGUE = 4,
  TFSG_OP_NORM_EPILOGUE_GRAD = 5,
  TFSG_OP_UPFIRDN2D = 6,
  TFSG_OP_FILTERED_LRELU = 7
};

int tfsg_cuda_abi_version(void);
const char* tfsg_cuda_error(void);        /* of the last call of this thread that failed */
const char* tfsg_cuda_list_kernels(void); /* their names, a line each */
int tfsg_cuda_device_ready(void);         /* TFSG_OK if there is a driver and a current context in which the kernels load */

/* Bytes of workspace for an op, aligned to 256 (0: NULL will do), or minus the code if the arguments are wrong. */
int64_t tfsg_cuda_workspace_bytes(int32_t op, const void* args);

int tfsg_cuda_bias_act(const tfsg_bias_act_args*, void* workspace, void* stream);
int tfsg_cuda_style_epilogue(const tfsg_style_epilogue_args*, void* workspace, void* stream);
int tfsg_cuda_style_epilogue_grad(const tfsg_style_epilogue_grad_args*, void* workspace, void* stream);
int tfsg_cuda_style_epilogue_grad_grad(const tfsg_style_epilogue_grad_grad_args*, void* workspace, void* stream);
int tfsg_cuda_norm_epilogue(const tfsg_norm_epilogue_args*, void* workspace, void* stream);
int tfsg_cuda_norm_epilogue_grad(const tfsg_norm_epilogue_grad_args*, void* workspace, void* stream);
int tfsg_cuda_upfirdn2d(const tfsg_upfirdn2d_args*, void* workspace, void* stream);
int tfsg_cuda_filtered_lrelu(const tfsg_filtered_lrelu_args*, void* workspace, void* stream);

#ifdef __GNUC__
#pragma GCC visibility pop
#endif
#ifdef __cplusplus
}
#endif
#endif /* TFSTYLEGAN_CUDA_H_ */
