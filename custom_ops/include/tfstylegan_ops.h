/* The fused ops of tfstylegan behind a C ABI: what each computes, and how it is called.
 *
 * One structure of arguments for each op. The CPU library takes them by tfsg_cpu_*(args) and computes in float32; the
 * CUDA library takes the same structures, with pointers to device memory, by tfsg_cuda_*(args, stream) and computes in
 * float32 what is stored in any of the types. No framework is needed by either.
 *
 * Everything is NHWC and dense. Pointers that may be NULL are marked "or NULL". A function returns TFSG_OK or says by
 * tfsg_*_error() what is wrong; it writes to nothing then.
 */
#ifndef TFSTYLEGAN_OPS_H_
#define TFSTYLEGAN_OPS_H_

#include <stdint.h>

#if defined(_WIN32)
#define TFSG_API __declspec(dllexport)
#elif defined(__GNUC__)
#define TFSG_API __attribute__((visibility("default")))
#else
#define TFSG_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

#define TFSG_ABI_VERSION 1

enum { TFSG_OK = 0, TFSG_INVALID_ARGUMENT = 3, TFSG_RESOURCE_EXHAUSTED = 8, TFSG_UNIMPLEMENTED = 12, TFSG_INTERNAL = 13 };

/* Element types of activations. Filters are always float32, in host memory. */
enum { TFSG_FLOAT32 = 0, TFSG_FLOAT16 = 1, TFSG_BFLOAT16 = 2 };

enum {
  TFSG_LINEAR = 0,
  TFSG_RELU = 1,
  TFSG_LRELU = 2, /* x > 0 ? x : alpha * x */
  TFSG_TANH = 3,
  TFSG_SIGMOID = 4,
  TFSG_ELU = 5, /* alpha is 1 */
  TFSG_SELU = 6,
  TFSG_SOFTPLUS = 7,
  TFSG_SWISH = 8, /* x * sigmoid(x) */
  TFSG_ACTIVATIONS = 9
};

/* act, then * gain, then clip to [-clamp, clamp]; a negative clamp is none. */
typedef struct {
  int32_t kind;
  float alpha, gain, clamp;
} tfsg_activation;

/* order 0: y  = clip(act(x + b) * gain)
 * order 1: y  = (dy + gb) * d clip(act(x + b) * gain) / dx,  and dyb = sum of y over rows
 * order 2: y  = dd * dy * d² clip(act(x + b) * gain) / dx²,  and dyb = sum of y over rows
 *
 * For LINEAR, RELU and LRELU (gain > 0, alpha >= 0) order 1 takes `y_ref`, the output of order 0, in place of x and b:
 * its sign is that of the input, and |y_ref| >= clamp says clipped. For the others it takes x and b. */
typedef struct {
  int32_t dtype, order;
  tfsg_activation act;
  int64_t rows, channels;
  const void* x;     /* [rows, channels]; or NULL where y_ref is used */
  const void* b;     /* [channels] or NULL */
  const void* y_ref; /* [rows, channels] or NULL */
  const void* dy;    /* [rows, channels], orders 1 and 2 */
  const void* gb;    /* [channels] or NULL, order 1 */
  const void* dd;    /* [rows, channels], order 2 */
  void* y;           /* [rows, channels]; may be x, dy or dd */
  void* dyb;         /* [channels] or NULL, orders 1 and 2 */
} tfsg_bias_act_args;

/* t[n,p,c] = x[n,p,c] * d[n,c] + noise[n or 0,p] * strength[c or 0] + b[c]
 * y        = clip(act(t) * gain)
 * act is LINEAR, RELU or LRELU, with gain > 0 and alpha >= 0. p runs over the pixels. */
typedef struct {
  int32_t dtype;
  tfsg_activation act;
  int64_t batch, pixels, channels;
  int64_t noise_batch;       /* batch or 1; 0 if there is no noise */
  int64_t strength_channels; /* channels or 1; 0 if there is no noise */
  const void* x;
  const void* d;        /* [batch, channels] or NULL for ones */
  const void* noise;    /* [noise_batch, pixels] or NULL */
  const void* strength; /* [strength_channels] or NULL */
  const void* b;        /* [channels] or NULL */
  void* y;              /* may be x */
} tfsg_style_epilogue_args;

/* With m = gain * act'(t), 0 where clipped, read from y, and g = dy * m:
 * dx = g * d          dd[n,c] = sum_p g * x          dnoise = sum_c g * strength (and over n, if noise_batch is 1)
 * dstrength = sum g * noise (over n, p, and over c if strength_channels is 1)          db[c] = sum_np g
 * dd goes with d, dnoise and dstrength with noise. An output that is NULL is not computed. */
typedef struct {
  int32_t dtype;
  tfsg_activation act;
  int64_t batch, pixels, channels, noise_batch, strength_channels;
  const void *dy, *y;
  const void* x; /* or NULL if dd is */
  const void* d; /* or NULL for ones */
  const void *noise, *strength; /* or NULL */
  void *dx, *dd, *dnoise, *dstrength, *db; /* each or NULL; dx may be dy */
} tfsg_style_epilogue_grad_args;

/* The derivative of the above in dy, x, d, noise and strength, given the cotangents of its outputs (NULL for zero):
 * ddy = m * (gdx * d + gdd * x + gdnoise * strength + gdstrength * noise + gdb)
 * gx = gdd * g       gd = sum_p gdx * g       gnoise = sum_c gdstrength * g       gstrength = sum gdnoise * g
 * An output that is NULL is not computed. */
typedef struct {
  int32_t dtype;
  tfsg_activation act;
  int64_t batch, pixels, channels, noise_batch, strength_channels;
  const void *gdx, *gdd, *gdnoise, *gdstrength, *gdb; /* cotangents, each or NULL */
  const void *dy, *y, *x, *d, *noise, *strength;      /* as above */
  void *ddy, *gx, *gd, *gnoise, *gstrength;           /* each or NULL; ddy may be gdx */
} tfsg_style_epilogue_grad_grad_args;

/* StyleGAN's: t = act(x + noise * strength + b) * gain, y = (t - mean) * rstd * scale + shift, where mean and
 * rstd = 1 / sqrt(variance + epsilon) are per sample and channel over the pixels, and are kept for the gradient. */
typedef struct {
  int32_t dtype;
  tfsg_activation act; /* any; clamp is applied to t */
  float epsilon;
  int64_t batch, pixels, channels, noise_batch, strength_channels;
  const void* x;
  const void *noise, *strength, *b; /* each or NULL */
  const void *scale, *shift;        /* [batch, channels]; NULL for one and zero */
  void* y;                          /* may be x */
  void *mean, *rstd;                /* [batch, channels], float32 in every dtype */
} tfsg_norm_epilogue_args;

/* With xhat = (t - mean) * rstd and P pixels: dshift = sum_p dy, dscale = sum_p dy * xhat,
 * dt = scale * rstd * (dy - dshift / P - xhat * dscale / P), dx = dt * gain * act'; dnoise, dstrength, db as above. */
typedef struct {
  int32_t dtype;
  tfsg_activation act;
  float epsilon;
  int64_t batch, pixels, channels, noise_batch, strength_channels;
  const void *dy, *x;
  const void *noise, *strength, *b; /* each or NULL */
  const void* scale;                /* or NULL for ones */
  const void *mean, *rstd;
  void* dx;                         /* may be dy */
  void *dnoise, *dstrength, *db;    /* each or NULL */
  void *dscale, *dshift;            /* [batch, channels], neither NULL */
} tfsg_norm_epilogue_grad_args;

/* A FIR filter, by which images are correlated: whoever convolves reverses it first.
 * 2-D: taps in `y` as [height, width], `x` is NULL. Separable: `y` has height taps, `x` width taps. */
typedef struct {
  int32_t height, width;
  const float *y, *x;
} tfsg_filter;

/* Zero-insertion by up, padding (negative crops), correlation with f, decimation by down, + add:
 * y[n,oy,ox,c] = add[n,oy,ox,c] + sum_{ky,kx} f[ky,kx] * u[oy * down_y + ky - pad_y0, ox * down_x + kx - pad_x0],
 * u[q] = x[q / up] where q >= 0 is a multiple of up and q / up < size, else 0.
 * out_h = (in_h * up_y + pad_y0 + pad_y1 - f.height) / down_y + 1; the caller computes out_h, out_w, it is checked. */
typedef struct {
  int32_t dtype;
  int64_t batch, channels, in_h, in_w, out_h, out_w;
  int32_t up_x, up_y, down_x, down_y;
  int32_t pad_x0, pad_x1, pad_y0, pad_y1;
  tfsg_filter f;
  const void* x;
  const void* add; /* [batch, out_h, out_w, channels] or NULL */
  void* y;         /* may be add */
} tfsg_upfirdn2d_args;

/* t = upfirdn2d(x + b, fu, up, pad), of size mid_h x mid_w = in_h * up + pad_y0 + pad_y1 - fu.height + 1 ...
 * s = clip((t < 0 ? slope * t : t) * gain);   y = upfirdn2d(s, fd, down), out_h = (mid_h - fd.height) / down + 1.
 * The bias is added before zero-insertion, so padding is 0, not b. fu holds the gain up² already.
 *
 * Codes keep, for the gradient, which case every element of t was: for groups of 16 channels 4 bytes, the
 * little-endian uint16 of t < 0 and then that of |.| > clamp, bit i for channel 16 * group + i:
 * [batch, groups = ceil(channels / 16), code_h, code_w, 4].
 *
 * read_codes 0: as above; codes, if not NULL, are written; code_h x code_w is mid_h x mid_w, and the offsets are 0.
 * read_codes 1: x is a cotangent, b and clamp are ignored, and s[j] = t[j] * m, m read from the codes at
 *   [j_y + code_y0, j_x + code_x0] as gain, gain * slope, or 0 if clipped; 0 outside of them. The op is linear, and its
 *   gradient is again this op: up and down, fu and fd (reversed) exchanged, pad0' = fu + fd - 2 - pad0,
 *   code0' = code0 + pad0 - (fu - 1), and out' = in.
 * Fast for up and down in {1, 2, 4} and filters up to 32 taps a side; UNIMPLEMENTED otherwise. */
typedef struct {
  int32_t dtype, read_codes;
  int64_t batch, channels, in_h, in_w, out_h, out_w;
  int32_t up, down;
  int32_t pad_x0, pad_x1, pad_y0, pad_y1;
  tfsg_filter fu, fd;
  float gain, slope, clamp; /* a negative clamp is none */
  int64_t code_h, code_w;
  int32_t code_x0, code_y0;
  const void* x;
  const void* b;  /* [channels] or NULL */
  uint8_t* codes; /* or NULL */
  void* y;
} tfsg_filtered_lrelu_args;

/* The CPU library. Thread-safe. TFSTYLEGAN_NUM_THREADS, or tfsg_cpu_set_num_threads, bounds its threads. */
TFSG_API int tfsg_cpu_abi_version(void);
TFSG_API const char* tfsg_cpu_instruction_set(void); /* what was chosen: "baseline", "avx2", "avx512", "neon" */
TFSG_API int tfsg_cpu_set_instruction_set(const char* name); /* for tests and measurements; fails if the CPU lacks it */
TFSG_API int tfsg_cpu_num_threads(void);
TFSG_API void tfsg_cpu_set_num_threads(int threads); /* 0: as many as the process may use */
TFSG_API const char* tfsg_cpu_error(void); /* of the last call of this thread that failed */

TFSG_API int tfsg_cpu_bias_act(const tfsg_bias_act_args*);
TFSG_API int tfsg_cpu_style_epilogue(const tfsg_style_epilogue_args*);
TFSG_API int tfsg_cpu_style_epilogue_grad(const tfsg_style_epilogue_grad_args*);
TFSG_API int tfsg_cpu_style_epilogue_grad_grad(const tfsg_style_epilogue_grad_grad_args*);
TFSG_API int tfsg_cpu_norm_epilogue(const tfsg_norm_epilogue_args*);
TFSG_API int tfsg_cpu_norm_epilogue_grad(const tfsg_norm_epilogue_grad_args*);
TFSG_API int tfsg_cpu_upfirdn2d(const tfsg_upfirdn2d_args*);
TFSG_API int tfsg_cpu_filtered_lrelu(const tfsg_filtered_lrelu_args*);

#ifdef __cplusplus
}
#endif
#endif /* TFSTYLEGAN_OPS_H_ */
