// Hides a pointer's value from the compiler, so that it keeps the pointer in one register and hoists no
// address.
template <class P>
inline __attribute__((always_inline)) void opaque(P*& p) {
  asm volatile("" : "+r"(p));
}
