/* All kernels of one instruction set: include with TFSG_ISA defined, and the compiler's flags set for it. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#if defined(__AVX__) || defined(__SSE2__)
#include <immintrin.h>
#endif

#include "kernels.h"
#include "vector.h"

#include "activations.inl"
#include "bias_act.inl"
#include "style_epilogue.inl"
#include "norm_epilogue.inl"
#include "upfirdn2d.inl"
#include "filtered_lrelu.inl"

namespace tfsg {
namespace TFSG_ISA {

const Kernels kKernels = {
    TFSG_ISA_NAME,
    bias_act,
    style_epilogue,
    style_epilogue_grad,
    style_epilogue_grad_grad,
    norm_epilogue_1,
    norm_epilogue_2,
    norm_epilogue_grad_1,
    norm_epilogue_grad_2,
    upfirdn2d_scratch,
    upfirdn2d,
    filtered_lrelu_scratch,
    filtered_lrelu,
};

}  // namespace TFSG_ISA
}  // namespace tfsg
