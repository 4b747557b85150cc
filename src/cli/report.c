#include "cli/report.h"

#include "base/dtype.h"
#include "cli/format.h"

void report_list_phases(const vxs_report *report, report_phase phases[REPORT_PHASES]) {
    const report_phase all[REPORT_PHASES] = {
        {"open", &report->open, report->in_dtype},         {"read", &report->read, report->in_dtype},
        {"exchange", &report->exchange, report->in_dtype}, {"compute", &report->compute, report->out_dtype},
        {"write", &report->write, report->out_dtype},      {"save", &report->checkpoint, report->out_dtype},
        {"close", &report->close, report->out_dtype},
    };
    for (int i = 0; i < REPORT_PHASES; i++)
        phases[i] = all[i];
}

double report_amplification(const vxs_report *report, int64_t read_bytes) {
    return report->needed_bytes > 0 ? (double)read_bytes / (double)report->needed_bytes : 0;
}

/* Right-aligned, since "1.50 GiB" holds a space that would spoil columns otherwise. */
static void print_phase(FILE *out, const report_phase *row) {
    format_text bytes, rate, voxels;
    double seconds = row->phase->seconds_max, amount = (double)row->phase->bytes;
    double per_second = seconds > 0 ? amount / seconds : 0;
    fprintf(out, "%-9s %9.3f %9.3f %12s %14s %18s\n", row->name, seconds, row->phase->seconds_mean,
            row->phase->bytes > 0 ? format_bytes(bytes, row->phase->bytes) : "-",
            format_rate(rate, per_second, "B"),
            format_rate(voxels, per_second / (double)dtype_bytes(row->dtype), "voxel"));
}

void report_print(FILE *out, const vxs_report *report) {
    report_phase phases[REPORT_PHASES];
    report_list_phases(report, phases);
    fprintf(out, "%-9s %9s %9s %12s %14s %18s\n", "phase", "max s", "mean s", "data", "rate", "rate");
    for (int i = 0; i < REPORT_PHASES; i++)
        print_phase(out, &phases[i]);
    format_text a, b, c;
    if (report->needed_bytes > 0)
        fprintf(out, "read     %s, needed %s: amplification %.3f; ghosts %s\n",
                format_bytes(a, report->read.bytes), format_bytes(b, report->needed_bytes),
                report_amplification(report, report->read.bytes), format_bytes(c, report->ghost_bytes));
    else
        fprintf(out, "read     %s of %s of input\n", format_bytes(a, report->read.bytes),
                format_bytes(b, report->input_bytes));
    if (report->travelled_points > 0)
        fprintf(out, "points   %lld were too scattered for the memory: %s of voxels sent for them\n",
                (long long)report->travelled_points, format_bytes(a, report->ghost_bytes));
    if (report->piece_bytes > 0)
        fprintf(out, "tiles    shared by several ranks: %s sent to those that write\n",
                format_bytes(a, report->piece_bytes));
    fprintf(out, "memory   %s at the peak of the rank with most, libraries included\n",
            format_bytes(a, report->peak_rss));
    if (report->checkpoints > 0)
        fprintf(out, "saved    %lld checkpoint%s, %.2f %% of the time\n", (long long)report->checkpoints,
                report->checkpoints == 1 ? "" : "s",
                report->seconds > 0 ? 100 * report->checkpoint.seconds_max / report->seconds : 0);
    int64_t written = report->output_bytes - report->resumed_bytes;
    double voxels = (double)written / (double)dtype_bytes(report->out_dtype);
    double per_second = report->seconds > 0 ? 1 / report->seconds : 0;
    fprintf(out, "done     in %s: %s of output, %s\n", format_seconds(a, report->seconds),
            format_rate(b, (double)written * per_second, "B"), format_rate(c, voxels * per_second, "voxel"));
}
