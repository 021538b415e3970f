/* What is used of TensorFlow's C API for ops and kernels, declared by hand: the library builds without TensorFlow, one
 * binary serves every version from 2.19 on, and it loads where TensorFlow is not.
 *
 * The symbols are weak: they are NULL unless TensorFlow is in the process. */
#ifndef TFSG_TENSORFLOW_C_API_H_
#define TFSG_TENSORFLOW_C_API_H_

#include <stddef.h>
#include <stdint.h>

#define TFSG_WEAK __attribute__((weak))

extern "C" {

typedef struct TF_Status TF_Status;
typedef struct TF_Tensor TF_Tensor;
typedef struct TF_OpDefinitionBuilder TF_OpDefinitionBuilder;
typedef struct TF_ShapeInferenceContext TF_ShapeInferenceContext;
typedef struct TF_ShapeHandle TF_ShapeHandle;
typedef struct TF_KernelBuilder TF_KernelBuilder;
typedef struct TF_OpKernelConstruction TF_OpKernelConstruction;
typedef struct TF_OpKernelContext TF_OpKernelContext;

typedef enum { TF_FLOAT = 1, TF_UINT8 = 4 } TF_DataType;
typedef enum { TF_OK = 0, TF_INVALID_ARGUMENT = 3, TF_RESOURCE_EXHAUSTED = 8 } TF_Code;

TFSG_WEAK TF_Status* TF_NewStatus(void);
TFSG_WEAK void TF_DeleteStatus(TF_Status*);
TFSG_WEAK void TF_SetStatus(TF_Status*, TF_Code, const char* message);
TFSG_WEAK TF_Code TF_GetCode(const TF_Status*);

TFSG_WEAK void TF_DeleteTensor(TF_Tensor*);
TFSG_WEAK TF_DataType TF_TensorType(const TF_Tensor*);
TFSG_WEAK int TF_NumDims(const TF_Tensor*);
TFSG_WEAK int64_t TF_Dim(const TF_Tensor*, int index);
TFSG_WEAK void* TF_TensorData(const TF_Tensor*);

TFSG_WEAK TF_OpDefinitionBuilder* TF_NewOpDefinitionBuilder(const char* name);
TFSG_WEAK void TF_OpDefinitionBuilderAddAttr(TF_OpDefinitionBuilder*, const char* spec);
TFSG_WEAK void TF_OpDefinitionBuilderAddInput(TF_OpDefinitionBuilder*, const char* spec);
TFSG_WEAK void TF_OpDefinitionBuilderAddOutput(TF_OpDefinitionBuilder*, const char* spec);
TFSG_WEAK void TF_OpDefinitionBuilderSetShapeInferenceFunction(TF_OpDefinitionBuilder*,
                                                               void (*)(TF_ShapeInferenceContext*, TF_Status*));
TFSG_WEAK void TF_RegisterOpDefinition(TF_OpDefinitionBuilder*, TF_Status*);

TFSG_WEAK TF_ShapeHandle* TF_NewShapeHandle(void);
TFSG_WEAK void TF_DeleteShapeHandle(TF_ShapeHandle*);
TFSG_WEAK void TF_ShapeInferenceContextGetInput(TF_ShapeInferenceContext*, int, TF_ShapeHandle*, TF_Status*);
TFSG_WEAK void TF_ShapeInferenceContextSetOutput(TF_ShapeInferenceContext*, int, TF_ShapeHandle*, TF_Status*);
TFSG_WEAK void TF_ShapeInferenceContextSetUnknownShape(TF_ShapeInferenceContext*, TF_Status*);

TFSG_WEAK TF_KernelBuilder* TF_NewKernelBuilder(const char* op, const char* device,
                                                void* (*create)(TF_OpKernelConstruction*),
                                                void (*compute)(void*, TF_OpKernelContext*), void (*destroy)(void*));
TFSG_WEAK void TF_KernelBuilder_TypeConstraint(TF_KernelBuilder*, const char* attr, TF_DataType, TF_Status*);
TFSG_WEAK void TF_RegisterKernelBuilder(const char* name, TF_KernelBuilder*, TF_Status*);

TFSG_WEAK void TF_OpKernelConstruction_GetAttrInt64(TF_OpKernelConstruction*, const char*, int64_t*, TF_Status*);
TFSG_WEAK void TF_OpKernelConstruction_GetAttrFloat(TF_OpKernelConstruction*, const char*, float*, TF_Status*);
TFSG_WEAK void TF_OpKernelConstruction_Failure(TF_OpKernelConstruction*, TF_Status*);

TFSG_WEAK void TF_GetInput(TF_OpKernelContext*, int, TF_Tensor**, TF_Status*);
TFSG_WEAK TF_Tensor* TF_AllocateOutput(TF_OpKernelContext*, int index, TF_DataType, const int64_t* dims, int num_dims,
                                       size_t bytes, TF_Status*);
TFSG_WEAK TF_Tensor* TF_ForwardInputOrAllocateOutput(TF_OpKernelContext*, const int* candidates, int num_candidates,
                                                     int index, const int64_t* dims, int num_dims, int* forwarded,
                                                     TF_Status*);
TFSG_WEAK void TF_OpKernelContext_Failure(TF_OpKernelContext*, TF_Status*);

}  // extern "C"
#endif
