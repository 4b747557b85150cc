/*
 * One epoch: a box of output tiles, cut into a grid of parts along d, h and w, one part a rank. Where ranks
 * outnumber tiles, parts are shares of one tile: each is computed, with all that it needs, by a rank of its
 * own, and sent to the first part of the group, which writes the tile. Everything that a rank must know of
 * any other is closed form in that rank's number: its output box, the input box that it needs, the input box
 * that it owns (reads), the messages between them, and the steps in which input is read. Pure integers,
 * nothing stored per rank. Local.
 *
 *   need(r) = source of out(r), per axis
 *   own(r)  = a disjoint cover of all needs, cut at whole input chunks, each chunk owned by the first part
 *             that needs it:  own(p) = [max(up(need(p-1).end), down(need(p).begin)), up(need(p).end))  per
 * axis, and cut to what anybody needs early   = the end of own(r) along d that later parts need too: it is
 * read and sent first, and kept ghosts  = the beginning of need(r) along d that earlier parts own; along h
 * and w, ghosts come with every step
 */
#ifndef PARTITION_EPOCH_H
#define PARTITION_EPOCH_H

#include <stdbool.h>

#include "base/box.h"

/* The input range that a range of outputs needs, along axis 0..2 = d, h, w; both ends never fall as the
 * outputs' do, and it is empty for no outputs only. */
typedef range (*stream_source)(const void *context, int axis, range outputs);

/* What is the same for the whole job. */
typedef struct stream_shape {
    int64_t in[AXES], out[AXES];
    int64_t in_chunk[AXES];   /* 1 along every axis for input that is not chunked */
    bool in_filtered;         /* a chunk is read whole or not at all */
    int64_t write_unit[AXES]; /* output chunks, or tiles without them: no collective write cuts through one */
    int64_t tile[AXES];
    int64_t in_voxel_bytes, out_voxel_bytes;
    int64_t max_taps_d; /* planes that one output plane can need */
    stream_source source;
    const void *context;
} stream_shape;

typedef struct epoch {
    const stream_shape *shape;
    box region;          /* output box of all ranks, in voxels, cut at tiles */
    int parts[3];        /* ranks along d, h, w */
    int shares[3];       /* consecutive parts that share tiles; 0 or 1: each part has tiles of its own */
    int64_t step_planes; /* input planes read at a time: whole chunk layers */
    /* Along h and w: pass number pass of passes over the input; each part then computes that share of its
     * box. Shares of boxes with fewer rows than passes overlap. passes 0 or 1: the whole box. */
    int64_t pass[2], passes[2];
} epoch;

/* A rank's place in the grid; false when the epoch has no work for it. */
bool epoch_part_of_rank(const epoch *e, int64_t rank, int part[3]);
int64_t epoch_rank_of_part(const epoch *e, const int part[3]);

/* Along one axis 0..2 = d, h, w, for part number 0 <= part < parts[axis]. */
range epoch_tiles_range(const epoch *e, int axis, int part); /* whole tiles, of which out is a share */
/* A part's share of its tiles, and what it computes: the same, unless there are more shares than voxels. Then
 * some shares are empty, and the part computes a voxel that another one sends. */
range epoch_piece_range(const epoch *e, int axis, int part);
range epoch_out_range(const epoch *e, int axis, int part);
range epoch_need_range(const epoch *e, int axis, int part);
range epoch_own_range(const epoch *e, int axis, int part); /* may be empty */
/* Of own along d: the planes from which later parts need some; a suffix of whole chunk layers, may be empty.
 */
range epoch_early_range(const epoch *e, int part_d);
/* Of need along d: the planes that earlier parts own; a prefix, may be empty. */
range epoch_ghost_range(const epoch *e, int part_d);
/* Along h or w: the smallest range that holds need and own; the cross-section of a rank's planes in memory.
 */
range epoch_hull_range(const epoch *e, int axis, int part);

box epoch_piece_box(const epoch *e, const int part[3]);

/* Whole boxes; the leading axes are the region's. write: of the first part that shares tiles all of them, of
 * the others nothing. */
box epoch_write_box(const epoch *e, const int part[3]);
box epoch_out_box(const epoch *e, const int part[3]);
box epoch_need_box(const epoch *e, const int part[3]);
box epoch_own_box(const epoch *e, const int part[3]);

/* What reading a box takes off the disk: whole chunks where they are filtered, since those are decoded whole.
 */
box epoch_fetched_box(const epoch *e, const box *read);

/* The next planes at or after from that a part reads in one step, and that lie before limit: at most
 * step_planes, from a chunk layer's begin, none where no output has a tap. Empty when there are none left. */
range epoch_next_step(const epoch *e, int64_t from, int64_t limit);

/* Within a step: the next run of planes at or after from that some output needs; gaps between runs needn't be
 * read. Whole chunk layers. Empty when there are none left. */
range epoch_next_run(const epoch *e, range step, int64_t from);

/* Of need along d: how many planes a part reads, or gets parts of from the parts beside it: not its ghosts,
 * nor what lies between steps. */
int64_t epoch_traded_planes(const epoch *e, int part_d);

/* One message: the input box that goes from its owner to peer, or comes from peer. */
typedef struct message {
    int64_t peer;
    box what;
} message;

typedef void (*message_visit)(const message *m, void *context);

/* Of the planes, all messages that part sends (parts of the same d need the rest of each plane, later parts
 * the early planes), or receives, in the order of the peers. The receives of all ranks are their sends, box
 * by box. */
void epoch_visit_sends(const epoch *e, const int part[3], range planes, message_visit visit, void *context);
void epoch_visit_receives(const epoch *e, const int part[3], range planes, message_visit visit,
                          void *context);

/* The rank that writes what a part computes. */
int64_t epoch_writer_of_part(const epoch *e, const int part[3]);

/* Of the output planes, the messages by which tiles come together: the one that a part sends to the part that
 * writes its tiles, or all that the writing part receives. Neither where nothing is shared. */
void epoch_visit_pieces(const epoch *e, const int part[3], range planes, message_visit visit, void *context);

#endif
