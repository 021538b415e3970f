/* What is handed to the kernels. Shared by the kernels and the launcher; every structure fits in 4 KiB. */
#ifndef TFSTYLEGAN_CUDA_PARAMETERS_H_
#define TFSTYLEGAN_CUDA_PARAMETERS_H_

namespace tfsg {

typedef long long i64;

/* As in tfstylegan_ops.h; a device compiler need not see that. */
enum Kind { kLinear, kRelu, kLrelu, kTanh, kSigmoid, kElu, kSelu, kSoftplus, kSwish };

struct Activation {
  int kind;
  float alpha, gain, clamp; /* alpha is the slope below zero for kinds up to kLrelu; a negative clamp is none */
};

constexpr int kThreads = 256;
constexpr int kUnroll = 4; /* pixels whose loads are issued together */

struct Columns {
  i64 batch, pixels, channels;
  i64 chunk;               /* pixels of a block, a multiple of lanes_p * kUnroll */
  int chunks, tiles;       /* blocks along the pixels and the channels */
  int lanes_c, lanes_p;    /* threads along the channels and the pixels; their product is at most kThreads */
};

struct BiasActParameters {
  Columns g; /* one sample; rows are its pixels */
  Activation a;
  const void *x, *b, *y_ref, *dy, *gb, *dd;
  void* y;
  float* partial; /* [1, chunks, channels] or NULL */
};

/* Noise has noise_stride pixels between samples: 0 if all share it. strength_step is 0 if all channels share it. */
struct Noise {
  const void *map, *strength;
  i64 stride;
  int strength_step;
};

struct StyleParameters {
  Columns g;
  Activation a;
  const void *x, *d, *b;
  Noise noise;
  void* y;
};

struct StyleGradParameters {
  Columns g;
  Activation a;
  const void *dy, *y, *x, *d;
  Noise noise; /* the map only */
  void* dx;    /* or NULL */
  float *partial_d, *partial_noise, *partial_b; /* [batch, chunks, channels], each or NULL */
};

struct StyleGradGradParameters {
  Columns g;
  Activation a;
  const void *gdx, *gdd, *gdstrength, *gdb, *dy, *y, *x, *d;
  Noise noise, gdnoise; /* gdnoise: the map only; gdstrength has the step of the strength */
  void *ddy, *gx;       /* each or NULL */
  float *partial_d, *partial_noise; /* of gdx * g and gdnoise * g, each or NULL */
};

/* dnoise[n, p] = sum over c of dy * slope(y) * weight, and over n if there is one map. */
struct NoiseGradParameters {
  Activation a;
  i64 batch, pixels, channels, maps;
  int lanes; /* threads that share a pixel, a power of two */
  const void *dy, *y, *weight; /* y is NULL for a slope of one */
  int weight_step;
  void* dnoise; /* [maps, pixels] */
};

/* out[group, c] = sum over k of in[group, k, c] */
struct ReduceParameters {
  i64 groups, count, channels;
  const float* in;
  void* out;
};

struct NormParameters {
  Columns g;
  Activation a;
  float epsilon;
  const void *x, *b, *scale, *shift;
  Noise noise;
  void* y;
  float *mean, *rstd;
  float* pivot;   /* [batch, channels]: t of the first pixel, from which the sums are taken so that they do not cancel */
  float* partial; /* [2, batch, chunks, channels]: sums of t - pivot and of its square */
  float* sums;    /* [2, batch, channels] */
};

struct NormGradParameters {
  Columns g;
  Activation a;
  const void *dy, *x, *b, *scale;
  const float *mean, *rstd;
  Noise noise;
  void *dx, *dscale, *dshift;
  float* partial; /* [2, batch, chunks, channels]: sums of dy and dy * xhat */
  float* sums;    /* [2, batch, channels] */
  float *partial_b, *partial_noise; /* [batch, chunks, channels], each or NULL */
};

/* Filters travel in the parameters, unless they are larger than this. */
constexpr int kTaps = 768;

struct StoreTapsParameters {
  float* to;
  int count;
  float taps[kTaps];
};

struct Upfirdn2dParameters {
  i64 batch, channels, in_h, in_w, out_h, out_w;
  i64 threads; /* that have something to do */
  int up_x, up_y, down_x, down_y, pad_x, pad_y;
  int height, width, separable, strip; /* strip: rows of a thread, where it has several */
  const void *x, *add;
  void* y;
  const float* memory; /* the taps, or NULL if they are here: [height, width], or height and then width */
  float taps[kTaps];
};

struct FilteredLreluParameters {
  int dtype, read_codes;
  i64 batch, channels, in_h, in_w, out_h, out_w, code_h, code_w;
  int up, down, pad_x, pad_y, code_x0, code_y0;
  int fu_h, fu_w, fd_h, fd_w; /* widths; 0 says that the filter is 2-D */
  int tile_h, tile_w, tiles_y, tiles_x;
  int groups, set; /* of 8 channels; how many of them are worked on at a time */
  int in_tile_h, in_tile_w, in_pitch, mid_h, mid_w, mid_pitch, out_pitch; /* of a tile, in pixels */
  int second, shared_taps; /* where the second buffer and, in the general kernel, the taps are */
  float gain, slope, clamp;
  const void *x, *b;
  unsigned char* codes;
  void* y;
  const float* memory;
  float taps[kTaps]; /* fu and then fd, each as above */
};

}  // namespace tfsg

#endif
