// Exceptions, with the same names in Python. The text is built from its parts only when one is raised.
#pragma once
#include <sstream>
#include <stdexcept>
#include <string>

namespace nncore {

class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};
class ValueError : public Error {
 public:
  using Error::Error;
};
class TypeError : public Error {
 public:
  using Error::Error;
};
class IndexError : public Error {
 public:
  using Error::Error;
};

class MemoryError : public Error {
 public:
  using Error::Error;
};

class NotImplementedError : public Error {
 public:
  using Error::Error;
};
class DivergenceError : public Error {
 public:
  using Error::Error;
};
class CaptureError : public Error {
 public:
  using Error::Error;
};

template <class E, class... Parts>
[[noreturn, gnu::cold, gnu::noinline]] void raise(const Parts&... parts) {
  std::ostringstream text;
  (text << ... << parts);
  throw E(text.str());
}

template <class E = ValueError, class... Parts>
void check(bool condition, const Parts&... parts) {
  if (!condition) [[unlikely]]
    raise<E>(parts...);
}

}  // namespace nncore
