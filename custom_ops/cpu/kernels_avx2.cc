/* Compiled with -mavx2 -mfma where the compiler has them. */
#if defined(__AVX2__) && defined(__FMA__)
#define TFSG_ISA avx2
#define TFSG_ISA_NAME "avx2"
#include "kernels.inl"

const tfsg::Kernels* tfsg::avx2_kernels() { return &tfsg::avx2::kKernels; }
#else
#include "kernels.h"

const tfsg::Kernels* tfsg::avx2_kernels() { return nullptr; }
#endif
