/* What the kernels take from their compiler, for g++: threads of a block are fibres of emulation/blocks.cc. */
#ifndef TFSTYLEGAN_CUDA_EMULATION_PLATFORM_H_
#define TFSTYLEGAN_CUDA_EMULATION_PLATFORM_H_

#include <math.h>
#include <stdint.h>
#include <string.h>

#define TFSG_DEVICE inline
#define TFSG_DEVICE_CALL inline
#define TFSG_UNROLL
#define TFSG_UNROLL_4

namespace tfsg {

struct Dimensions {
  unsigned x;
};

/* Of the fibre that is running. */
extern Dimensions current_thread, current_block;
float* current_shared_memory();
void wait_for_block();
unsigned wait_for_warp(bool predicate);

typedef void (*Entry)(const void* parameters);

}  // namespace tfsg

#define threadIdx tfsg::current_thread
#define blockIdx tfsg::current_block

#define TFSG_ENTRY(name, Parameters, kernel)                                                      \
  static_assert(sizeof(Parameters) <= 4096, "kernels take at most 4 KiB of parameters");          \
  void tfsg_##name(const void* parameters) { kernel(*static_cast<const Parameters*>(parameters)); }

inline float* shared_floats() { return tfsg::current_shared_memory(); }
inline void barrier() { tfsg::wait_for_block(); }
inline unsigned warp_ballot(bool predicate) { return tfsg::wait_for_warp(predicate); }

inline float bits_to_float(unsigned bits) {
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

inline unsigned float_to_bits(float value) {
  unsigned bits;
  memcpy(&bits, &value, 4);
  return bits;
}

inline float half_to_float(unsigned short bits) {
  const unsigned sign = (bits & 0x8000u) << 16, magnitude = bits & 0x7fffu;
  if (magnitude >= 0x7c00u) return bits_to_float(sign | 0x7f800000u | (magnitude & 0x3ffu) << 13);
  const float value = ldexpf(static_cast<float>(magnitude < 0x400u ? magnitude : (magnitude & 0x3ffu) | 0x400u),
                             static_cast<int>(magnitude < 0x400u ? 1u : magnitude >> 10) - 25);
  return sign ? -value : value;
}

/* To nearest, ties to even. */
inline unsigned short float_to_half(float value) {
  const unsigned bits = float_to_bits(value), sign = bits >> 16 & 0x8000u;
  const float magnitude = fabsf(value);
  if (value != value) return static_cast<unsigned short>(sign | 0x7e00u);
  if (magnitude >= 65520.f) return static_cast<unsigned short>(sign | 0x7c00u);
  if (magnitude < 6.103515625e-05f) {  // below 2^-14 the steps are 2^-24
    return static_cast<unsigned short>(sign | static_cast<unsigned>(nearbyintf(magnitude * 16777216.f)));
  }
  unsigned rest = bits & 0x7fffffffu;
  rest += 0xfffu + (rest >> 13 & 1u);
  return static_cast<unsigned short>(sign | ((rest - 0x38000000u) >> 13));
}

#endif
