/* Storage types of activations, and loads and stores of several neighbouring channels as float32. */
#ifndef TFSTYLEGAN_CUDA_ELEMENTS_H_
#define TFSTYLEGAN_CUDA_ELEMENTS_H_

#include "parameters.h"
#include "platform.h"

namespace tfsg {

struct half_t {
  unsigned short bits;
};
struct bfloat16_t {
  unsigned short bits;
};

TFSG_DEVICE float widen(float value) { return value; }
TFSG_DEVICE float widen(half_t value) { return half_to_float(value.bits); }
TFSG_DEVICE float widen(bfloat16_t value) { return bits_to_float(static_cast<unsigned>(value.bits) << 16); }

TFSG_DEVICE void narrow(float value, float* to) { *to = value; }
TFSG_DEVICE void narrow(float value, half_t* to) { to->bits = float_to_half(value); }
TFSG_DEVICE void narrow(float value, bfloat16_t* to) {
  unsigned bits = float_to_bits(value);
  // Rounds to nearest, ties to even. sm_75 has no instruction for it. NaN stays NaN.
  bits = value != value ? 0x7fffffffu : bits + 0x7fffu + ((bits >> 16) & 1u);
  to->bits = static_cast<unsigned short>(bits >> 16);
}

/* What `value` becomes when it is stored. */
template <class T>
TFSG_DEVICE float rounded(float value) {
  T stored;
  narrow(value, &stored);
  return widen(stored);
}

/* V channels that are loaded and stored by one instruction. */
template <class T, int V>
struct alignas(sizeof(T) * V) Pack {
  T v[V];
};

template <class T, int V>
TFSG_DEVICE Pack<T, V> load_pack(const void* from, i64 index) {
  return *reinterpret_cast<const Pack<T, V>*>(static_cast<const T*>(from) + index);
}

template <class T, int V>
TFSG_DEVICE void widen_pack(const Pack<T, V>& pack, float (&to)[V]) {
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) to[j] = widen(pack.v[j]);
}

template <class T, int V>
TFSG_DEVICE void load(const void* from, i64 index, float (&to)[V]) {
  widen_pack<T, V>(load_pack<T, V>(from, index), to);
}

/* As above, or `otherwise` for an array that is not there. */
template <class T, int V>
TFSG_DEVICE void load_or(const void* from, i64 index, float otherwise, float (&to)[V]) {
  if (from) {
    load<T, V>(from, index, to);
  } else {
    TFSG_UNROLL
    for (int j = 0; j < V; ++j) to[j] = otherwise;
  }
}

template <class T, int V>
TFSG_DEVICE void store(void* to, i64 index, const float (&from)[V]) {
  Pack<T, V> pack;
  TFSG_UNROLL
  for (int j = 0; j < V; ++j) narrow(from[j], &pack.v[j]);
  *reinterpret_cast<Pack<T, V>*>(static_cast<T*>(to) + index) = pack;
}

template <class T>
TFSG_DEVICE float load_one(const void* from, i64 index) {
  return widen(static_cast<const T*>(from)[index]);
}

template <class T>
TFSG_DEVICE void store_one(void* to, i64 index, float value) {
  narrow(value, static_cast<T*>(to) + index);
}

/* The same with the type chosen at run time: for kernels that compute much more than they load. */
TFSG_DEVICE float load_any(int dtype, const void* from, i64 index) {
  if (dtype == 0) return load_one<float>(from, index);
  return dtype == 1 ? load_one<half_t>(from, index) : load_one<bfloat16_t>(from, index);
}

TFSG_DEVICE void store_any(int dtype, void* to, i64 index, float value) {
  if (dtype == 0) {
    store_one<float>(to, index, value);
  } else if (dtype == 1) {
    store_one<half_t>(to, index, value);
  } else {
    store_one<bfloat16_t>(to, index, value);
  }
}

}  // namespace tfsg

#endif
