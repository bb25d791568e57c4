#pragma once

#include <sstream>
#include <string>

namespace tocsin::check_internal {

/// Prints "file:line: CHECK failed: text" to standard error and aborts.
[[noreturn]] void Fail(const char* file, int line, const std::string& text);

template <typename A, typename B>
[[noreturn]] void FailOp(const char* file, int line, const char* text, const A& a, const B& b) {
  std::ostringstream out;
  out << text << " (" << a << " against " << b << ")";
  Fail(file, line, out.str());
}

}  // namespace tocsin::check_internal

/// For bugs, never for input: always on, prints the values.
#define TOCSIN_CHECK(cond)                                       \
  do {                                                           \
    if (!(cond)) [[unlikely]] {                                  \
      ::tocsin::check_internal::Fail(__FILE__, __LINE__, #cond); \
    }                                                            \
  } while (false)

#define TOCSIN_CHECK_OP(a, op, b)                                                        \
  do {                                                                                   \
    if (!((a)op(b))) [[unlikely]] {                                                      \
      ::tocsin::check_internal::FailOp(__FILE__, __LINE__, #a " " #op " " #b, (a), (b)); \
    }                                                                                    \
  } while (false)
