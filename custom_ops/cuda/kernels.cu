/* The module: every kernel under the name by which the launcher finds it. */
#include "bias_act.cuh"
#include "filtered_lrelu_any.cuh"
#include "norm_epilogue.cuh"
#include "reduce.cuh"

#include "kernel_list.h"

TFSG_KERNELS(TFSG_ENTRY)
