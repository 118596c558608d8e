#pragma once
#include <cstdint>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

namespace nncore {

// The arithmetic mode of every kernel: round to nearest, subnormal operands and results flushed to zero, no
// traps. The destructor restores the mode and the exception flags of the caller.
class FlushSubnormals {
 public:
  FlushSubnormals() : saved_(read()) {
    if (differs()) write((saved_ & ~mode_mask) | mode);
  }
  ~FlushSubnormals() {
    if (differs()) write(saved_);
  }
  FlushSubnormals(const FlushSubnormals&) = delete;
  FlushSubnormals& operator=(const FlushSubnormals&) = delete;

 private:
#if defined(__x86_64__)
  using Word = uint32_t;
  static constexpr Word mode = 0x9fc0;       // FTZ | all exceptions masked | DAZ, rounding 00
  static constexpr Word mode_mask = 0xffc0;  // all but the six sticky flags
  static constexpr Word initial = 0x1f80;    // all exceptions masked
  static Word read() { return _mm_getcsr(); }
  static void write(Word w) { _mm_setcsr(w); }
#elif defined(__aarch64__)
  using Word = uint64_t;
  static constexpr Word mode = 1u << 24;                                // FZ, rounding 00, traps off
  static constexpr Word mode_mask = (7u << 22) | 0x9f00u | (1u << 19);  // FZ, RMode, trap enables, FZ16
  static constexpr Word initial = 0;
  static Word read() {
    Word w;
    asm volatile("mrs %0, fpcr" : "=r"(w));
    return w;
  }
  static void write(Word w) { asm volatile("msr fpcr, %0" ::"r"(w)); }
#else
  using Word = uint32_t;
  static constexpr Word mode = 0, mode_mask = 0, initial = 0;
  static Word read() { return 0; }
  static void write(Word) {}
#endif
  friend class WithSubnormals;
  bool differs() const { return (saved_ & mode_mask) != mode; }
  Word saved_;
};

// The processor's default mode, for user code that runs in the middle of a kernel.
class WithSubnormals {
 public:
  WithSubnormals() : saved_(FlushSubnormals::read()) { FlushSubnormals::write(FlushSubnormals::initial); }
  ~WithSubnormals() { FlushSubnormals::write(saved_); }
  WithSubnormals(const WithSubnormals&) = delete;
  WithSubnormals& operator=(const WithSubnormals&) = delete;

 private:
  FlushSubnormals::Word saved_;
};

}  // namespace nncore
