#include "cli/plan_table.h"

#include <stdbool.h>
#include <string.h>

#include "cli/format.h"
#include "cli/report.h"

enum { COLUMNS = 9 };

static const char *const titles[COLUMNS] = {"epoch",      "rank",   "output box", "needed box", "read box",
                                            "written by", "rounds", "ghosts",     "memory"};

void plan_table_add(plan_table *table, const vxs_plan_part *part) {
    if (table->count < PLAN_TABLE_ALL)
        table->head[table->count] = *part;
    table->tail[table->count % PLAN_TABLE_TAIL] = *part;
    table->count++;
}

static const char *format_number(format_text text, int64_t number) {
    snprintf(text, FORMAT_BYTES, "%lld", (long long)number);
    return text;
}

static const char *format_cell(format_text text, const vxs_plan_part *part, int column, int axes) {
    switch (column) {
    case 0:
        return format_number(text, part->epoch);
    case 1:
        return format_number(text, part->rank);
    case 2:
        return format_box(text, part->out_begin, part->out_end, axes);
    case 3:
        return format_box(text, part->need_begin, part->need_end, axes);
    case 4:
        return format_box(text, part->own_begin, part->own_end, axes);
    case 5:
        return format_number(text, part->writer);
    case 6:
        return format_number(text, part->rounds);
    case 7:
        return format_bytes(text, part->ghost_bytes);
    default:
        return format_bytes(text, part->memory_bytes);
    }
}

/* Row i of the table; rows that are left out are never asked for. */
static const vxs_plan_part *part_at(const plan_table *table, int64_t i) {
    return i < PLAN_TABLE_ALL ? &table->head[i] : &table->tail[i % PLAN_TABLE_TAIL];
}

/* The row after i, skipping what is left out. */
static int64_t next_row(const plan_table *table, int64_t i) {
    bool gap = table->count > PLAN_TABLE_ALL && i + 1 == PLAN_TABLE_HEAD;
    return gap ? table->count - PLAN_TABLE_TAIL : i + 1;
}

void plan_table_print(FILE *out, const plan_table *table, int axes) {
    int width[COLUMNS];
    format_text text;
    for (int c = 0; c < COLUMNS; c++) {
        width[c] = (int)strlen(titles[c]);
        for (int64_t i = 0; i < table->count; i = next_row(table, i)) {
            int length = (int)strlen(format_cell(text, part_at(table, i), c, axes));
            width[c] = length > width[c] ? length : width[c];
        }
    }
    for (int c = 0; c < COLUMNS; c++)
        fprintf(out, "%*s%s", width[c], titles[c], c + 1 < COLUMNS ? "  " : "\n");
    for (int64_t i = 0; i < table->count; i = next_row(table, i)) {
        for (int c = 0; c < COLUMNS; c++)
            fprintf(out, "%*s%s", width[c], format_cell(text, part_at(table, i), c, axes),
                    c + 1 < COLUMNS ? "  " : "\n");
        if (next_row(table, i) != i + 1)
            fprintf(out, "... %lld parts left out: --json FILE lists all %lld ...\n",
                    (long long)(next_row(table, i) - i - 1), (long long)table->count);
    }
}

void plan_table_print_totals(FILE *out, const plan_table *table, const vxs_report *report) {
    format_text a, b;
    fprintf(out, "parts    %lld\n", (long long)table->count);
    if (report->needed_bytes > 0)
        fprintf(out, "read     %s, needed %s: amplification %.3f\n",
                format_bytes(a, report->planned_read_bytes), format_bytes(b, report->needed_bytes),
                report_amplification(report, report->planned_read_bytes));
    else
        fprintf(out, "read     %s%s\n", format_bytes(a, report->planned_read_bytes),
                report->points[0] ? " of points, and what of the input these ask for" : "");
    if (report->pieces == 0)
        fprintf(out, "sent     ghosts %s, pieces of shared tiles %s\n",
                format_bytes(a, report->planned_ghost_bytes), format_bytes(b, report->planned_piece_bytes));
    fprintf(out, "written  %s before compression\n", format_bytes(a, report->output_bytes));
    fprintf(out, "memory   %s on the rank that needs most, %s allowed\n",
            format_bytes(a, report->memory_planned), format_bytes(b, report->memory_budget));
}
