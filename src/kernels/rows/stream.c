/* Stores past the caches. */
#include "kernels/rows/stream.h"

#if defined(__SSE2__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
typedef __m512i line_part;
#define LOAD(from)       _mm512_loadu_si512(from)
#define STORE(to, value) _mm512_stream_si512((void *)(to), value)
#elif defined(__AVX__)
typedef __m256i line_part;
#define LOAD(from)       _mm256_loadu_si256((const void *)(from))
#define STORE(to, value) _mm256_stream_si256((void *)(to), value)
#elif defined(__SSE2__)
typedef __m128i line_part;
#define LOAD(from)       _mm_loadu_si128((const void *)(from))
#define STORE(to, value) _mm_stream_si128((void *)(to), value)
#endif

#ifdef LOAD
enum { LINE = 64 };

/* Whole lines of dst go to memory without being read first; its ends, which share lines, do not. */
void FOR_ISA(stream_copy)(void *dst, const void *src, int64_t bytes) {
    char *to = dst;
    const char *from = src;
    const int64_t head = (int64_t)(-(uintptr_t)to % LINE);
    if (bytes < head + LINE) {
        memcpy(to, from, (size_t)bytes);
        return;
    }
    memcpy(to, from, (size_t)head);
    const int64_t end = head + (bytes - head) / LINE * LINE;
    for (int64_t i = head; i < end; i += LINE)
        for (int64_t part = i; part < i + LINE; part += (int64_t)sizeof(line_part))
            STORE(to + part, LOAD(from + part));
    memcpy(to + end, from + end, (size_t)(bytes - end));
}

void FOR_ISA(stream_end)(void) {
    _mm_sfence();
}
#else
void FOR_ISA(stream_copy)(void *dst, const void *src, int64_t bytes) {
    memcpy(dst, src, (size_t)bytes);
}

void FOR_ISA(stream_end)(void) {}
#endif
