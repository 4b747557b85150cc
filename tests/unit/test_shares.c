/* Every item is taken once, by whatever team; a thread alone takes its own first, in order. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <omp.h>
#include <stdlib.h>

#include "kernels/shares.h"

static const int64_t items_of[] = {0, 1, 2, 3, 7, 63, 64, 65, 1000, 20011};
static const int threads_of[] = {1, 2, 3, 5, 7, 63, 64, 65, 200};
enum { ITEMS = sizeof items_of / sizeof *items_of, THREADS = sizeof threads_of / sizeof *threads_of };

/* A team of so many takes what was dealt to `threads`. */
static void check_team(int64_t items, int threads, int team) {
    int *taken = calloc((size_t)items + 1, sizeof *taken);
    int64_t outside = 0;
    shares work;
    assert_non_null(taken);
    shares_deal(&work, items, threads);
#pragma omp parallel num_threads(team) reduction(+ : outside)
    {
        share_walk walk = {omp_get_thread_num(), 0};
        for (int64_t item; (item = shares_next(&work, &walk)) >= 0;)
            if (item >= items)
                outside++;
            else
#pragma omp atomic
                taken[item]++;
        outside += shares_next(&work, &walk) != -1; /* and it stays so */
    }
    assert_int_equal(outside, 0);
    for (int64_t item = 0; item < items; item++)
        assert_int_equal(taken[item], 1);
    free(taken);
}

static void every_item_is_taken_once(void **state) {
    (void)state;
    for (int i = 0; i < ITEMS; i++)
        for (int t = 0; t < THREADS; t++) {
            const int threads = threads_of[t], fewer = threads > 1 ? threads - 1 : 1;
            check_team(items_of[i], threads, threads < 8 ? threads : 8);
            check_team(items_of[i], threads,
                       fewer < 4 ? fewer : 4); /* OpenMP may give less than was asked for */
        }
}

/* Alone, thread `own` takes its share from its begin to its end, then the others', and comes round. */
static void own_items_come_first_and_in_order(void **state) {
    (void)state;
    enum { ALL = 103, TEAM = 4 };
    static const int64_t begin_of[TEAM + 1] = {0, 26, 52, 78, 103};
    for (int own = 0; own < TEAM; own++) {
        shares work;
        share_walk walk = {own, 0};
        shares_deal(&work, ALL, TEAM);
        for (int passed = 0; passed < TEAM; passed++) {
            const int here = (own + passed) % TEAM;
            for (int64_t item = begin_of[here]; item < begin_of[here + 1]; item++)
                assert_int_equal(shares_next(&work, &walk), item);
        }
        assert_int_equal(shares_next(&work, &walk), -1);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_item_is_taken_once),
                                       cmocka_unit_test(own_items_come_first_and_in_order)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
