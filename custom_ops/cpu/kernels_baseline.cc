/* For any CPU: SSE2 on x86-64, NEON on ARM64. */
#define TFSG_ISA baseline
#if defined(__ARM_NEON)
#define TFSG_ISA_NAME "neon"
#else
#define TFSG_ISA_NAME "baseline"
#endif
#include "kernels.inl"

const tfsg::Kernels* tfsg::baseline_kernels() { return &tfsg::baseline::kKernels; }
