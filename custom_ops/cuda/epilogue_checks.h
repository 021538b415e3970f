/* Checks that the style and the norm epilogue share. */
#ifndef TFSTYLEGAN_CUDA_EPILOGUE_CHECKS_H_
#define TFSTYLEGAN_CUDA_EPILOGUE_CHECKS_H_

#include "launch.h"

namespace tfsg {

/* The sizes of any of the epilogues' arguments. */
template <class Args>
int check_sizes(const char* op, const Args& a) {
  TFSG_TRY(check_dtype(op, a.dtype));
  const long long n = a.batch, p = a.pixels, c = a.channels, maps = a.noise_batch, strengths = a.strength_channels;
  TFSG_REQUIRE(product({n, p, c}) >= 0, "%s: [%lld, %lld, %lld] is no possible shape", op, n, p, c);
  const bool none = maps == 0 && strengths == 0 && !a.noise && !a.strength;
  TFSG_REQUIRE(none || ((maps == 1 || maps == n) && (strengths == 1 || strengths == c)),
               "%s: noise [%lld, %lld] and strength [%lld] do not fit [%lld, %lld, %lld]", op, maps, p, strengths, n, p,
               c);
  return TFSG_OK;
}

/* Both parts of the noise may be missing where an op does not need them. */
template <class Args>
Noise noise_of(const Args& a, const void* map, const void* strength) {
  return {map, strength, a.noise_batch == 1 ? 0 : a.pixels, a.strength_channels == 1 ? 0 : 1};
}

/* An argument that must be given if `there`. */
#define TFSG_REQUIRE_POINTER(op, there, name) TFSG_REQUIRE(!(there) || a.name, "%s: " #name " is NULL", op)

}  // namespace tfsg

#endif
