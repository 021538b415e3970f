/* Every kernel: KERNEL(name in the module, its parameters, the function that it instantiates). */

#define TFSG_FOR_TYPES(KERNEL, name, Parameters, function, ...)                                   \
  KERNEL(name##_float32_x1, Parameters, (tfsg::function<float, 1 __VA_ARGS__>))                   \
  KERNEL(name##_float32_x4, Parameters, (tfsg::function<float, 4 __VA_ARGS__>))                   \
  KERNEL(name##_float16_x1, Parameters, (tfsg::function<tfsg::half_t, 1 __VA_ARGS__>))            \
  KERNEL(name##_float16_x8, Parameters, (tfsg::function<tfsg::half_t, 8 __VA_ARGS__>))            \
  KERNEL(name##_bfloat16_x1, Parameters, (tfsg::function<tfsg::bfloat16_t, 1 __VA_ARGS__>))       \
  KERNEL(name##_bfloat16_x8, Parameters, (tfsg::function<tfsg::bfloat16_t, 8 __VA_ARGS__>))

#define TFSG_FOR_STORES(KERNEL, name, Parameters, function)                \
  KERNEL(name##_float32, Parameters, (tfsg::function<float>))              \
  KERNEL(name##_float16, Parameters, (tfsg::function<tfsg::half_t>))       \
  KERNEL(name##_bfloat16, Parameters, (tfsg::function<tfsg::bfloat16_t>))

/* up, phases, 2-D, down, taps, 2-D: six taps a phase, as StyleGAN3's filters have, or none. */
#define TFSG_FILTERED_LRELU(KERNEL, name, ...) \
  KERNEL(filtered_lrelu_##name, tfsg::FilteredLreluParameters, (tfsg::filtered_lrelu<__VA_ARGS__>))

#define TFSG_KERNELS(KERNEL)                                                                              \
  TFSG_FOR_TYPES(KERNEL, bias_act, tfsg::BiasActParameters, bias_act, , 0)                                \
  TFSG_FOR_TYPES(KERNEL, bias_act_grad, tfsg::BiasActParameters, bias_act, , 1)                           \
  TFSG_FOR_TYPES(KERNEL, bias_act_grad_grad, tfsg::BiasActParameters, bias_act, , 2)                      \
  TFSG_FOR_TYPES(KERNEL, style_epilogue, tfsg::StyleParameters, style_epilogue)                           \
  TFSG_FOR_TYPES(KERNEL, style_epilogue_grad, tfsg::StyleGradParameters, style_epilogue_grad)             \
  TFSG_FOR_TYPES(KERNEL, style_epilogue_grad_grad, tfsg::StyleGradGradParameters, style_epilogue_grad_grad) \
  TFSG_FOR_TYPES(KERNEL, norm_sums, tfsg::NormParameters, norm_sums)                                      \
  TFSG_FOR_TYPES(KERNEL, norm_apply, tfsg::NormParameters, norm_apply)                                    \
  TFSG_FOR_TYPES(KERNEL, norm_grad_sums, tfsg::NormGradParameters, norm_grad, , false)                    \
  TFSG_FOR_TYPES(KERNEL, norm_grad_apply, tfsg::NormGradParameters, norm_grad, , true)                    \
  TFSG_FOR_STORES(KERNEL, reduce, tfsg::ReduceParameters, reduce)                                         \
  TFSG_FOR_STORES(KERNEL, noise_grad, tfsg::NoiseGradParameters, noise_grad)                              \
  TFSG_FOR_TYPES(KERNEL, upfirdn2d_direct, tfsg::Upfirdn2dParameters, upfirdn2d_direct)                   \
  TFSG_FOR_TYPES(KERNEL, upfirdn2d_separable, tfsg::Upfirdn2dParameters, upfirdn2d_separable, , false)    \
  TFSG_FOR_TYPES(KERNEL, upfirdn2d_separable_few, tfsg::Upfirdn2dParameters, upfirdn2d_separable, , true) \
  KERNEL(store_taps, tfsg::StoreTapsParameters, (tfsg::store_taps))                                       \
  KERNEL(filtered_lrelu_any, tfsg::FilteredLreluParameters, (tfsg::filtered_lrelu_any))                   \
  TFSG_FILTERED_LRELU(KERNEL, up1_down2, 1, 1, false, 2, 12, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up1_down4, 1, 1, false, 4, 24, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up2_down1, 2, 6, false, 1, 1, false)                                        \
  TFSG_FILTERED_LRELU(KERNEL, up2_down2, 2, 6, false, 2, 12, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up2_down4, 2, 6, false, 4, 24, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up4_down1, 4, 6, false, 1, 1, false)                                        \
  TFSG_FILTERED_LRELU(KERNEL, up4_down2, 4, 6, false, 2, 12, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up4_down4, 4, 6, false, 4, 24, false)                                       \
  TFSG_FILTERED_LRELU(KERNEL, up2_down2_2d, 2, 6, false, 2, 12, true)                                     \
  TFSG_FILTERED_LRELU(KERNEL, up4_down2_2d, 4, 6, false, 2, 12, true)                                     \
  TFSG_FILTERED_LRELU(KERNEL, up2_2d_down2, 2, 6, true, 2, 12, false)                                     \
  TFSG_FILTERED_LRELU(KERNEL, up2_2d_down4, 2, 6, true, 4, 24, false)
