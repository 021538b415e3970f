/* Each file of ops registers its own; registration.cc calls them when the library is loaded beside TensorFlow. */
#ifndef TFSG_REGISTRATION_H_
#define TFSG_REGISTRATION_H_

namespace tfsg {
bool register_elementwise_ops();
bool register_resampling_ops();
}  // namespace tfsg
#endif
