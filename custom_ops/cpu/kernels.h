/* The kernels of one instruction set. Each works on a part of an op, on one thread; ops.cc cuts ops into parts. */
#ifndef TFSG_KERNELS_H_
#define TFSG_KERNELS_H_

#include "../include/tfstylegan_ops.h"

namespace tfsg {

/* Sums that a part of an op contributes, to be added up in the order of the parts; NULL where not wanted. */
struct EpilogueSums {
  float* d;        /* [channels], of this part's sample */
  float* strength; /* [strength_channels] */
  float* b;        /* [channels] */
};

/* How one axis of upfirdn2d maps outputs to inputs: output o reads inputs first[o % up] + (o / up) * down + k by
 * taps[o % up][k]. */
constexpr int kMostPhases = 16;
constexpr int kMostTaps = 256; /* of a filter, along an axis */
struct Phase {
  int32_t first;   /* the input that the phase's output 0 begins with, maybe negative */
  int32_t count;   /* taps */
  int32_t begin;   /* of the phase's taps in Axis::tap */
};
struct Axis {
  int32_t up, down; /* down / up in lowest terms: outputs o and o + up read inputs `down` apart */
  Phase phase[kMostPhases];
  int32_t tap[kMostTaps]; /* indices into the filter */
};

struct NormSums {
  float *mean, *square; /* [channels] each: of a part, mean and sum of squared differences from it */
};

struct Kernels {
  const char* name;

  void (*bias_act)(const tfsg_bias_act_args*, int64_t first_row, int64_t end_row, float* sums);
  void (*style_epilogue)(const tfsg_style_epilogue_args*, int64_t sample, int64_t first, int64_t end);
  /* noise_sums, [pixels] of this sample: sum over c of strength * g. */
  void (*style_epilogue_grad)(const tfsg_style_epilogue_grad_args*, int64_t sample, int64_t first, int64_t end,
                              const EpilogueSums&, float* noise_sums);
  void (*style_epilogue_grad_grad)(const tfsg_style_epilogue_grad_grad_args*, int64_t sample, int64_t first,
                                   int64_t end, const EpilogueSums&, float* noise_sums);
  /* Pass 1: t to y, and its mean and sum of squared differences. Pass 2: y = y * factor + offset. */
  void (*norm_epilogue_1)(const tfsg_norm_epilogue_args*, int64_t sample, int64_t first, int64_t end, const NormSums&);
  void (*norm_epilogue_2)(const tfsg_norm_epilogue_args*, int64_t sample, int64_t first, int64_t end,
                          const float* factor, const float* offset);
  /* Pass 1: sums of dy and dy * xhat. Pass 2: the gradients. */
  void (*norm_epilogue_grad_1)(const tfsg_norm_epilogue_grad_args*, int64_t sample, int64_t first, int64_t end,
                               float* shift_sums, float* scale_sums);
  void (*norm_epilogue_grad_2)(const tfsg_norm_epilogue_grad_args*, int64_t sample, int64_t first, int64_t end,
                               const EpilogueSums&, float* noise_sums);
  /* Output rows [first, end) of one sample; scratch as large as upfirdn2d_scratch says, in floats. */
  int64_t (*upfirdn2d_scratch)(const tfsg_upfirdn2d_args*, const Axis& x);
  void (*upfirdn2d)(const tfsg_upfirdn2d_args*, const Axis& y, const Axis& x, int64_t sample, int64_t first,
                    int64_t end, float* scratch);
  /* Output rows and columns of one sample and group of 16 channels. */
  int64_t (*filtered_lrelu_scratch)(const tfsg_filtered_lrelu_args*, int64_t columns);
  void (*filtered_lrelu)(const tfsg_filtered_lrelu_args*, int64_t sample, int64_t group, int64_t first_row,
                         int64_t end_row, int64_t first_column, int64_t end_column, float* scratch);
};

const Kernels* baseline_kernels();
const Kernels* avx2_kernels();   /* NULL where not built */
const Kernels* avx512_kernels(); /* NULL where not built */

}  // namespace tfsg
#endif
