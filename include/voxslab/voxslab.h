/*
 * voxslab on one node: resample and label volumes in memory. No MPI, no HDF5.
 *
 * Volumes are views: row-major by default, axes slowest first, (D,H,W), (C,D,H,W) or (N,C,D,H,W);
 * the last three axes are resampled, the leading ones are independent.
 */
#ifndef VOXSLAB_VOXSLAB_H
#define VOXSLAB_VOXSLAB_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define VXS_VERSION  "0.1.0"
#define VXS_MAX_AXES 5

/* status, exit status of the program, text */
#define VXS_STATUS_LIST(X)                                                                                   \
    X(VXS_OK, 0, "done")                                                                                     \
    X(VXS_DIFFERS, 1, "the comparison differs")                                                              \
    X(VXS_USAGE, 2, "unusable option or argument")                                                           \
    X(VXS_BAD_INPUT, 65, "the input is not usable")                                                          \
    X(VXS_INTERNAL, 70, "internal error")                                                                    \
    X(VXS_CANT_CREATE, 73, "the output can't be created")                                                    \
    X(VXS_IO, 74, "input or output failed")                                                                  \
    X(VXS_STOPPED, 75, "stopped early, run again with --resume")

typedef enum vxs_status {
#define VXS_STATUS_ENUM(id, exit_status, text) id = exit_status,
    VXS_STATUS_LIST(VXS_STATUS_ENUM)
#undef VXS_STATUS_ENUM
} vxs_status;

/*
 * id, name, storage type in C, class.
 * Classes: I integer; F floating point; H half precision, stored as its 16 bits; B h5py's bool, one byte.
 */
#define VXS_DTYPE_LIST(X)                                                                                    \
    X(VXS_UINT8, "uint8", uint8_t, I)                                                                        \
    X(VXS_INT8, "int8", int8_t, I)                                                                           \
    X(VXS_UINT16, "uint16", uint16_t, I)                                                                     \
    X(VXS_INT16, "int16", int16_t, I)                                                                        \
    X(VXS_UINT32, "uint32", uint32_t, I)                                                                     \
    X(VXS_INT32, "int32", int32_t, I)                                                                        \
    X(VXS_UINT64, "uint64", uint64_t, I)                                                                     \
    X(VXS_INT64, "int64", int64_t, I)                                                                        \
    X(VXS_FLOAT32, "float32", float, F)                                                                      \
    X(VXS_FLOAT64, "float64", double, F)                                                                     \
    X(VXS_FLOAT16, "float16", uint16_t, H)                                                                   \
    X(VXS_BOOL, "bool", uint8_t, B)

typedef enum vxs_dtype {
#define VXS_DTYPE_ENUM(id, name, ctype, class) id,
    VXS_DTYPE_LIST(VXS_DTYPE_ENUM)
#undef VXS_DTYPE_ENUM
        VXS_DTYPES
} vxs_dtype;

/* Interpolation modes; the formulas are those of PyTorch's nearest-exact, trilinear and area, and of SciPy's
 * zoom(order=3, mode='reflect', grid_mode=not align_corners): cubic B-splines, which overshoot. */
#define VXS_MODE_LIST(X)                                                                                     \
    X(VXS_NEAREST, "nearest")                                                                                \
    X(VXS_LINEAR, "linear")                                                                                  \
    X(VXS_AREA, "area")                                                                                      \
    X(VXS_CUBIC, "cubic")

typedef enum vxs_mode {
#define VXS_MODE_ENUM(id, name) id,
    VXS_MODE_LIST(VXS_MODE_ENUM)
#undef VXS_MODE_ENUM
        VXS_MODES
} vxs_mode;

/* How output indices become input coordinates. auto: nearest as PyTorch up to 2^23 voxels an axis and
 * exact above, linear and cubic exact. exact: integer and double arithmetic. torch: float32 as PyTorch does,
 * which has no cubic in three dimensions. */
#define VXS_COORDS_LIST(X)                                                                                   \
    X(VXS_COORDS_AUTO, "auto")                                                                               \
    X(VXS_COORDS_EXACT, "exact")                                                                             \
    X(VXS_COORDS_TORCH, "torch")

typedef enum vxs_coords {
#define VXS_COORDS_ENUM(id, name) id,
    VXS_COORDS_LIST(VXS_COORDS_ENUM)
#undef VXS_COORDS_ENUM
        VXS_COORDS_KINDS
} vxs_coords;

/* What a point outside the volume sees. zeros, constant: 0 or fill, blended at the edge when linear;
 * border: the nearest voxel; reflection: the volume mirrored about its outer faces. */
#define VXS_PADDING_LIST(X)                                                                                  \
    X(VXS_ZEROS, "zeros")                                                                                    \
    X(VXS_BORDER, "border")                                                                                  \
    X(VXS_REFLECTION, "reflection")                                                                          \
    X(VXS_CONSTANT, "constant")

typedef enum vxs_padding {
#define VXS_PADDING_ENUM(id, name) id,
    VXS_PADDING_LIST(VXS_PADDING_ENUM)
#undef VXS_PADDING_ENUM
        VXS_PADDINGS
} vxs_padding;

/* A volume in memory. The caller owns the data. stride is in elements; strides that are all 0 mean
 * row-major and contiguous; otherwise they are used as given, negative ones too. */
typedef struct vxs_view {
    void *data;
    vxs_dtype dtype;
    int axes; /* 3, 4 or 5 */
    int64_t shape[VXS_MAX_AXES];
    int64_t stride[VXS_MAX_AXES];
} vxs_view;

typedef struct vxs_resample_options {
    vxs_mode mode;
    vxs_coords coords;
    int align_corners; /* 0: half-pixel centres; 1: first and last voxel centres coincide (not for area) */
} vxs_resample_options;

/*
 * Resample src to dst's shape. Leading axes must agree; the last three may differ in any direction.
 * dst's dtype may differ from src's: the value is then rounded half to even and saturated (NaN -> 0)
 * from the full precision of the computation. options NULL: linear, half-pixel, auto coordinates.
 * src and dst must not overlap. Errors: VXS_USAGE, with vxs_message() saying what and why; dst is then
 * untouched. Uses vxs_get_num_threads() threads. Local; may be called from several threads at once.
 */
vxs_status vxs_resample(const vxs_view *src, const vxs_view *dst, const vxs_resample_options *options);

typedef struct vxs_sample_options {
    vxs_mode mode; /* VXS_NEAREST or VXS_LINEAR */
    vxs_padding padding;
    double fill; /* VXS_CONSTANT: a voxel of src's dtype; for integers rounded half to even and clamped */
} vxs_sample_options;

/*
 * Sample src at the points of a grid, as PyTorch's grid_sample with align_corners=False. grid: float32 or
 * float64, (D',H',W',3), or (N,D',H',W',3) with src's N; its last axis holds x, y, z (along w, h, d), each
 * -1..1 from face to face. dst: (D',H',W') behind src's leading axes. The coordinates are computed in the
 * grid's precision; float32 volumes are blended in float32, all others in double. options NULL: linear,
 * zeros. What vxs_resample says of dtypes, errors and threads holds here too.
 */
vxs_status vxs_grid_sample(const vxs_view *src, const vxs_view *grid, const vxs_view *dst,
                           const vxs_sample_options *options);

/*
 * The same, at u = matrix * (d, h, w, 1) of dst's voxel (d, h, w): three rows of four, u_d first, both sides
 * in voxel indices. In double; no grid is stored.
 */
vxs_status vxs_affine(const vxs_view *src, const vxs_view *dst, const double matrix[12],
                      const vxs_sample_options *options);

/*
 * The same, at u = voxel + displacement. field: float32 or float64, (d,h,w,3), displacements in src voxels in
 * x, y, z order. A field coarser than dst (none may be finer) covers the same extent, half-pixel aligned, and
 * is interpolated linearly. In double.
 */
vxs_status vxs_warp(const vxs_view *src, const vxs_view *field, const vxs_view *dst,
                    const vxs_sample_options *options);

typedef struct vxs_label_options {
    int minimum_label; /* 1: every voxel below all of its 26 neighbours is labelled 13 */
} vxs_label_options;

/*
 * Label each voxel of src with the neighbour, among the 27 of its 3x3x3 surroundings, that the value falls to
 * most steeply (differences of float32 values, divided by distance): 9*(dz+1) + 3*(dy+1) + (dx+1), offsets
 * -1, 0 or 1 along the last three axes; the first of equals; the first NaN if there is any. The centre's own
 * score is -100, so that it is the label, 13, only of minima deeper than that, or of all with minimum_label.
 * Voxels at the volume's border are 0. src of any dtype, dst of any integer or float and of src's shape;
 * leading axes are independent. options NULL: none. They must not overlap. Errors and threads as of
 * vxs_resample.
 */
vxs_status vxs_label(const vxs_view *src, const vxs_view *dst, const vxs_label_options *options);

/* Threads of later calls; 0 restores the default, all cores given to this process. */
void vxs_set_num_threads(int threads);
int vxs_get_num_threads(void);

/* The calling thread's last error in words; "" after none. Valid until the thread's next call. */
const char *vxs_message(void);

/* "0.1.0", of the library that is linked. */
const char *vxs_version(void);

#ifdef __cplusplus
}
#endif
#endif
