/* What the kernels take from their compiler: nvcc, NVRTC, or g++ for the emulation. Nothing is included by the first
 * two, for NVRTC has no standard headers. */
#ifndef TFSTYLEGAN_CUDA_PLATFORM_H_
#define TFSTYLEGAN_CUDA_PLATFORM_H_

#ifdef TFSG_EMULATION
#include "emulation/platform.h"
#else

#define TFSG_DEVICE __device__ __forceinline__
#define TFSG_DEVICE_CALL static __device__ __noinline__
#define TFSG_UNROLL _Pragma("unroll")
#define TFSG_UNROLL_4 _Pragma("unroll 4")

/* The entry point tfsg_`name` of the module, which takes its parameters in one structure. */
#define TFSG_ENTRY(name, Parameters, kernel) \
  extern "C" __global__ void __launch_bounds__(256) tfsg_##name(const __grid_constant__ Parameters p) { kernel(p); }

/* The dynamic shared memory of a block. */
TFSG_DEVICE float* shared_floats() {
  extern __shared__ float4 tfsg_shared[];
  return reinterpret_cast<float*>(tfsg_shared);
}

TFSG_DEVICE void barrier() { __syncthreads(); }

/* Bit l is the predicate of lane l of the warp; all of them must call it. */
TFSG_DEVICE unsigned warp_ballot(bool predicate) { return __ballot_sync(0xffffffffu, predicate); }

TFSG_DEVICE float bits_to_float(unsigned bits) { return __uint_as_float(bits); }
TFSG_DEVICE unsigned float_to_bits(float value) { return __float_as_uint(value); }

TFSG_DEVICE float half_to_float(unsigned short bits) {
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
}

TFSG_DEVICE unsigned short float_to_half(float value) {
  unsigned short bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(value));
  return bits;
}

#endif
#endif
