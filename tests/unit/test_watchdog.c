/* The watchdog ends a process whose transfer makes no progress, and no other. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "comm/watchdog.h"

/* What a child does under a watchdog of 0.2 s; its exit status, and what it said. */
static int child_status(void (*work)(watchdog *dog), char said[1024]) {
    int ends[2], status;
    assert_int_equal(pipe(ends), 0);
    fflush(NULL);
    pid_t child = fork();
    if (child == 0) {
        watchdog *dog;
        dup2(ends[1], STDERR_FILENO);
        if (watchdog_start(7, 0.2, &dog) != VXS_OK)
            _exit(1);
        work(dog);
        watchdog_stop(dog);
        _exit(0);
    }
    close(ends[1]);
    size_t used = 0;
    for (ssize_t got; used < 1023 && (got = read(ends[0], said + used, 1023 - used)) > 0;)
        used += (size_t)got;
    said[used] = '\0';
    close(ends[0]);
    waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void hang(watchdog *dog) {
    watchdog_begin(dog, "writing [0:%d] of '%s'", 8, "out.h5");
    sleep(20);
    watchdog_end(dog);
}

static void many_short_transfers(watchdog *dog) {
    for (int i = 0; i < 20; i++) {
        watchdog_begin(dog, "transfer %d", i);
        usleep(50000);
        watchdog_end(dog);
    }
}

static void compute_for_long(watchdog *dog) {
    watchdog_begin(dog, "one transfer");
    watchdog_end(dog);
    usleep(900000);
}

static void a_transfer_that_hangs_ends_the_process_with_74_and_says_where(void **state) {
    (void)state;
    char said[1024];
    assert_int_equal(child_status(hang, said), VXS_IO);
    assert_non_null(strstr(said, "rank 7"));
    assert_non_null(strstr(said, "writing [0:8] of 'out.h5'"));
    assert_non_null(strstr(said, "--io-timeout"));
}

static void transfers_that_end_in_time_and_computing_are_left_alone(void **state) {
    (void)state;
    char said[1024];
    assert_int_equal(child_status(many_short_transfers, said), 0);
    assert_string_equal(said, "");
    assert_int_equal(child_status(compute_for_long, said), 0);
    assert_string_equal(said, "");
}

static void no_watchdog_watches_nothing(void **state) {
    (void)state;
    watchdog_begin(NULL, "nothing");
    watchdog_end(NULL);
    watchdog_stop(NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_transfer_that_hangs_ends_the_process_with_74_and_says_where),
        cmocka_unit_test(transfers_that_end_in_time_and_computing_are_left_alone),
        cmocka_unit_test(no_watchdog_watches_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
