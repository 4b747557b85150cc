/* The installed single-node calls of voxslab.h: views in, operator, kernel. */
#include <voxslab/voxslab.h>

#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/checked.h"
#include "operators/label.h"
#include "operators/resample.h"

/* The one setting of the library, as the public calls want it; 0 is the default. */
static atomic_int chosen_threads;

void vxs_set_num_threads(int threads) {
    atomic_store(&chosen_threads, threads > 0 ? threads : 0);
}

int vxs_get_num_threads(void) {
    int threads = atomic_load(&chosen_threads);
    if (threads > 0)
        return threads;
    /* OMP_NUM_THREADS where the user set it, else the cores of our affinity mask. */
    return getenv("OMP_NUM_THREADS") ? omp_get_max_threads() : omp_get_num_procs();
}

const char *vxs_message(void) {
    return status_message();
}

const char *vxs_version(void) {
    return VXS_VERSION;
}

/* Bytes from the view's lowest to its highest voxel must fit the address space, and every size be real. */
static vxs_status check_extent(const char *name, const vxs_view *view) {
    int64_t voxels = (int64_t)dtype_bytes(view->dtype), reach = 1;
    bool fits = true;
    for (int a = 0; a < view->axes; a++) {
        CHECK(view->shape[a] >= 1, VXS_USAGE, "%s has %lld voxels along axis %d: sizes start at 1", name,
              (long long)view->shape[a], a);
        int64_t step = 0, stride = view->stride[a];
        fits = fits && checked_mul(voxels, view->shape[a], &voxels) && stride != INT64_MIN &&
               checked_mul(view->shape[a] - 1, stride < 0 ? -stride : stride, &step) &&
               checked_add(reach, step, &reach);
    }
    int64_t bytes;
    CHECK(fits && checked_mul(reach, (int64_t)dtype_bytes(view->dtype), &bytes), VXS_USAGE,
          "%s is larger than 2^63 bytes", name);
    return VXS_OK;
}

static vxs_status check_view(const char *name, const vxs_view *view) {
    CHECK(view && view->data, VXS_USAGE, "%s has no data", name);
    CHECK(view->axes >= 3 && view->axes <= VXS_MAX_AXES, VXS_USAGE, "%s has %d axes, need 3 to 5", name,
          view->axes);
    CHECK(dtype_is_valid(view->dtype), VXS_USAGE, "%s has an unknown dtype: %d", name, (int)view->dtype);
    return check_extent(name, view);
}

/* A view with its leading axes filled up to five, and row-major strides where none were given. */
static box_view normalise(const vxs_view *view, int64_t shape[AXES]) {
    int missing = AXES - view->axes;
    bool packed = true;
    for (int a = 0; a < AXES; a++)
        shape[a] = a < missing ? 1 : view->shape[a - missing];
    for (int a = 0; a < view->axes; a++)
        packed = packed && view->stride[a] == 0;
    box where = box_of_shape(shape);
    box_view all = box_view_packed(view->data, &where);
    for (int a = missing; a < AXES && !packed; a++)
        all.stride[a] = view->stride[a - missing];
    return all;
}

static vxs_status run(const resample_operator *op, const box_view *src, const box_view *dst) {
    vxs_status status = VXS_OK;
    int threads = vxs_get_num_threads();
    resample_tables tables = {0};
    void *scratch = NULL;
    TRY_CLEAN(resample_tables_build(op, &dst->where, &tables));
    int64_t bytes = resample_operator_scratch_bytes(op, range_size(src->where.axis[AXIS_W]), threads);
    CHECK_CLEAN(posix_memalign(&scratch, 64, (size_t)bytes) == 0, VXS_IO,
                "no memory for %lld bytes of scratch", (long long)bytes);
    resample_compute(op, &tables, src, dst, threads, scratch);
cleanup:
    free(scratch);
    resample_tables_free(&tables);
    return status;
}

static vxs_status check_pair(const vxs_view *src, const vxs_view *dst) {
    status_set_message("");
    TRY(check_view("src", src));
    TRY(check_view("dst", dst));
    CHECK(src->axes == dst->axes, VXS_USAGE, "src has %d axes and dst %d: they must agree", src->axes,
          dst->axes);
    return VXS_OK;
}

vxs_status vxs_resample(const vxs_view *src, const vxs_view *dst, const vxs_resample_options *options) {
    TRY(check_pair(src, dst));
    int64_t in[AXES], out[AXES];
    box_view from = normalise(src, in), to = normalise(dst, out);
    resample_operator op;
    TRY(resample_operator_init(&op, options, src->dtype, dst->dtype, in, out));
    return run(&op, &from, &to);
}

vxs_status vxs_label(const vxs_view *src, const vxs_view *dst, const vxs_label_options *options) {
    TRY(check_pair(src, dst));
    int64_t in[AXES], out[AXES];
    box_view from = normalise(src, in), to = normalise(dst, out);
    label_operator op;
    TRY(label_operator_init(&op, options, src->dtype, dst->dtype, in, out));
    const int threads = vxs_get_num_threads();
    const int64_t bytes = label_operator_scratch_bytes(threads);
    void *scratch = NULL;
    CHECK(posix_memalign(&scratch, 64, (size_t)bytes) == 0, VXS_IO, "no memory for %lld bytes of scratch",
          (long long)bytes);
    label_compute(&op, &from, &to, threads, scratch);
    free(scratch);
    return VXS_OK;
}
