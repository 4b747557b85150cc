#include "partition/scan_plan.h"

#include <stdbool.h>
#include <string.h>

#include "base/checked.h"

enum { USEFUL_BYTES = 64 << 20, MOST_MULTIPLE = 4 };

static int64_t voxels_of(const int64_t extent[AXES]) {
    int64_t voxels = 1;
    for (int a = 0; a < AXES; a++)
        voxels = saturating_mul(voxels, extent[a]);
    return voxels;
}

static int64_t memory_of(const scan_side sides[2], const int64_t extent[AXES]) {
    int64_t total = 0;
    for (int i = 0; i < 2; i++) {
        const int64_t bytes = saturating_mul(voxels_of(extent), sides[i].voxel_bytes);
        total = saturating_add(total, saturating_add(bytes, sides[i].read_overhead(sides[i].context, bytes)));
    }
    return total;
}

/* Both chunks' least common multiple, or the larger one where that would be long. */
static int64_t common_extent(int64_t a, int64_t b, int64_t limit) {
    const int64_t larger = max_i64(a, b), smaller = min_i64(a, b);
    for (int64_t i = 1; i <= MOST_MULTIPLE; i++)
        if (saturating_mul(larger, i) % smaller == 0)
            return min_i64(saturating_mul(larger, i), limit);
    return min_i64(larger, limit);
}

/* Halve the slowest axes first, so that rows stay long. */
static void shrink(const scan_side sides[2], int64_t budget, int64_t extent[AXES]) {
    for (int a = 0; a < AXES; a++)
        while (extent[a] > 1 && memory_of(sides, extent) > budget)
            extent[a] = div_ceil(extent[a], 2);
}

static void count_boxes(scan_plan *plan) {
    plan->boxes = 1;
    for (int a = 0; a < AXES; a++) {
        plan->count[a] = div_ceil(plan->shape[a], plan->box[a]);
        plan->boxes = saturating_mul(plan->boxes, plan->count[a]);
    }
}

/* Multiples of the unit along the fastest axes first, while each rank keeps a box and memory lasts. */
static void grow(scan_plan *plan, const scan_side sides[2], int64_t ranks, int64_t budget) {
    const int64_t most = min_i64(budget, USEFUL_BYTES);
    for (int a = AXES - 1; a >= 0; a--) {
        bool fits = true;
        while (plan->box[a] < plan->shape[a] && fits) {
            const int64_t before = plan->box[a];
            plan->box[a] = min_i64(saturating_mul(before, 2), plan->shape[a]);
            count_boxes(plan);
            fits = plan->boxes >= ranks && memory_of(sides, plan->box) <= most;
            if (!fits)
                plan->box[a] = before;
        }
        if (plan->box[a] < plan->shape[a])
            break; /* what is slower would lie in pieces */
    }
    count_boxes(plan);
}

vxs_status scan_plan_make(scan_plan *plan, const int64_t shape[AXES], const scan_side sides[2], int64_t ranks,
                          int64_t budget) {
    *plan = (scan_plan){.boxes = 0};
    memcpy(plan->shape, shape, sizeof plan->shape);
    for (int a = 0; a < AXES; a++)
        plan->box[a] = common_extent(sides[0].chunk[a], sides[1].chunk[a], shape[a]);
    shrink(sides, budget, plan->box);
    plan->memory_bytes = memory_of(sides, plan->box);
    CHECK(plan->memory_bytes <= budget, VXS_USAGE,
          "%lld bytes of memory a rank are too few to read both volumes: give --memory %lld or more",
          (long long)budget, (long long)plan->memory_bytes);
    grow(plan, sides, ranks, budget);
    plan->memory_bytes = memory_of(sides, plan->box);
    return VXS_OK;
}

range scan_plan_run(const scan_plan *plan, int64_t rank, int64_t ranks) {
    return (range){muldiv(plan->boxes, rank, ranks), muldiv(plan->boxes, rank + 1, ranks)};
}

box scan_plan_box(const scan_plan *plan, int64_t number) {
    box b;
    for (int a = AXES - 1; a >= 0; a--) {
        const int64_t begin = number % plan->count[a] * plan->box[a];
        b.axis[a] = (range){begin, min_i64(saturating_add(begin, plan->box[a]), plan->shape[a])};
        number /= plan->count[a];
    }
    return b;
}
