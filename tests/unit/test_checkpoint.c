/* When a round is given up: pipeline/checkpoint.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mpi.h>

#include "pipeline/checkpoint.h"

/* A round of which such a part is done after so many seconds. */
static vxs_status part_after(double part, double seconds, sig_atomic_t stop, double max_seconds) {
    volatile sig_atomic_t flag = stop;
    const double now = MPI_Wtime();
    const vxs_job options = {.stop = &flag, .max_seconds = max_seconds};
    checkpoint c = {.options = &options, .began = now - seconds, .round_end = now - seconds, .step_end = now};
    return checkpoint_within_round(&c, part);
}

static vxs_status half_after(double seconds, sig_atomic_t stop, double max_seconds) {
    return part_after(0.5, seconds, stop, max_seconds);
}

static void test_nothing_asked_for(void **state) {
    (void)state;
    assert_int_equal(half_after(1e6, 0, 0), VXS_OK);
}

/* However long it takes: who asked for it chose when. */
static void test_after_round_finishes_the_round(void **state) {
    (void)state;
    assert_int_equal(half_after(10, VXS_STOP_AFTER_ROUND, 0), VXS_OK);
    assert_int_equal(half_after(1e6, VXS_STOP_AFTER_ROUND, 0), VXS_OK);
}

static void test_soon_waits_twenty_seconds(void **state) {
    (void)state;
    assert_int_equal(half_after(15, VXS_STOP_SOON, 0), VXS_OK);
    assert_int_equal(half_after(25, VXS_STOP_SOON, 0), VXS_STOPPED);
}

static void test_time_limit(void **state) {
    (void)state;
    assert_int_equal(half_after(100, 0, 1000), VXS_OK);
    assert_int_equal(half_after(100, 0, 100), VXS_STOPPED); /* 100 s more, and no time left */
}

/* Nobody knows how long the rest takes: as long as it took so far, say. */
static void test_nothing_done_yet(void **state) {
    (void)state;
    assert_int_equal(part_after(0, 15, VXS_STOP_SOON, 0), VXS_OK);
    assert_int_equal(part_after(0, 25, VXS_STOP_SOON, 0), VXS_STOPPED);
    assert_int_equal(part_after(0, 100, 0, 1000), VXS_OK);
    assert_int_equal(part_after(0, 100, 0, 100), VXS_STOPPED);
}

static int begin_mpi(void **state) {
    (void)state;
    return MPI_Init(NULL, NULL) != MPI_SUCCESS;
}

static int end_mpi(void **state) {
    (void)state;
    return MPI_Finalize() != MPI_SUCCESS;
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nothing_asked_for),
        cmocka_unit_test(test_after_round_finishes_the_round),
        cmocka_unit_test(test_soon_waits_twenty_seconds),
        cmocka_unit_test(test_time_limit),
        cmocka_unit_test(test_nothing_done_yet),
    };
    return cmocka_run_group_tests(tests, begin_mpi, end_mpi);
}
