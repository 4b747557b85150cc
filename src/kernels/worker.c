#include "kernels/engine.h"

#include "base/checked.h"

enum { CACHE_LINE = 64, WIDEST = 16 }; /* bytes; the widest accumulator is an __int128 */

/* At least two taps of each line, and one more line at each end. */
static int64_t lines_at_most(int64_t outputs) {
    return outputs / 2 + 2;
}

/* The next bytes of a worker's scratch, on a cache line of their own. */
static void *take(char **free_scratch, int64_t bytes) {
    void *here = *free_scratch;
    *free_scratch += round_up(bytes, CACHE_LINE);
    return here;
}

static int64_t taps_bytes(int64_t outputs) {
    return round_up(outputs, STRIP_GROUP) * (int64_t)sizeof(int32_t);
}

int64_t worker_bytes(int64_t row_voxels, int64_t strip_outputs) {
    return 2 * taps_bytes(strip_outputs) + 4 * round_up(strip_outputs * (int64_t)sizeof(double), CACHE_LINE) +
           PICK_SLACK + round_up(lines_at_most(strip_outputs) * (int64_t)sizeof(int32_t), CACHE_LINE) +
           round_up(lines_at_most(strip_outputs) * LINE_PICKS, CACHE_LINE) +
           round_up((row_voxels + 1) * WIDEST, CACHE_LINE) +
           2 * round_up(row_voxels * (int64_t)sizeof(double), CACHE_LINE);
}

void worker_init(worker *k, const job *j, void *scratch) {
    char *from = scratch;
    int64_t outputs = min_i64(STRIP_OUTPUTS, j->kernel->axis[2]->map.out);
    *k = (worker){.job = j};
    k->first = take(&from, taps_bytes(outputs));
    k->last = take(&from, taps_bytes(outputs));
    k->lower = take(&from, outputs * (int64_t)sizeof(double));
    k->upper = take(&from, outputs * (int64_t)sizeof(double));
    k->line_output = take(&from, lines_at_most(outputs) * (int64_t)sizeof(int32_t));
    k->line_at = take(&from, lines_at_most(outputs) * LINE_PICKS);
    k->out_row = take(&from, outputs * (int64_t)sizeof(double) + PICK_SLACK); /* with what is held */
    k->medium_row = take(&from, outputs * (int64_t)sizeof(double));
    k->row = take(&from, (j->row_voxels + 1) * WIDEST);
    k->ring[0] = take(&from, j->row_voxels * (int64_t)sizeof(double));
    k->ring[1] = take(&from, j->row_voxels * (int64_t)sizeof(double));
    worker_new_plane(k);
}

void worker_new_plane(worker *k) {
    k->ring_h[0] = k->ring_h[1] = -1;
}

/* Bytes from a view's data to an index that may lie outside, as index 0 of a slab does. */
static int64_t offset_of(const box_view *view, int64_t bytes, const int64_t index[AXES]) {
    int64_t voxels = 0;
    for (int a = 0; a < AXES; a++)
        voxels += (index[a] - view->where.axis[a].begin) * view->stride[a];
    return voxels * bytes;
}

void worker_locate(worker *k, const int64_t at[AXES]) {
    const job *j = k->job;
    const int64_t src[AXES] = {at[AXIS_N], at[AXIS_C], 0, 0, k->src_w};
    const int64_t dst[AXES] = {at[AXIS_N], at[AXIS_C], at[AXIS_D], 0, at[AXIS_W]};
    k->src_origin = offset_of(j->src, j->src_bytes, src);
    k->dst_origin = offset_of(j->dst, j->dst_bytes, dst);
}

/* How many outputs from t's entry begin on fit the span, at least one; their sources never fall. */
static int64_t outputs_that_fit(const tap_table *t, int64_t begin, int64_t count, int64_t span_max) {
    int64_t low = t->last[begin + count - 1] - t->first[begin] < span_max ? count : 1, high = count;
    while (low < high) {
        int64_t middle = low + (high - low + 1) / 2;
        if (t->last[begin + middle - 1] - t->first[begin] < span_max)
            low = middle;
        else
            high = middle - 1;
    }
    return low;
}

/* One weight each for lower and upper tap, in the accumulator's type: rounded once, from double. */
static void prepare_weights(worker *k, const double *weight, int64_t n) {
    for (int64_t o = 0; o < n; o++)
        if (k->job->acc == ACC_FLOAT) {
            ((float *)k->lower)[o] = (float)weight[2 * o];
            ((float *)k->upper)[o] = (float)weight[2 * o + 1];
        } else {
            ((double *)k->lower)[o] = weight[2 * o];
            ((double *)k->upper)[o] = weight[2 * o + 1];
        }
}

static int32_t lesser(int32_t a, int32_t b) {
    return a < b ? a : b;
}

static int32_t greater(int32_t a, int32_t b) {
    return a > b ? a : b;
}

/* step: from each output to the next, if it is the same; step_most. For vectors, as is measure_taps. */
static void measure_steps(strip *s) {
    const int32_t *first = s->first, step = s->outputs > 1 ? first[1] : 1;
    int32_t most = step, other = 0;
    for (int64_t o = 1; o < s->outputs; o++) {
        const int32_t here = first[o] - first[o - 1];
        most = greater(most, here);
        other |= here ^ step;
    }
    s->step = other ? 0 : step;
    s->step_most = most;
}

static void measure_taps(strip *s) {
    const int32_t *first = s->first, *last = s->last;
    int32_t least = last[0] - first[0], most = least;
    for (int64_t o = 1; o < s->outputs; o++) {
        const int32_t beyond = last[o] - first[o];
        least = lesser(least, beyond);
        most = greater(most, beyond);
    }
    s->taps_least = (int64_t)least + 1;
    s->taps_most = (int64_t)most + 1;
    s->taps = least == most ? s->taps_least : 0;
}

/* Twice as many voxels as the source has: outputs come in pairs that share their taps, from the first or the
 * second on, and neighbouring pairs read neighbouring taps. */
static void find_pairs(strip *s) {
    const int32_t *first = s->first, *last = s->last;
    s->pair = s->outputs > 2 && first[1] == first[0] && first[2] == first[0] ? 1 : 0;
    for (int64_t o = s->pair; o + 1 < s->outputs; o += 2, s->pairs++) {
        const int64_t expected = first[s->pair] + s->pairs, taps = last[s->pair] - first[s->pair];
        if (first[o] != expected || first[o + 1] != expected || last[o + 1] != expected + taps)
            return;
    }
}

void worker_plan_picks(worker *k, const void *row, int64_t bytes) {
    const int64_t voxels = PICK_LINE / bytes, before = (int64_t)((uintptr_t)row % PICK_LINE) / bytes;
    line_picks *p = &k->strip.picks;
    if (p->lines > 0 && p->before == before)
        return;
    *p = (line_picks){0};
    if (2 * k->strip.step_most > voxels || k->strip.outputs < 2)
        return;
    int64_t line = -1;
    for (int64_t o = 0; o < k->strip.outputs; o++) {
        const int64_t voxel = before + k->first[o];
        if (line < voxel / voxels)
            k->line_output[++line] = (int32_t)o;
        const int64_t place = o - k->line_output[line];
        if (place >= min_i64(LINE_PICKS, voxels))
            return;
        k->line_at[line * LINE_PICKS + place] = (uint8_t)(voxel % voxels);
    }
    if (line > 0)
        *p = (line_picks){line + 1, before, k->line_output, k->line_at};
}

range worker_prepare(worker *k, range outputs) {
    const tap_table *t = k->job->kernel->axis[2];
    int64_t begin = outputs.begin - t->outputs.begin;
    int64_t n = outputs_that_fit(t, begin, range_size(outputs), k->job->span_max);
    range prepared = {outputs.begin, outputs.begin + n};
    if (k->outputs.begin == prepared.begin && k->outputs.end == prepared.end)
        return prepared;
    const int64_t *first = t->first + begin, *last = t->last + begin;
    for (int64_t o = 0; o < n; o++) {
        k->first[o] = (int32_t)(first[o] - first[0]);
        k->last[o] = (int32_t)min_i64(last[o] - first[0], INT32_MAX - 1); /* if one alone, see area_row */
    }
    for (int64_t o = n; o % STRIP_GROUP != 0; o++)
        k->first[o] = k->last[o] = 0;
    if (t->weight)
        prepare_weights(k, t->weight + 2 * begin, n);
    k->outputs = prepared;
    k->src_w = first[0];
    k->strip =
        (strip){.outputs = n, .first = k->first, .last = k->last, .lower = k->lower, .upper = k->upper};
    measure_steps(&k->strip);
    measure_taps(&k->strip);
    find_pairs(&k->strip);
    const int64_t source_lines = div_ceil((k->last[n - 1] + 1) * k->job->src_bytes, CACHE_LINE);
    k->line_share = div_ceil(source_lines << EARLY_SHIFT, n);
    k->copied_from = NULL;
    worker_new_plane(k);
    return prepared;
}
