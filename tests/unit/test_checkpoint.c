/* When a round is given up: pipeline/checkpoint.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <mpi.h>

#include "pipeline/checkpoint.h"

/* A round of which half is done after so many seconds. */
static vxs_status half_after(double seconds, sig_atomic_t stop, double max_seconds) {
    volatile sig_atomic_t flag = stop;
    const double now = MPI_Wtime();
    const vxs_job options = {.stop = &flag, .max_seconds = max_seconds};
    checkpoint c = {.options = &options, .began = now - seconds, .round_end = now - seconds, .step_end = now};
    return checkpoint_within_round(&c, 0.5);
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
    };
    return cmocka_run_group_tests(tests, begin_mpi, end_mpi);
}
