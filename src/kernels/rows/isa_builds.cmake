# The row functions, once per instruction set: x86-64 as it is, with AVX2, with AVX-512; elsewhere once.
# -ffp-contract=off stands: v3 and v4 have fused multiply-add and must not use it.
include(CheckCSourceCompiles)
option(VOXSLAB_ISA_BUILDS "builds for several instruction sets, chosen when run (x86-64)" ON)
set(CMAKE_REQUIRED_FLAGS -march=x86-64-v4)
check_c_source_compiles("
#if !defined(__AVX512VL__)
#error another processor
#endif
int main(void) { return __builtin_cpu_supports(\"f16c\") + __builtin_cpu_supports(\"avx512vl\") == -1; }"
  VOXSLAB_HAVE_X86_64_LEVELS)
unset(CMAKE_REQUIRED_FLAGS)

set(isa_flags_baseline "")
set(isa_flags_v3 -march=x86-64-v3)
set(isa_flags_v4 -march=x86-64-v4 -mprefer-vector-width=512)
set(isas baseline)
if(VOXSLAB_ISA_BUILDS AND VOXSLAB_HAVE_X86_64_LEVELS)
  list(APPEND isas v3 v4)
  target_compile_definitions(room_kernels PRIVATE HAVE_ISA_BUILDS)
endif()

file(GLOB row_sources CONFIGURE_DEPENDS ${CMAKE_CURRENT_LIST_DIR}/*.c)
set(row_objects "")
foreach(isa ${isas})
  add_library(rows_${isa} OBJECT ${row_sources})
  target_include_directories(rows_${isa} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR} ${PROJECT_SOURCE_DIR}/include)
  target_compile_definitions(rows_${isa} PRIVATE ISA=${isa})
  # The first two change no value: nobody reads errno or the exception flags, and vectorising needs to know.
  target_compile_options(rows_${isa} PRIVATE -fno-math-errno -fno-trapping-math ${isa_flags_${isa}})
  list(APPEND row_objects $<TARGET_OBJECTS:rows_${isa}>)
endforeach()
