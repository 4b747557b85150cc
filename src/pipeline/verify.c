/* An output verified: its own job once more, over some tiles, with a comparison where the writing was. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/checked.h"
#include "base/voxel_text.h"
#include "comm/agree.h"
#include "comm/watchdog.h"
#include "partition/tile_sample.h"
#include "pipeline/findings.h"
#include "pipeline/job_operator.h"
#include "pipeline/job_recall.h"
#include "pipeline/provenance.h"
#include "pipeline/resources.h"
#include "pipeline/value_text.h"
#include "pipeline/verify_plan.h"

enum { DEFAULT_IO_TIMEOUT = 600, DEFAULT_TILES = 64 };
enum { NAME_BYTES = VOLUME_PATH_BYTES + VOLUME_NAME_BYTES };

typedef struct verifying {
    MPI_Comm comm;
    int rank, ranks;
    const vxs_verification *options;
    vxs_verification_report *report;
    volume_info stored; /* the output */
    made_from made;
    char parameters[JOB_PARAMETERS_BYTES], input[NAME_BYTES], output[NAME_BYTES]; /* recalled points there */
    recalled_job recalled;
    resolved_job job;
    engine_plan plan; /* of the region under way */
    box *regions;
    int64_t region_count, region; /* region: the one under way */
    volume *in, *points, *out;    /* points: NULL without */
    void *buffer;                 /* of what is stored */
    verify_room room;
    watchdog *dog;
    double began, round_end, longest_round; /* MPI_Wtime's seconds */
    compare_findings found;
} verifying;

/* ---- the job, from what the output says ---- */

static vxs_status probe_output(verifying *v) {
    char file[VOLUME_PATH_BYTES], dataset[VOLUME_NAME_BYTES];
    CHECK(v->options->output, VXS_USAGE, "there is no output to verify");
    TRY(volume_split_name(v->options->output, file, dataset));
    TRY(volume_probe(file, dataset, &v->stored));
    return provenance_read(&v->stored, &v->made);
}

static vxs_status probe_inputs(const verifying *v, job_inputs *inputs) {
    const char *points = job_operator_of(v->recalled.options.op)->points;
    TRY(provenance_probe(&v->made.input, v->options->input, "input", "--input", &inputs->in));
    return points ? provenance_probe(&v->made.points, v->options->points, points, "--points", &inputs->points)
                  : VXS_OK;
}

/* Rank 0 looks; all know. */
static vxs_status probe(verifying *v, job_inputs *inputs) {
    watchdog_begin(v->dog, "looking at '%s'", v->options->output ? v->options->output : "");
    TRY(comm_agree(v->comm, v->rank == 0 ? probe_output(v) : VXS_OK));
    watchdog_end(v->dog);
    MPI_Bcast(&v->stored, (int)sizeof v->stored, MPI_BYTE, 0, v->comm);
    MPI_Bcast(&v->made, (int)sizeof v->made, MPI_BYTE, 0, v->comm);
    memcpy(v->parameters, v->made.parameters, sizeof v->parameters);
    TRY(comm_agree(v->comm, job_recall(v->parameters, &v->recalled)));
    watchdog_begin(v->dog, "looking at '%s'", v->made.input.file);
    TRY(comm_agree(v->comm, v->rank == 0 ? probe_inputs(v, inputs) : VXS_OK));
    watchdog_end(v->dog);
    MPI_Bcast(inputs, (int)sizeof *inputs, MPI_BYTE, 0, v->comm);
    return VXS_OK;
}

/* The output's own chunks, since its tiles follow from them. */
static void name_volumes(verifying *v, const job_inputs *inputs) {
    vxs_job *o = &v->recalled.options;
    snprintf(v->input, sizeof v->input, "%s:%s", inputs->in.file, inputs->in.dataset);
    snprintf(v->output, sizeof v->output, "%s:%s", v->stored.file, v->stored.dataset);
    o->input = v->input;
    o->output = v->output;
    o->filter = VXS_FILTER_NONE;
    o->chunking = v->stored.layout == VOLUME_CHUNKED ? VXS_CHUNK_GIVEN : VXS_CHUNK_NONE;
    o->chunk_axes = v->stored.axes;
    for (int a = 0; a < v->stored.axes; a++)
        o->chunk[a] = v->stored.chunk[AXES - v->stored.axes + a];
}

/* What the parameters give must be what is there, or this version understands them otherwise. */
static vxs_status check_same(const verifying *v) {
    char again[JOB_PARAMETERS_BYTES], text[VALUE_TEXT_BYTES], other[VALUE_TEXT_BYTES];
    job_parameters(&v->job, again, sizeof again);
    CHECK(strcmp(again, v->made.parameters) == 0, VXS_BAD_INPUT,
          "the recorded parameters '%.300s' are '%.300s' to this voxslab %s: use the version that made the "
          "output, %s",
          v->made.parameters, again, vxs_version(), v->made.version);
    CHECK(v->stored.axes == v->job.out.axes && v->stored.dtype == v->job.out.dtype &&
              memcmp(v->stored.shape, v->job.out.shape, sizeof v->stored.shape) == 0,
          VXS_BAD_INPUT,
          "'%.800s' holds %s %s, but its own parameters give %s %s: it is not what was written", v->output,
          dtype_name(v->stored.dtype), index_text(v->stored.shape, v->stored.axes, text),
          dtype_name(v->job.out.dtype), index_text(v->job.out.shape, v->job.out.axes, other));
    return VXS_OK;
}

static vxs_status resolve(verifying *v) {
    job_inputs *inputs = calloc(1, sizeof *inputs);
    vxs_status status = comm_agree(v->comm, inputs ? VXS_OK : status_fail(VXS_IO, "out of memory"));
    if (status == VXS_OK)
        status = probe(v, inputs);
    if (status == VXS_OK) {
        name_volumes(v, inputs);
        status = job_resolve_recalled(&v->job, &v->recalled, inputs);
        if (status == VXS_OK)
            status = check_same(v);
        status = comm_agree(v->comm, status);
    }
    free(inputs);
    return status;
}

/* ---- the plan ---- */

static int64_t tiles_wanted(const verifying *v, int64_t tiles) {
    const vxs_verification *o = v->options;
    if (o->all)
        return tiles;
    if (o->percent > 0)
        return max_i64(1, (int64_t)ceil((double)tiles * fmin(o->percent, 100) / 100));
    return o->tiles > 0 ? o->tiles : DEFAULT_TILES;
}

static vxs_status choose_tiles(verifying *v) {
    tile_set tiles = {.bits = NULL};
    vxs_status status = tile_set_create(&tiles, v->job.out.shape, v->job.tile);
    if (status == VXS_OK) {
        v->report->tiles = tiles.tiles;
        v->report->tiles_checked = min_i64(tiles.tiles, tiles_wanted(v, tiles.tiles));
        tile_set_leave_sample(&tiles, v->report->tiles_checked, (uint64_t)v->options->seed);
        status = tile_set_missing(&tiles, &v->regions, &v->region_count);
    }
    tile_set_destroy(&tiles);
    return status;
}

static vxs_status plan(verifying *v) {
    resources have;
    TRY(resources_take(v->comm, v->options->threads, v->options->memory, &have));
    TRY(comm_agree(v->comm, verify_plan(&v->job, &v->stored, v->ranks, have.threads, have.memory, &v->room)));
    v->buffer = malloc((size_t)v->room.voxels * dtype_bytes(v->stored.dtype));
    TRY(comm_agree(v->comm, v->buffer ? choose_tiles(v)
                                      : status_fail(VXS_IO, "out of memory: %lld voxels of '%.800s'",
                                                    (long long)v->room.voxels, v->output)));
    v->report->threads = have.threads;
    v->report->memory_budget = have.memory;
    v->report->memory_planned = v->job.plan.memory_bytes + v->room.bytes;
    return VXS_OK;
}

/* ---- comparing ---- */

static vxs_status compare_part(verifying *v, const box *part, const box_view *computed) {
    const compare_rule rule = {.bits = true};
    const box_view stored = box_view_packed(v->buffer, part);
    TRY(volume_read(v->out, part, &stored));
    compare_boxes(&v->found, &rule, v->stored.shape, part, &stored, v->stored.dtype, computed,
                  v->stored.dtype, v->job.threads);
    return VXS_OK;
}

/* The longest axis of a box in units of the chunk, and how long it is. */
static int longest_axis(const box *b, const int64_t unit[AXES], int64_t *units) {
    int longest = 0;
    *units = 0;
    for (int a = 0; a < AXES; a++) {
        const int64_t along = div_ceil(b->axis[a].end, unit[a]) - b->axis[a].begin / unit[a];
        if (along > *units) {
            *units = along;
            longest = a;
        }
    }
    return longest;
}

/* In parts that fit the buffer, cut at chunks, and within them only where they are small enough. */
static vxs_status compare_box(verifying *v, const box *where, const box_view *computed) {
    static const int64_t voxel[AXES] = {1, 1, 1, 1, 1};
    if (box_is_empty(where))
        return VXS_OK;
    if (box_voxels(where) <= v->room.voxels)
        return compare_part(v, where, computed);
    const int64_t *unit = v->stored.read_chunk;
    int64_t units;
    int axis = longest_axis(where, unit, &units);
    if (units == 1) {
        unit = voxel;
        axis = longest_axis(where, unit, &units);
    }
    box halves[2] = {*where, *where};
    const int64_t cut = (where->axis[axis].begin / unit[axis] + units / 2) * unit[axis];
    halves[0].axis[axis].end = halves[1].axis[axis].begin = cut;
    TRY(compare_box(v, &halves[0], computed));
    return compare_box(v, &halves[1], computed);
}

static vxs_status take(void *context, const box *where, const box_view *computed) {
    verifying *v = context;
    return comm_agree(v->comm, compare_box(v, where, computed));
}

static vxs_status stopped(const verifying *v) {
    return status_fail(
        VXS_STOPPED,
        "stopped before all of the sample was looked at; '%.800s' is complete: 'voxslab verify' begins again",
        v->output);
}

/* Whether this rank wants to stop: asked to, or another round like the longest would be one too many. */
static bool is_to_stop(verifying *v) {
    const double now = MPI_Wtime(), limit = v->options->max_seconds;
    v->longest_round = fmax(v->longest_round, now - v->round_end);
    v->round_end = now;
    return (v->options->stop && *v->options->stop) ||
           (v->rank == 0 && limit > 0 && now - v->began + 1.25 * v->longest_round > limit);
}

static vxs_status done(void *context, int64_t epoch_index, int64_t round) {
    verifying *v = context;
    const bool last =
        v->region + 1 == v->region_count && epoch_index + 1 == v->plan.epochs && round + 1 == v->plan.rounds;
    int mine = is_to_stop(v), any = 0;
    if (last)
        return VXS_OK;
    MPI_Allreduce(&mine, &any, 1, MPI_INT, MPI_MAX, v->comm);
    return any ? stopped(v) : VXS_OK;
}

/* Within a round nothing is lost but the looking. */
static vxs_status step(void *context, double part) {
    verifying *v = context;
    const double limit = v->options->max_seconds;
    const bool asked = v->options->stop && *v->options->stop == VXS_STOP_SOON;
    (void)part;
    return asked || (limit > 0 && MPI_Wtime() - v->began > 0.98 * limit) ? stopped(v) : VXS_OK;
}

static vxs_status compare_regions(verifying *v) {
    const round_sink sink = {.take = take, .done = done, .step = step, .context = v};
    const engine_run at_hand = {
        .comm = v->comm, .plan = &v->plan, .in = v->in, .points = v->points, .sink = &sink};
    round_times times = {0};
    compare_begin(&v->found);
    v->round_end = MPI_Wtime();
    for (int64_t i = 0; i < v->region_count; i++) {
        v->region = i;
        TRY(comm_agree(v->comm, job_plan_region(&v->job, &v->regions[i], v->ranks, &v->plan)));
        TRY(v->job.engine->run(&v->job, &at_hand, &times));
    }
    return VXS_OK;
}

static vxs_status open_volumes(verifying *v) {
    watchdog_begin(v->dog, "opening '%s' and '%s'", v->job.in.file, v->stored.file);
    TRY(volume_open_read(&v->job.in, v->comm, v->job.read_threads, &v->in));
    if (v->job.kind->points)
        TRY(volume_open_read(&v->job.points, v->comm, v->job.gather.point_threads, &v->points));
    TRY(volume_open_read(&v->stored, v->comm, 1, &v->out));
    watchdog_end(v->dog);
    volume_watch(v->in, v->dog);
    if (v->points)
        volume_watch(v->points, v->dog);
    volume_watch(v->out, v->dog);
    if (v->recalled.options.skip_bad_chunks)
        volume_fill_bad_chunks(v->in, v->job.bad_voxel);
    return VXS_OK;
}

/* ---- the report ---- */

static void describe(const verifying *v) {
    vxs_verification_report *r = v->report;
    snprintf(r->output, sizeof r->output, "%s", v->stored.file);
    snprintf(r->output_dataset, sizeof r->output_dataset, "%s", v->stored.dataset);
    snprintf(r->input, sizeof r->input, "%s", v->job.in.file);
    snprintf(r->input_dataset, sizeof r->input_dataset, "%s", v->job.in.dataset);
    snprintf(r->version, sizeof r->version, "%s", v->made.version);
    r->op = v->recalled.options.op;
    r->axes = v->stored.axes;
    memcpy(r->shape, v->stored.shape, sizeof r->shape);
    r->dtype = v->stored.dtype;
    if (strcmp(v->made.version, vxs_version()) != 0)
        snprintf(r->warnings, sizeof r->warnings,
                 "voxslab %s made the output and %s computes it again: they may round differently\n",
                 v->made.version, vxs_version());
}

static void report_findings(verifying *v) {
    vxs_verification_report *r = v->report;
    const compare_findings *f = &v->found;
    r->voxels_checked = f->voxels;
    r->differing = f->differing;
    r->greatest = f->greatest;
    r->first = (vxs_difference){.a = f->first.a, .b = f->first.b};
    int64_t rest = f->first.index;
    for (int a = AXES - 1; a >= 0; a--) {
        r->first.index[a] = f->first.index < 0 ? -1 : rest % r->shape[a];
        rest /= r->shape[a];
    }
    const int64_t peak = resources_peak_rss();
    MPI_Allreduce(&peak, &r->peak_rss, 1, MPI_INT64_T, MPI_MAX, v->comm);
}

static vxs_status verdict(const vxs_verification_report *r) {
    char place[VALUE_TEXT_BYTES], stored[VALUE_TEXT_BYTES], computed[VALUE_TEXT_BYTES];
    if (r->differing == 0)
        return VXS_OK;
    return status_fail(VXS_DIFFERS,
                       "'%.400s:%.100s' is not what its input gives: %lld of %lld voxels that were checked "
                       "differ, first at %s: %s is stored, %s computed",
                       r->output, r->output_dataset, (long long)r->differing, (long long)r->voxels_checked,
                       index_text(r->first.index, r->axes, place),
                       value_text_of(r->first.a, r->dtype, stored),
                       value_text_of(r->first.b, r->dtype, computed));
}

/* ---- begin to end ---- */

static vxs_status verify(verifying *v) {
    const double timeout = v->options->io_timeout_seconds;
    TRY(comm_agree(v->comm, watchdog_start(v->rank, timeout > 0 ? timeout : DEFAULT_IO_TIMEOUT, &v->dog)));
    TRY(resolve(v));
    describe(v);
    TRY(plan(v));
    TRY(open_volumes(v));
    TRY(compare_regions(v));
    findings_reduce(v->comm, &v->found);
    report_findings(v);
    return VXS_OK;
}

static vxs_status release(verifying *v, vxs_status status) {
    char kept[STATUS_MESSAGE_BYTES];
    snprintf(kept, sizeof kept, "%s", status_message());
    volume_close(v->in);
    volume_close(v->points);
    volume_close(v->out);
    watchdog_stop(v->dog);
    free(v->buffer);
    free(v->regions);
    status_set_message(kept);
    return status;
}

vxs_status vxs_mpi_verify(MPI_Comm comm, const vxs_verification *options, vxs_verification_report *report) {
    const double began = MPI_Wtime();
    verifying *v = calloc(1, sizeof *v);
    vxs_verification_report *r = calloc(1, sizeof *r);
    vxs_status status = comm_agree(comm, v && r ? VXS_OK : status_fail(VXS_IO, "out of memory"));
    if (status == VXS_OK) {
        v->options = options;
        v->report = r;
        MPI_Comm_dup(comm, &v->comm);
        MPI_Comm_rank(v->comm, &v->rank);
        MPI_Comm_size(v->comm, &v->ranks);
        v->began = began;
        r->ranks = v->ranks;
        status = release(v, verify(v));
        if (status == VXS_OK)
            status = verdict(r);
        r->seconds = MPI_Wtime() - began;
        MPI_Comm_free(&v->comm);
    }
    if (report && r)
        *report = *r;
    free(r);
    free(v);
    return status;
}
