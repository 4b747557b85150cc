/* One writer: the second is refused, and a lock whose owner is certainly gone is taken over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/lock.h"

static char folder[] = "/tmp/voxslab-lock-XXXXXX", path[64];

static void read_lock(char text[1024]) {
    int file = open(path, O_RDONLY);
    ssize_t got = read(file, text, 1023);
    text[got > 0 ? got : 0] = '\0';
    close(file);
}

/* Replace the value of a line of the lock file. */
static void change(const char *name, const char *value) {
    char old[1024], new[2048];
    read_lock(old);
    char *line = strstr(old, name);
    assert_non_null(line);
    snprintf(new, sizeof new, "%.*s%s%s%s", (int)(line - old), old, name, value, strchr(line, '\n'));
    FILE *file = fopen(path, "w");
    fputs(new, file);
    fclose(file);
}

/* A lock as a process leaves it that is killed. */
static void leave_by_dead_process(void) {
    pid_t child = fork();
    if (child == 0) {
        file_lock lock;
        _exit(lock_take(path, &lock) != VXS_OK);
    }
    int status;
    waitpid(child, &status, 0);
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static void the_second_is_refused_until_the_first_lets_go(void **state) {
    (void)state;
    file_lock first, second;
    char host[256];
    gethostname(host, sizeof host);
    assert_int_equal(lock_take(path, &first), VXS_OK);
    assert_int_equal(lock_take(path, &second), VXS_CANT_CREATE);
    assert_non_null(strstr(vxs_message(), host));
    lock_release(&second);
    assert_int_equal(access(path, F_OK), 0);
    lock_release(&first);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_dead_process_holds_nothing(void **state) {
    (void)state;
    file_lock lock;
    leave_by_dead_process();
    assert_int_equal(access(path, F_OK), 0);
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    lock_release(&lock);
    assert_int_not_equal(access(path, F_OK), 0);
}

static void a_process_that_nobody_has_buried_yet_holds_nothing(void **state) {
    (void)state;
    file_lock lock;
    siginfo_t info;
    pid_t child = fork();
    if (child == 0)
        _exit(lock_take(path, &lock) != VXS_OK);
    assert_int_equal(waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT), 0);
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    lock_release(&lock);
    waitpid(child, NULL, 0);
}

static void a_process_number_used_again_holds_nothing(void **state) {
    (void)state;
    file_lock lock;
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    change("start=", "1");
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    lock_release(&lock);
}

static void a_machine_that_started_again_holds_nothing(void **state) {
    (void)state;
    file_lock lock;
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    change("boot=", "00000000-1111-2222-3333-444444444444");
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    lock_release(&lock);
}

static void another_hosts_lock_is_refused_and_explained(void **state) {
    (void)state;
    file_lock lock;
    leave_by_dead_process();
    change("host=", "node17");
    change("job=", "4242");
    assert_int_equal(lock_take(path, &lock), VXS_CANT_CREATE);
    assert_non_null(strstr(vxs_message(), "node17"));
    assert_non_null(strstr(vxs_message(), "Slurm job 4242"));
    assert_non_null(strstr(vxs_message(), "remove that file"));
    unlink(path);
}

static void a_requeued_job_takes_its_own_lock_from_another_host(void **state) {
    (void)state;
    file_lock lock;
    leave_by_dead_process();
    change("host=", "node17");
    change("job=", "4242");
    setenv("SLURM_JOB_ID", "4242", 1);
    assert_int_equal(lock_take(path, &lock), VXS_CANT_CREATE); /* the same run of it: perhaps another step */
    setenv("SLURM_RESTART_COUNT", "1", 1);
    assert_int_equal(lock_take(path, &lock), VXS_OK);
    lock_release(&lock);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
}

static void another_containers_processes_are_not_judged(void **state) {
    (void)state;
    file_lock lock;
    leave_by_dead_process();
    change("space=", "pid:[1]");
    assert_int_equal(lock_take(path, &lock), VXS_CANT_CREATE);
    unlink(path);
}

static void a_lock_that_says_nothing_is_explained(void **state) {
    (void)state;
    file_lock lock;
    close(open(path, O_CREAT | O_WRONLY, 0666));
    assert_int_equal(lock_take(path, &lock), VXS_CANT_CREATE);
    assert_non_null(strstr(vxs_message(), "remove"));
    unlink(path);
}

static void of_many_that_find_a_stale_lock_one_gets_it(void **state) {
    (void)state;
    enum { MANY = 8 };
    for (int trial = 0; trial < 3; trial++) {
        int done[2], taken = 0;
        leave_by_dead_process();
        assert_int_equal(pipe(done), 0);
        pid_t children[MANY];
        for (int i = 0; i < MANY; i++)
            if ((children[i] = fork()) == 0) {
                file_lock lock;
                char byte;
                vxs_status status = lock_take(path, &lock);
                close(done[1]);
                (void)!read(done[0], &byte, 1); /* alive until all have tried */
                _exit(status == VXS_OK);
            }
        sleep(3); /* those refused look for two seconds */
        close(done[0]);
        close(done[1]);
        for (int i = 0; i < MANY; i++) {
            int status;
            waitpid(children[i], &status, 0);
            taken += WEXITSTATUS(status);
        }
        assert_int_equal(taken, 1);
        unlink(path);
    }
}

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/out.lock", folder);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    return 0;
}

static int leave(void **state) {
    (void)state;
    unlink(path);
    return rmdir(folder);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_second_is_refused_until_the_first_lets_go),
        cmocka_unit_test(a_dead_process_holds_nothing),
        cmocka_unit_test(a_process_that_nobody_has_buried_yet_holds_nothing),
        cmocka_unit_test(a_process_number_used_again_holds_nothing),
        cmocka_unit_test(a_machine_that_started_again_holds_nothing),
        cmocka_unit_test(another_hosts_lock_is_refused_and_explained),
        cmocka_unit_test(a_requeued_job_takes_its_own_lock_from_another_host),
        cmocka_unit_test(another_containers_processes_are_not_judged),
        cmocka_unit_test(a_lock_that_says_nothing_is_explained),
        cmocka_unit_test(of_many_that_find_a_stale_lock_one_gets_it),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
