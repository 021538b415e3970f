/* Checks of arguments, with messages that hold the shapes. */
#ifndef TFSG_ARGUMENTS_H_
#define TFSG_ARGUMENTS_H_

#include "../include/tfstylegan_ops.h"

namespace tfsg {

/* Remembers a message for tfsg_cpu_error and returns the code. */
int fail(int code, const char* format, ...)
#if defined(__GNUC__)
    __attribute__((format(printf, 2, 3)))
#endif
    ;
const char* last_error();

/* TFSG_OK, or the code of what is wrong with the arguments. */
int check(const tfsg_bias_act_args&);
int check(const tfsg_style_epilogue_args&);
int check(const tfsg_style_epilogue_grad_args&);
int check(const tfsg_style_epilogue_grad_grad_args&);
int check(const tfsg_norm_epilogue_args&);
int check(const tfsg_norm_epilogue_grad_args&);
int check(const tfsg_upfirdn2d_args&);
int check(const tfsg_filtered_lrelu_args&);

}  // namespace tfsg
#endif
