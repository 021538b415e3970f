/* Compiled with -mavx512f -mavx512dq -mavx512vl -mfma where the compiler has them. */
#if defined(__AVX512F__)
#define TFSG_ISA avx512
#define TFSG_ISA_NAME "avx512"
#include "kernels.inl"

const tfsg::Kernels* tfsg::avx512_kernels() { return &tfsg::avx512::kKernels; }
#else
#include "kernels.h"

const tfsg::Kernels* tfsg::avx512_kernels() { return nullptr; }
#endif
