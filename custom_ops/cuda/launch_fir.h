/* Filters on their way to the kernels. */
#ifndef TFSTYLEGAN_CUDA_LAUNCH_FIR_H_
#define TFSTYLEGAN_CUDA_LAUNCH_FIR_H_

#include <vector>

#include "launch.h"

namespace tfsg {

constexpr int kMostTaps = 1 << 12; /* of a filter along an axis */

int check_filter(const char* op, const char* name, const tfsg_filter& f);

inline int taps_of(const tfsg_filter& f) { return f.x ? f.height + f.width : f.height * f.width; }

/* Appends the taps; with `height` and `width` larger than the filter, filled up by zeros. */
void append_taps(const tfsg_filter& f, int height, int width, std::vector<float>* taps);

/* Puts the taps where the kernel finds them: in its parameters, or if they do not fit in `workspace`. */
int place_taps(const std::vector<float>& taps, float* here, float* workspace, const float** memory, void* stream);

}  // namespace tfsg

#endif
