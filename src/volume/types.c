#include <string.h>

#include "volume/internal.h"

/* IEEE formats as HDF5 describes them: positions and sizes in bits. */
typedef struct float_format {
    vxs_dtype dtype;
    size_t bytes, sign, exponent, exponent_bits, mantissa_bits, bias;
} float_format;

static const float_format float_formats[] = {
    {VXS_FLOAT16, 2, 15, 10, 5, 10, 15},
    {VXS_FLOAT32, 4, 31, 23, 8, 23, 127},
    {VXS_FLOAT64, 8, 63, 52, 11, 52, 1023},
};

/* By log2 of the size, then unsigned, signed. */
static const vxs_dtype integer_dtypes[4][2] = {
    {VXS_UINT8, VXS_INT8}, {VXS_UINT16, VXS_INT16}, {VXS_UINT32, VXS_INT32}, {VXS_UINT64, VXS_INT64}};

static bool uses_all_bits(hid_t type) {
    return H5Tget_precision(type) == 8 * H5Tget_size(type) && H5Tget_offset(type) == 0;
}

/* False for orders that are neither little nor big. */
static bool order_is_swapped(hid_t type, bool *swapped) {
    H5T_order_t order = H5Tget_order(type);
    *swapped = H5Tget_size(type) > 1 && order != H5Tget_order(H5T_NATIVE_INT);
    return order == H5T_ORDER_LE || order == H5T_ORDER_BE;
}

static bool integer_to_dtype(hid_t type, vxs_dtype *dtype) {
    for (int i = 0; i < 4; i++)
        if (H5Tget_size(type) == (size_t)1 << i) {
            *dtype = integer_dtypes[i][H5Tget_sign(type) == H5T_SGN_2];
            return uses_all_bits(type);
        }
    return false;
}

static bool float_to_dtype(hid_t type, vxs_dtype *dtype) {
    size_t sign, exponent, exponent_bits, mantissa, mantissa_bits;
    if (H5Tget_fields(type, &sign, &exponent, &exponent_bits, &mantissa, &mantissa_bits) < 0 ||
        !uses_all_bits(type) || H5Tget_norm(type) != H5T_NORM_IMPLIED || mantissa != 0)
        return false;
    for (size_t i = 0; i < sizeof float_formats / sizeof *float_formats; i++) {
        const float_format *f = &float_formats[i];
        if (H5Tget_size(type) == f->bytes && sign == f->sign && exponent == f->exponent &&
            exponent_bits == f->exponent_bits && mantissa_bits == f->mantissa_bits &&
            H5Tget_ebias(type) == f->bias) {
            *dtype = f->dtype;
            return true;
        }
    }
    return false;
}

/* h5py's bool: an enum of one byte, FALSE = 0 and TRUE = 1. */
static bool enum_is_bool(hid_t type) {
    if (H5Tget_size(type) != 1 || H5Tget_nmembers(type) != 2)
        return false;
    signed char no = -1, yes = -1;
    return H5Tenum_valueof(type, "FALSE", &no) >= 0 && H5Tenum_valueof(type, "TRUE", &yes) >= 0 && no == 0 &&
           yes == 1;
}

bool type_to_dtype(hid_t type, vxs_dtype *dtype, bool *swapped) {
    *swapped = false;
    switch (H5Tget_class(type)) {
    case H5T_INTEGER:
        return integer_to_dtype(type, dtype) && order_is_swapped(type, swapped);
    case H5T_FLOAT:
        return float_to_dtype(type, dtype) && order_is_swapped(type, swapped);
    case H5T_ENUM:
        *dtype = VXS_BOOL;
        return enum_is_bool(type);
    default:
        return false;
    }
}

/* h5py's complex: a compound of two equal floats, r and i. */
static bool compound_is_complex(hid_t type) {
    return H5Tget_nmembers(type) == 2 && H5Tget_member_index(type, "r") == 0 &&
           H5Tget_member_index(type, "i") == 1;
}

static const char *class_name(hid_t type) {
    switch (H5Tget_class(type)) {
    case H5T_STRING:
        return "string";
    case H5T_BITFIELD:
        return "bitfield";
    case H5T_OPAQUE:
        return "opaque";
    case H5T_COMPOUND:
        return compound_is_complex(type) ? "complex" : "compound";
    case H5T_REFERENCE:
        return "reference";
    case H5T_ENUM:
        return "enum";
    case H5T_VLEN:
        return "variable-length";
    case H5T_ARRAY:
        return "array";
    case H5T_TIME:
        return "time";
    default:
        return "unknown";
    }
}

const char *type_describe(hid_t type, char text[TYPE_TEXT_BYTES]) {
    vxs_dtype dtype;
    bool swapped;
    H5T_class_t class = H5Tget_class(type);
    if (type_to_dtype(type, &dtype, &swapped))
        snprintf(text, TYPE_TEXT_BYTES, "%s%s", dtype_name(dtype),
                 !swapped                             ? ""
                 : H5Tget_order(type) == H5T_ORDER_BE ? ", big-endian"
                                                      : ", little-endian");
    else if (class == H5T_INTEGER || class == H5T_FLOAT)
        snprintf(text, TYPE_TEXT_BYTES, "non-standard %s of %zu bits in %zu bytes",
                 class == H5T_FLOAT ? "float" : "integer", H5Tget_precision(type), H5Tget_size(type));
    else
        snprintf(text, TYPE_TEXT_BYTES, "%s", class_name(type));
    return text;
}

static hid_t make_bool(void) {
    signed char no = 0, yes = 1;
    hid_t type = H5Tenum_create(H5T_STD_I8LE);
    if (type < 0 || H5Tenum_insert(type, "FALSE", &no) < 0 || H5Tenum_insert(type, "TRUE", &yes) < 0) {
        hdf5_drop(type);
        return H5I_INVALID_HID;
    }
    return type;
}

static hid_t make_half(void) {
    hid_t type = H5Tcopy(H5T_IEEE_F32LE);
    if (type < 0 || H5Tset_fields(type, 15, 10, 5, 0, 10) < 0 || H5Tset_size(type, 2) < 0 ||
        H5Tset_ebias(type, 15) < 0) {
        hdf5_drop(type);
        return H5I_INVALID_HID;
    }
    return type;
}

hid_t type_from_dtype(vxs_dtype dtype) {
    switch (dtype) {
    case VXS_UINT8:
        return H5Tcopy(H5T_STD_U8LE);
    case VXS_INT8:
        return H5Tcopy(H5T_STD_I8LE);
    case VXS_UINT16:
        return H5Tcopy(H5T_STD_U16LE);
    case VXS_INT16:
        return H5Tcopy(H5T_STD_I16LE);
    case VXS_UINT32:
        return H5Tcopy(H5T_STD_U32LE);
    case VXS_INT32:
        return H5Tcopy(H5T_STD_I32LE);
    case VXS_UINT64:
        return H5Tcopy(H5T_STD_U64LE);
    case VXS_INT64:
        return H5Tcopy(H5T_STD_I64LE);
    case VXS_FLOAT32:
        return H5Tcopy(H5T_IEEE_F32LE);
    case VXS_FLOAT64:
        return H5Tcopy(H5T_IEEE_F64LE);
    case VXS_FLOAT16:
        return make_half();
    case VXS_BOOL:
        return make_bool();
    case VXS_DTYPES:
        break;
    }
    return H5I_INVALID_HID;
}
