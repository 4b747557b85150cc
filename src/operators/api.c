/* The installed single-node calls of voxslab.h: views in, operator, kernel. */
#include <voxslab/voxslab.h>

#include <omp.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "base/checked.h"
#include "operators/label.h"
#include "operators/resample.h"
#include "operators/views.h"

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
    TRY(view_check("src", src));
    TRY(view_check("dst", dst));
    CHECK(src->axes == dst->axes, VXS_USAGE, "src has %d axes and dst %d: they must agree", src->axes,
          dst->axes);
    return VXS_OK;
}

vxs_status vxs_resample(const vxs_view *src, const vxs_view *dst, const vxs_resample_options *options) {
    TRY(check_pair(src, dst));
    int64_t in[AXES], out[AXES];
    box_view from = view_normalise(src, in), to = view_normalise(dst, out);
    resample_operator op;
    TRY(resample_operator_init(&op, options, src->dtype, dst->dtype, in, out));
    return run(&op, &from, &to);
}

vxs_status vxs_label(const vxs_view *src, const vxs_view *dst, const vxs_label_options *options) {
    TRY(check_pair(src, dst));
    int64_t in[AXES], out[AXES];
    box_view from = view_normalise(src, in), to = view_normalise(dst, out);
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
