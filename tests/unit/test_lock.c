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
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "journal/lock.h"
#include "journal/slurm.h"

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

/* Takes the lock, says whether it got it, and lives until all have tried. */
static void contend(int said, int wait) {
    file_lock lock;
    unsigned char got = lock_take(path, &lock) == VXS_OK;
    (void)!write(said, &got, 1);
    (void)!read(wait, &got, 1);
    _exit(0);
}

static void of_many_that_find_a_stale_lock_one_gets_it(void **state) {
    (void)state;
    enum { MANY = 8, TRIALS = 20 };
    for (int trial = 0; trial < TRIALS; trial++) {
        int said[2], wait[2], taken = 0;
        leave_by_dead_process();
        assert_int_equal(pipe(said) | pipe(wait), 0);
        for (int i = 0; i < MANY; i++)
            if (fork() == 0) {
                close(wait[1]);
                contend(said[1], wait[0]);
            }
        for (int i = 0; i < MANY; i++) {
            unsigned char got = 0;
            assert_int_equal(read(said[0], &got, 1), 1);
            taken += got;
        }
        for (int i = 0; i < 2; i++) {
            close(said[i]);
            close(wait[i]);
        }
        while (waitpid(-1, NULL, 0) > 0)
            continue;
        assert_int_equal(taken, 1);
        unlink(path);
    }
}

/* ---- what Slurm says, by the mouth of a squeue of ours ---- */

static char search_path[8192];

static void write_squeue(const char *answer) {
    char program[80];
    snprintf(program, sizeof program, "%s/squeue", folder);
    FILE *file = fopen(program, "w");
    fprintf(file, "#!/bin/sh\ncase \"$*\" in *--jobs=4242*) %s ;; *) echo COMPLETED ;; esac\n", answer);
    fclose(file);
    assert_int_equal(chmod(program, 0755), 0);
}

static vxs_status take_from_job_4242(const char *cluster, const char *user) {
    file_lock lock;
    leave_by_dead_process();
    change("host=", "node17");
    change("job=", "4242");
    change("cluster=", cluster);
    if (user)
        change("user=", user);
    vxs_status status = lock_take(path, &lock);
    lock_release(&lock);
    unlink(path);
    return status;
}

static void a_job_that_has_ended_for_slurm_holds_nothing(void **state) {
    (void)state;
    static const struct {
        const char *answer;
        vxs_status status;
    } cases[] = {
        {"echo FAILED", VXS_OK},
        {"echo NODE_FAIL", VXS_OK},
        {"echo 'slurm_load_jobs error: Invalid job id specified' >&2; exit 1", VXS_OK},
        {"echo RUNNING", VXS_CANT_CREATE},
        {"echo COMPLETING", VXS_CANT_CREATE},
        {"echo PENDING", VXS_CANT_CREATE}, /* queued again: it will go on itself */
        {"echo FAILED; echo RUNNING", VXS_CANT_CREATE},
        {"echo 'slurm_load_jobs error: Unable to contact slurm controller' >&2; exit 1", VXS_CANT_CREATE},
        {"exit 0", VXS_CANT_CREATE},
    };
    char path_with_squeue[9000];
    snprintf(path_with_squeue, sizeof path_with_squeue, "%s:%s", folder, search_path);
    setenv("PATH", path_with_squeue, 1);
    setenv("SLURM_CLUSTER_NAME", "big", 1);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        write_squeue(cases[i].answer);
        if (take_from_job_4242("big", NULL) != cases[i].status)
            fail_msg("squeue: %s", cases[i].answer);
    }
    write_squeue("echo FAILED");
    assert_int_equal(take_from_job_4242("other", NULL), VXS_CANT_CREATE); /* not this squeue's jobs */
    assert_int_equal(take_from_job_4242("big", "4711"), VXS_CANT_CREATE); /* perhaps hidden from us */
    setenv("PATH", search_path, 1);
    unsetenv("SLURM_CLUSTER_NAME");
}

static void what_is_no_job_number_never_reaches_a_shell(void **state) {
    (void)state;
    char command[80];
    snprintf(command, sizeof command, "1;touch${IFS}%s/harm;", folder);
    assert_false(slurm_job_has_ended(command));
    assert_false(slurm_job_has_ended(""));
    assert_false(slurm_job_has_ended("12345678901234567890"));
    snprintf(command, sizeof command, "%s/harm", folder);
    assert_int_not_equal(access(command, F_OK), 0);
}

static int enter(void **state) {
    (void)state;
    if (!mkdtemp(folder))
        return 1;
    snprintf(path, sizeof path, "%s/out.lock", folder);
    unsetenv("SLURM_JOB_ID");
    unsetenv("SLURM_RESTART_COUNT");
    unsetenv("SLURM_CLUSTER_NAME");
    snprintf(search_path, sizeof search_path, "%s", getenv("PATH"));
    return 0;
}

static int leave(void **state) {
    (void)state;
    char program[80];
    snprintf(program, sizeof program, "%s/squeue", folder);
    unlink(program);
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
        cmocka_unit_test(a_job_that_has_ended_for_slurm_holds_nothing),
        cmocka_unit_test(what_is_no_job_number_never_reaches_a_shell),
    };
    return cmocka_run_group_tests(tests, enter, leave);
}
