// Which loads and stores do compilers make for aarch64? Compiled by check_arm64_operands.py, never
// run.
typedef signed char i8;
typedef short i16;
typedef int i32;
typedef long long i64;
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long long u64;
typedef unsigned __int128 u128;
typedef float f32x4 __attribute__((vector_size(16)));
typedef u8 u8x8 __attribute__((vector_size(8)));

struct pair {
  u64 first, second;
};
struct mixed {
  u8 a;
  i8 b;
  u16 c;
  i16 d;
  u32 e;
  i32 f;
  u64 g;
  float h;
  double i;
  f32x4 j;
  struct pair k;
  u8 padding[5000];
  u64 far;
};

struct mixed global;
static u64 counters[16];
extern _Thread_local u64 thread_counter;
void keep(void*);

u64 read_all(const struct mixed* m) {
  return m->a + m->b + m->c + m->d + m->e + m->f + m->g + m->far + m->k.second + (u64)m->h +
         (u64)m->i;
}

void write_all(struct mixed* m, u64 value) {
  m->a = m->b = (u8)value;
  m->c = m->d = (u16)value;
  m->e = m->f = (u32)value;
  m->g = m->far = value;
  m->h = (float)value;
  m->i = (double)value;
  m->j = (f32x4){1, 2, 3, (float)value};
  m->k = (struct pair){value, value + 1};
}

i64 widen(const i8* a, const i16* b, const i32* c, i32 at) {
  return a[at] + (i64)b[at] + c[at];
}
i32 widen_less(const i8* a, const i16* b, i64 at) {
  return a[at] + b[at];
}
u64 index_by_word(const u64* a, u32 at) {
  return a[at];
}
u64 index_by_signed(const u64* a, i32 at) {
  return a[at];
}
double index_double(const double* a, i32 at) {
  return a[at];
}
f32x4 index_vector(const f32x4* a, i64 at) {
  return a[at];
}
void store_bytes(u8* a, u16* b, u32* c, u64 at) {
  a[at] = b[at] = c[at] = 7;
}
u64 unscaled(const u8* at) {
  return *(const u64*)(at - 9) + *(const u16*)(at + 3) + (u64) * (const i32*)(at - 1);
}
void copy_struct(struct mixed* to, const struct mixed* from) {
  *to = *from;
}
void add_global(u32 at) {
  counters[at & 15] += global.g + thread_counter++;
}
double constant(double x) {
  return x * 3.14159265358979 + 1e100;
}
f32x4 constants(f32x4 x) {
  return x * (f32x4){1.5f, 2.25f, 3.125f, 4.0625f};
}

u64 walk_list(const struct pair* node) {
  u64 sum = 0;
  while (node) {
    sum += node->second;
    node = (const struct pair*)node->first;
  }
  return sum;
}

void post_increment(u32* to, const u32* from, const u32* end) {
  while (from != end) {
    __builtin_prefetch(from + 64);
    *to++ = *from++ * 3;
    __asm__ volatile("");
  }
}

// Vectorised to ld2/st2, ld3/st3 and ld4/st4 where the compiler optimises.
void deinterleave(u8* __restrict to, const u8* __restrict from, i32 count) {
  for (i32 i = 0; i < count; ++i) to[i] = (u8)(from[2 * i] + from[2 * i + 1]);
}
void brighten(u16* pixels, i32 count) {
  for (i32 i = 0; i < count; ++i)
    for (i32 j = 0; j < 3; ++j) pixels[3 * i + j] += 5;
}
void rotate(u32* __restrict to, const u32* __restrict from, i32 count) {
  for (i32 i = 0; i < count; ++i)
    for (i32 j = 0; j < 4; ++j) to[4 * i + j] = from[4 * i + 3 - j];
}
float sum(const float* values, i32 count) {
  float total = 0;
  for (i32 i = 0; i < count; ++i) total += values[i] * (float)i;
  return total;
}

#define ATOMICS(type, order)                                                  \
  type add_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_add(p, v, order);                                   \
  }                                                                           \
  void add_only_##type##order(type* p, type v) {                              \
    __atomic_fetch_add(p, v, order);                                          \
  }                                                                           \
  type or_##type##order(type* p, type v) {                                    \
    return __atomic_fetch_or(p, v, order);                                    \
  }                                                                           \
  type and_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_and(p, v, order);                                   \
  }                                                                           \
  type xor_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_xor(p, v, order);                                   \
  }                                                                           \
  type sub_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_sub(p, v, order);                                   \
  }                                                                           \
  type min_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_min(p, v, order);                                   \
  }                                                                           \
  type max_##type##order(type* p, type v) {                                   \
    return __atomic_fetch_max(p, v, order);                                   \
  }                                                                           \
  type swap_##type##order(type* p, type v) {                                  \
    return __atomic_exchange_n(p, v, order);                                  \
  }                                                                           \
  _Bool cas_##type##order(type* p, type e, type v) {                          \
    return __atomic_compare_exchange_n(p, &e, v, 0, order, __ATOMIC_RELAXED); \
  }
#define ALL_SIZES(order) \
  ATOMICS(u8, order) ATOMICS(u16, order) ATOMICS(i32, order) ATOMICS(u64, order)
ALL_SIZES(__ATOMIC_RELAXED)
ALL_SIZES(__ATOMIC_ACQUIRE)
ALL_SIZES(__ATOMIC_RELEASE)
ALL_SIZES(__ATOMIC_SEQ_CST)

#define ORDERED(type)                                \
  type load_##type(type* p) {                        \
    return __atomic_load_n(p, __ATOMIC_ACQUIRE);     \
  }                                                  \
  void store_##type(type* p, type v) {               \
    __atomic_store_n(p, v, __ATOMIC_RELEASE);        \
  }                                                  \
  type load_next_##type(type* p) {                   \
    return __atomic_load_n(p - 1, __ATOMIC_ACQUIRE); \
  }
ORDERED(u8)
ORDERED(u16)
ORDERED(u32)
ORDERED(u64)

_Bool cas_pair(u128* p, u128 expected, u128 desired) {
  return __atomic_compare_exchange_n(p, &expected, desired, 0, __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

u64 many_arguments(u64 a, u64 b, u64 c, u64 d, u64 e, u64 f, u64 g, u64 h, u64 i, u32 j, u8 k) {
  volatile struct pair local = {a + i, b + j};
  keep((void*)&local);
  return local.first + c + d + e + f + g + h + k;
}

// What compilers leave to libraries written by hand.
void by_hand(void* p, u64 step) {
  __asm__ volatile(
      ".arch_extension lse\n ld1 {v0.8b}, [%0], #8\n ld1 {v0.16b-v3.16b}, [%0], #64\n ld1 "
      "{v0.s}[3], [%0]\n"
      "st1 {v0.d}[1], [%0], %1\n st1 {v0.b}[7], [%0], #1\n st2 {v0.h, v1.h}[2], [%0]\n"
      "ld3 {v0.4s-v2.4s}, [%0], %1\n st4 {v0.s-v3.s}[1], [%0], #16\n ld1r {v0.2d}, [%0]\n"
      "ld2r {v0.16b, v1.16b}, [%0], #2\n ld4r {v0.4h-v3.4h}, [%0], %1\n st3 {v0.8h-v2.8h}, [%0]\n"
      "ldnp q0, q1, [%0, #32]\n stnp x2, x3, [%0, #-16]\n ldpsw x2, x3, [%0, #8]!\n"
      "ldtrsb x2, [%0, #1]\n sttrh w2, [%0]\n ldxp x2, x3, [%0]\n stlxp w4, w2, w3, [%0]\n"
      "ldaxp w2, w3, [%0]\n casp w2, w3, w4, w5, [%0]\n stlxrb w4, w2, [%0]\n stp q0, q1, [%0], "
      "#32\n"
      "prfm pstl2strm, [%0, %1, lsl #3]\n prfum pldl1keep, [%0, #-3]\n dc zva, %0\n dc civac, %0\n"
      "dmb ish\n isb\n ldr w2, .\n ldrsw x2, .+8\n ldr d0, .-4\n prfm pldl1keep, .+8\n"
      "strb w2, [%0, %1]\n ldrsh x2, [%0, w3, uxtw #1]\n str s0, [%0, w3, sxtw]\n ldr h0, [%0], "
      "#2\n"
      "str q0, [%0, %1, lsl #4]\n ldr b0, [%0, #1]!\n str x2, [%0, #-8]!\n"
      :
      : "r"(p), "r"(step)
      : "memory", "x2", "x3", "x4", "x5", "v0", "v1", "v2", "v3");
}
