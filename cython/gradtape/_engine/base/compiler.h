/* What compilers and processors do not agree on: the one place that asks which of them this is. */
#ifndef GRADTAPE_COMPILER_H
#define GRADTAPE_COMPILER_H

#include <stddef.h>

/* GCC alone, not what says it is like GCC. */
#if defined(__GNUC__) && !defined(__clang__)
  #define GRADTAPE_GCC
#endif

#define GRADTAPE_TEXT_OF(number) #number
#define GRADTAPE_TEXT(number) GRADTAPE_TEXT_OF(number)
#if defined(__clang__)
  #define GRADTAPE_COMPILER __VERSION__
#elif defined(__GNUC__)
  #define GRADTAPE_COMPILER "GCC " __VERSION__
#elif defined(_MSC_VER)
  #define GRADTAPE_COMPILER "MSVC " GRADTAPE_TEXT(_MSC_FULL_VER)
#else
  #define GRADTAPE_COMPILER "an unknown compiler"
#endif

/* Functions that must be inlined or must not; loops of constant
 * length, of so many rounds at most, that must be unrolled, and loops that must not. */
#if defined(__GNUC__)
  #define ALWAYS_INLINE static inline __attribute__((always_inline))
  #define NEVER_INLINE static __attribute__((noinline))
#elif defined(_MSC_VER)
  #define ALWAYS_INLINE static __forceinline
  #define NEVER_INLINE static __declspec(noinline)
#else
  #define ALWAYS_INLINE static inline
  #define NEVER_INLINE static
#endif
#if defined(__clang__)
  #define UNROLL(most) _Pragma("clang loop unroll(full)")
  #define DO_NOT_UNROLL _Pragma("clang loop unroll(disable)")
#elif defined(__GNUC__)
  #define UNROLL(most) _Pragma(GRADTAPE_TEXT(GCC unroll most))
  #define DO_NOT_UNROLL _Pragma("GCC unroll 1")
#else
  #define UNROLL(most)
  #define DO_NOT_UNROLL
#endif

/* OWNED(o): a reference that is counted already, for Cython, which counts one of what it is given as a pointer. */
#define OWNED(o) ((PyObject*)(o))

/* OPAQUE(x): from here on x is a register of which the compiler knows nothing. */
#if defined(__GNUC__)
  #define OPAQUE(x) __asm__("" : "+r"(x))
#else
  #define OPAQUE(x) ((void)(x))
#endif

/* Asks for the cache line at p: to be read once or twice, or to be written soon. */
#if defined(__GNUC__)
  #define FETCH(p) __builtin_prefetch(p)
  #define FETCH_TO_L2(p) __builtin_prefetch(p, 0, 2)
  #define FETCH_TO_WRITE(p) __builtin_prefetch(p, 1, 3)
#else
  #define FETCH(p) ((void)(p))
  #define FETCH_TO_L2(p) ((void)(p))
  #define FETCH_TO_WRITE(p) ((void)(p))
#endif

/* STREAM_LINE: writes the 64 bytes at p [IN] to `to` [OUT], past the caches where the processor can and `to` is a multiple of 16;
 * STREAMED: what was written so is there for others before what is written from now on. */
#if defined(__SSE2__) || defined(_M_X64)
  #include <emmintrin.h>
  ALWAYS_INLINE void STREAM_LINE(void* to, const void* p) {
      __m128i* parts = (__m128i*)to;
      int k;
      for (k = 0; k < 4; k++)
          if ((size_t)to % 16)
              _mm_storeu_si128(parts + k, _mm_loadu_si128((const __m128i*)p + k));
          else
              _mm_stream_si128(parts + k, _mm_loadu_si128((const __m128i*)p + k));
  }
  #define STREAMED() _mm_sfence()
#else
  #include <string.h>
  #define STREAM_LINE(to, p) memcpy(to, p, 64)
  #define STREAMED() ((void)0)
#endif

/* HAS_VECTORS: a type of so many bytes of a type, which arithmetic takes whole; it may lie wherever an element may and be what
 * was written as elements. SHUFFLED: elements of two vectors of four, which are numbered in a row. */
#if defined(__GNUC__)
  #define HAS_VECTORS
  #define VECTOR_OF(type, bytes, name) \
      typedef type name __attribute__((vector_size(bytes), aligned(sizeof(type)), may_alias))
  #if defined(__clang__) || __GNUC__ >= 12
    #define SHUFFLED(x, y, i, j, k, l) __builtin_shufflevector(x, y, i, j, k, l)
  #else
    #define SHUFFLED(x, y, i, j, k, l) __builtin_shuffle(x, y, (__typeof__((x) < (y))){i, j, k, l})
  #endif
#endif

/* sum += b * a for vectors, where the sum stays in its register, which GCC is not sure to see; _ONE: for the one element at
 * a, of vectors of so many lanes. */
#if defined(GRADTAPE_GCC) && defined(__AVX512F__)
  #define MULTIPLY_ADD(instruction, sum, b, a) __asm__(instruction " %2, %1, %0" : "+v"(sum) : "v"(b), "v"(a))
  #define MULTIPLY_ADD_ONE(instruction, lanes, sum, b, a) \
      __asm__(instruction " %2%{1to%c3%}, %1, %0" : "+v"(sum) : "v"(b), "m"(*(a)), "i"(lanes))
#else
  #define MULTIPLY_ADD(instruction, sum, b, a) ((sum) += (b) * (a))
  #define MULTIPLY_ADD_ONE(instruction, lanes, sum, b, a) ((sum) += (b) * *(a))
#endif

/* Memory of the function that asks for it. */
#if defined(__GNUC__)
  #define gradtape_alloca __builtin_alloca
#else
  #include <malloc.h>
  #define gradtape_alloca _alloca
#endif

/* A variable of each thread. glibc has room for a few pointers of libraries that are loaded late: no call to find them. */
#if defined(_MSC_VER)
  #define THREAD_LOCAL __declspec(thread)
  #define THREAD_LOCAL_POINTER THREAD_LOCAL
#elif defined(__GLIBC__)
  #define THREAD_LOCAL __thread
  #define THREAD_LOCAL_POINTER __attribute__((tls_model("initial-exec"))) THREAD_LOCAL
#else
  #define THREAD_LOCAL __thread
  #define THREAD_LOCAL_POINTER THREAD_LOCAL
#endif

/* CRC32C_INSTRUCTION: the checksum of a word of eight bytes after crc; CRC32C_PRESENT: whether this processor has it. */
#if defined(__GNUC__) && defined(__x86_64__)
  #define CRC32C_TARGET __attribute__((target("sse4.2")))
  #define CRC32C_INSTRUCTION(crc, word) __builtin_ia32_crc32di(crc, word)
  #define CRC32C_PRESENT() __builtin_cpu_supports("sse4.2")
#endif

/* For threads that look out for each other; where there are no such threads, plain accesses. */
#if defined(__GNUC__)
  #define LOAD_RELAXED(p) __atomic_load_n(p, __ATOMIC_RELAXED)
  #define LOAD_ACQUIRE(p) __atomic_load_n(p, __ATOMIC_ACQUIRE)
  #define STORE_RELEASE(p, value) __atomic_store_n(p, value, __ATOMIC_RELEASE)
  #define REPLACED(p, expected, value) __sync_bool_compare_and_swap(p, expected, value)
#else
  #define LOAD_RELAXED(p) (*(p))
  #define LOAD_ACQUIRE(p) (*(p))
  #define STORE_RELEASE(p, value) ((void)(*(p) = (value)))
  #define REPLACED(p, expected, value) (*(p) == (expected) ? (*(p) = (value), 1) : 0)
#endif
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
  #define LOOK_AGAIN() __builtin_ia32_pause()
#elif defined(__GNUC__) && defined(__aarch64__)
  #define LOOK_AGAIN() __asm__ volatile("yield")
#else
  #define LOOK_AGAIN() ((void)0)
#endif

/* Whether this processor, and the system that saves its registers, have what the kernel sets are compiled for. */
#if defined(__GNUC__) && (defined(__x86_64__) || defined(__i386__))
  static inline int gradtape_has_avx2(void) {
      __builtin_cpu_init();
      return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
  }
  static inline int gradtape_has_avx512(void) {
      return gradtape_has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq")
          && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl");
  }
#elif defined(_MSC_VER) && defined(_M_X64)
  #include <intrin.h>
  #include <immintrin.h>
  /* The system saves AVX's registers where bits 1 and 2 of XCR0 are set, AVX-512's where bits 5 to 7 are too. */
  static inline int gradtape_saves(unsigned long long registers) {
      int word[4];
      __cpuid(word, 1);
      return (word[2] >> 27 & 1) && (_xgetbv(0) & registers) == registers;
  }
  static inline int gradtape_extends(int bits) {
      int word[4];
      __cpuidex(word, 7, 0);
      return (word[1] & bits) == bits;
  }
  static inline int gradtape_has_avx2(void) {
      int word[4];
      __cpuid(word, 0);
      if (word[0] < 7) return 0;
      __cpuid(word, 1);
      return (word[2] >> 12 & 1) && gradtape_saves(0x6) && gradtape_extends(1 << 5);
  }
  static inline int gradtape_has_avx512(void) {
      return gradtape_has_avx2() && gradtape_saves(0xe6) && gradtape_extends((int)(1u << 16 | 1u << 17 | 1u << 30 | 1u << 31));
  }
#else
  static inline int gradtape_has_avx2(void) { return 0; }
  static inline int gradtape_has_avx512(void) { return 0; }
#endif

/* result = a op b by the instruction of that name, neither contracted nor with its operands in each other's places. */
#if defined(__GNUC__) && defined(__AVX512F__)
  #define ARITHMETIC(instruction, result, a, b) __asm__(instruction " %2, %1, %0" : "=v"(result) : "v"(a), "vm"(b))
#elif defined(__GNUC__) && defined(__AVX2__)
  #define ARITHMETIC(instruction, result, a, b) __asm__(instruction " %2, %1, %0" : "=x"(result) : "x"(a), "xm"(b))
#endif

#endif
