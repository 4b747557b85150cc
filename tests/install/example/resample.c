#include <stdio.h>
#include <voxslab/voxslab.h>

int main(void) {
    float in[2][2][2] = {{{0, 1}, {2, 3}}, {{4, 5}, {6, 7}}}, out[1][1][1];
    vxs_view src = {.data = in, .dtype = VXS_FLOAT32, .axes = 3, .shape = {2, 2, 2}};
    vxs_view dst = {.data = out, .dtype = VXS_FLOAT32, .axes = 3, .shape = {1, 1, 1}};
    if (vxs_resample(&src, &dst, NULL) != VXS_OK)
        return fprintf(stderr, "%s\n", vxs_message()), 1;
    return printf("%g\n", out[0][0][0]) < 0; /* 3.5, the mean of the eight */
}
