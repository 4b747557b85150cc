#include "kernels/isa.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct isa {
    const char *name;
    const row_functions *rows;
    bool (*runs_here)(void);
} isa;

static bool always(void) {
    return true;
}

extern const row_functions row_functions_baseline;

#ifdef HAVE_ISA_BUILDS
extern const row_functions row_functions_v3, row_functions_v4;

/* The processor's own word, and that the system saves the wide registers. One by one: GCC 11 does not know
 * the levels by name. */
#define HAS(feature) (__builtin_cpu_supports(feature) != 0)

static bool has_v3(void) {
    return HAS("avx2") && HAS("bmi") && HAS("bmi2") && HAS("f16c") && HAS("fma") && HAS("lzcnt") &&
           HAS("movbe");
}

static bool has_v4(void) {
    return has_v3() && HAS("avx512f") && HAS("avx512bw") && HAS("avx512cd") && HAS("avx512dq") &&
           HAS("avx512vl");
}
#endif

/* Best last. */
static const isa sets[] = {
    {"baseline", &row_functions_baseline, always},
#ifdef HAVE_ISA_BUILDS
    {"v3", &row_functions_v3, has_v3},
    {"v4", &row_functions_v4, has_v4},
#endif
};
enum { SETS = sizeof sets / sizeof *sets };

static const char *wanted(void) {
    const char *name = getenv("VOXSLAB_ISA");
    return name && *name ? name : NULL;
}

/* The set of that name, or with NULL the best one; NULL when it does not run here. */
static const isa *find(const char *name) {
    for (int i = SETS - 1; i >= 0; i--)
        if ((!name || strcmp(sets[i].name, name) == 0) && sets[i].runs_here())
            return &sets[i];
    return NULL;
}

static const isa *in_use(void) {
    const isa *set = find(wanted());
    return set ? set : find(NULL);
}

vxs_status isa_check(void) {
    char list[64];
    isa_list(list, sizeof list);
    CHECK(find(wanted()), VXS_USAGE, "VOXSLAB_ISA is '%.60s', which this machine can't run: it can %s",
          wanted(), list);
    return VXS_OK;
}

const char *isa_name(void) {
    return in_use()->name;
}

void isa_list(char *text, size_t bytes) {
    size_t used = 0;
    *text = '\0';
    for (int i = 0; i < SETS; i++)
        if (sets[i].runs_here() && used < bytes)
            used += (size_t)snprintf(text + used, bytes - used, "%s%s", i ? ", " : "", sets[i].name);
}

const row_functions *isa_row_functions(void) {
    return in_use()->rows;
}
