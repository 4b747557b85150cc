#include "operators/views.h"

#include "base/checked.h"
#include "base/dtype.h"

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

vxs_status view_check(const char *name, const vxs_view *view) {
    CHECK(view && view->data, VXS_USAGE, "%s has no data", name);
    CHECK(view->axes >= 3 && view->axes <= VXS_MAX_AXES, VXS_USAGE, "%s has %d axes, need 3 to 5", name,
          view->axes);
    CHECK(dtype_is_valid(view->dtype), VXS_USAGE, "%s has an unknown dtype: %d", name, (int)view->dtype);
    return check_extent(name, view);
}

box_view view_normalise(const vxs_view *view, int64_t shape[AXES]) {
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
