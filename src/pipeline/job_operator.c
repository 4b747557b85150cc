#include "pipeline/job_operator.h"

#include <stdio.h>

/* ---- resample ---- */

static vxs_dtype same_dtype(vxs_dtype in) {
    return in;
}

static vxs_status resample_check_dtypes(const vxs_job *options, vxs_dtype in, vxs_dtype out) {
    return dtype_check_mode(in, out, options->resample.mode);
}

static vxs_status resample_init(resolved_job *job) {
    resample_operator *op = &job->operator.resample;
    TRY(resample_operator_init(op, &job->options->resample, job->in.dtype, job->out.dtype, job->in.shape,
                               job->out.shape));
    job->stream.op = resample_stream(op);
    return VXS_OK;
}

static void resample_parameters(const resolved_job *job, char *text, size_t bytes) {
    const vxs_resample_options *o = &job->options->resample;
    snprintf(text, bytes, "mode=%s align_corners=%d coords=%s size=%lld,%lld,%lld dtype=%s",
             mode_name(o->mode), o->align_corners != 0, coords_name(o->coords),
             (long long)job->out.shape[AXIS_D], (long long)job->out.shape[AXIS_H],
             (long long)job->out.shape[AXIS_W], dtype_name(job->out.dtype));
}

/* ---- label ---- */

static vxs_dtype label_default_dtype(vxs_dtype in) {
    (void)in;
    return VXS_UINT8;
}

static vxs_status label_check_dtypes(const vxs_job *options, vxs_dtype in, vxs_dtype out) {
    (void)options;
    return label_check_dtype(in, out);
}

static vxs_status label_init(resolved_job *job) {
    label_operator *op = &job->operator.label;
    TRY(label_operator_init(op, &job->options->label, job->in.dtype, job->out.dtype, job->in.shape,
                            job->out.shape));
    job->stream.op = label_stream(op);
    return VXS_OK;
}

static void label_parameters(const resolved_job *job, char *text, size_t bytes) {
    snprintf(text, bytes, "operator=label minimum_label=%d dtype=%s", job->options->label.minimum_label != 0,
             dtype_name(job->out.dtype));
}

static const job_operator table[VXS_OPERATORS] = {
    [VXS_OP_RESAMPLE] = {&stream_engine, NULL, job_lattice_resampled, same_dtype, resample_check_dtypes,
                         resample_init, resample_parameters},
    [VXS_OP_LABEL] = {&stream_engine, NULL, job_lattice_same, label_default_dtype, label_check_dtypes,
                      label_init, label_parameters},
    [VXS_OP_GRID_SAMPLE] = {&gather_engine, "grid", job_lattice_of_grid, same_dtype, job_sample_check_dtypes,
                            job_sample_init, job_sample_parameters},
    [VXS_OP_AFFINE] = {&gather_engine, NULL, job_lattice_of_affine, same_dtype, job_sample_check_dtypes,
                       job_sample_init, job_sample_parameters},
    [VXS_OP_WARP] = {&gather_engine, "field", job_lattice_of_field, same_dtype, job_sample_check_dtypes,
                     job_sample_init, job_sample_parameters},
};

const job_operator *job_operator_of(vxs_operator op) {
    return &table[op];
}
