#include "pipeline/checkpoint.h"

#include "base/checked.h"
#include "comm/agree.h"

enum { DEFAULT_SECONDS = 300 };

/* VXS_STOP_SOON waits so long for the end of a round. */
static const double stop_patience = 20;

/* What to do after a round; the ranks' wishes are or-ed. */
enum { SAVE = 1, STOP_BY_SIGNAL = 2, STOP_BY_TIME = 4 };

void checkpoint_begin(checkpoint *c) {
    c->interval = c->options->checkpoint_seconds > 0 ? c->options->checkpoint_seconds : DEFAULT_SECONDS;
    c->saved = c->round_end = c->step_end = MPI_Wtime();
}

vxs_status checkpoint_guard(checkpoint *c) {
    vxs_status status = VXS_OK;
    if (!output_needs_guard(c->job))
        return VXS_OK;
    if (c->rank == 0) {
        watchdog_begin(c->dog, "writing '%s'", c->job->journal);
        status = output_guard(c->files);
        watchdog_end(c->dog);
    }
    return comm_agree(c->comm, status);
}

vxs_status checkpoint_save(checkpoint *c) {
    double begin = MPI_Wtime();
    TRY(checkpoint_guard(c));
    if (volume_flush(c->out) != VXS_OK)
        output_abort(c->job, c->comm); /* the others may wait inside */
    /* All ranks' data are on disk only when all have come here. */
    TRY(comm_agree(c->comm, VXS_OK));
    vxs_status status = VXS_OK;
    if (c->options->skip_bad_chunks)
        TRY(bad_list_collect(c->bad, c->comm, c->in));
    if (c->rank == 0) {
        watchdog_begin(c->dog, "writing '%s'", c->files->job->journal);
        status = bad_list_save(c->bad, c->job->bad_chunks);
        if (status == VXS_OK)
            status = output_record(c->files);
        watchdog_end(c->dog);
    }
    TRY(comm_agree(c->comm, status));
    c->saved = MPI_Wtime();
    double seconds = c->saved - begin;
    c->longest_save = seconds > c->longest_save ? seconds : c->longest_save;
    c->save_seconds += seconds;
    c->saves++;
    c->unsaved = false;
    return VXS_OK;
}

/* Whether another round and a checkpoint might not fit before --max-time: a quarter more than the longest so
 * far, and a hundredth of the whole for what nobody measured. */
static bool time_is_up(const checkpoint *c, double now) {
    double limit = c->options->max_seconds;
    double save = c->saves > 0 ? c->longest_save : c->longest_round;
    return limit > 0 && now - c->began + 1.25 * (c->longest_round + save) + 0.01 * limit > limit;
}

static int wishes(const checkpoint *c, double now) {
    int mine = c->options->stop && *c->options->stop ? STOP_BY_SIGNAL : 0;
    if (c->rank == 0 && now - c->saved >= c->interval)
        mine |= SAVE;
    if (c->rank == 0 && time_is_up(c, now))
        mine |= STOP_BY_TIME;
    return mine;
}

static vxs_status stopped(const checkpoint *c, int why) {
    double percent = 0;
    if (c->rank == 0)
        percent = 100.0 * (double)tile_set_members(&c->files->done) / (double)c->files->done.tiles;
    return status_fail(
        VXS_STOPPED,
        "stopped %s with %.1f %% of the output done: run the same command with --resume to go on",
        why & STOP_BY_SIGNAL ? "by a signal" : "before --max-time", percent);
}

vxs_status checkpoint_after_round(checkpoint *c, bool last) {
    double now = MPI_Wtime();
    c->longest_round = now - c->round_end > c->longest_round ? now - c->round_end : c->longest_round;
    c->unsaved = true;
    int mine = last ? 0 : wishes(c, now), all = 0;
    MPI_Allreduce(&mine, &all, 1, MPI_INT, MPI_BOR, c->comm);
    if (all)
        TRY(checkpoint_save(c));
    c->round_end = c->step_end = MPI_Wtime();
    return all & (STOP_BY_SIGNAL | STOP_BY_TIME) ? stopped(c, all) : VXS_OK;
}

vxs_status checkpoint_within_round(checkpoint *c, double part) {
    double now = MPI_Wtime(), passed = now - c->round_end, limit = c->options->max_seconds;
    double left = part > 0 ? passed / part - passed : passed; /* of the round, as far as we know */
    c->longest_step = now - c->step_end > c->longest_step ? now - c->step_end : c->longest_step;
    c->step_end = now;
    bool signalled = c->options->stop && *c->options->stop == VXS_STOP_SOON && left > stop_patience;
    double until_limit = limit - (now - c->began) - c->longest_save - 0.01 * limit;
    double over = left - (until_limit > 0 ? until_limit : 0); /* a little is better than to lose the round */
    bool late = limit > 0 && until_limit < 1.25 * c->longest_step && over > 1 + 0.01 * limit;
    CHECK(!signalled && !late, VXS_STOPPED,
          "stopped %s within a round, of which %.1f %% was done and is lost: run the same command with "
          "--resume to go on%s",
          signalled ? "by a signal" : "before --max-time", 100 * part,
          signalled ? "" : "; more ranks, or smaller output chunks (--chunk), make rounds shorter");
    return VXS_OK;
}
