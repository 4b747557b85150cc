#include "pipeline/verify_plan.h"

#include "base/checked.h"

enum { GOOD_BYTES = 8 << 20, GOOD_SHARE = 8 };

/* So many bytes, if that is not less than what can be read at a time. */
static verify_room room_of(const volume_info *stored, int64_t bytes) {
    const int64_t voxel = (int64_t)dtype_bytes(stored->dtype);
    int64_t least = 1;
    for (int a = 0; a < AXES && stored->read_filtered; a++)
        least = saturating_mul(least, stored->read_chunk[a]);
    verify_room room = {.voxels = max_i64(least, bytes / voxel)};
    room.bytes = saturating_mul(room.voxels, voxel);
    room.bytes = saturating_add(room.bytes, volume_read_overhead(stored, room.bytes, 1));
    return room;
}

/* With a budget that is too small for room and job, to learn what the job takes. */
static vxs_status plan_beside(resolved_job *job, int ranks, int threads, int64_t memory,
                              const verify_room *room) {
    return job_plan(job, ranks, threads, max_i64(memory - room->bytes, 1));
}

/* What the job leaves, since it was planned beside the least room. */
static void widen(const resolved_job *job, const volume_info *stored, int64_t memory, verify_room *room) {
    const int64_t left = memory - job->plan.memory_bytes;
    const verify_room wider = room_of(stored, left / 2);
    if (wider.bytes <= left)
        *room = wider;
}

vxs_status verify_plan(resolved_job *job, volume_info *stored, int ranks, int threads, int64_t memory,
                       verify_room *room) {
    job->only_compares = true;
    *room = room_of(stored, min_i64(GOOD_BYTES, memory / GOOD_SHARE));
    vxs_status status = plan_beside(job, ranks, threads, memory, room);
    if (status != VXS_USAGE)
        return status;
    if (!stored->filtered)
        stored->pipeline.known = false; /* HDF5 reads it slowly, but without buffers for whole chunks */
    *room = room_of(stored, 0);
    status = plan_beside(job, ranks, threads, memory, room);
    if (status == VXS_USAGE && job->plan.memory_bytes > 0)
        return status_fail(status,
                           "%lld bytes of memory a rank are too few to verify '%.800s': give --memory "
                           "%lld or more",
                           (long long)memory, stored->file,
                           (long long)saturating_add(room->bytes, job->plan.memory_bytes));
    if (status == VXS_OK)
        widen(job, stored, memory, room);
    return status;
}

int64_t verify_reserve(const resolved_job *job) {
    if (!job->options->verify || !volume_spec_is_filtered(&job->out, &job->in))
        return 0;
    int64_t chunk = (int64_t)dtype_bytes(job->out.dtype);
    for (int a = 0; a < AXES; a++)
        chunk = saturating_mul(chunk, job->out.chunk[a]);
    return saturating_add(chunk, volume_reread_overhead(&job->out));
}
