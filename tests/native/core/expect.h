// Helpers for the tests of the core, with a count of failures.
#pragma once
#include <sys/wait.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <source_location>
#include <string>
#include <thread>
#include <vector>

namespace nncore::test {

inline int failures = 0;

inline void expect(bool ok, const std::string& what = "",
                   std::source_location at = std::source_location::current()) {
  if (ok) return;
  failures++;
  std::printf("FAILED %s:%u %s\n", at.file_name(), at.line(), what.c_str());
}

template <class E, class F>
void expect_throw(F f, const char* text = "", std::source_location at = std::source_location::current()) {
  try {
    f();
    expect(false, "nothing thrown", at);
  } catch (const E& e) {
    expect(std::strstr(e.what(), text) != nullptr, std::string("threw ") + e.what(), at);
  }
}

// Calls f(0) ... f(n - 1), each in a thread of its own, as callers from outside the library.
template <class F>
void at_once(int n, F f) {
  std::vector<std::thread> threads;
  for (int i = 0; i < n; i++) threads.emplace_back(f, i);
  for (std::thread& t : threads) t.join();
}

// Emulators of user programs (qemu-aarch64) can neither fork a process with threads nor limit its memory.
inline bool emulated() { return std::getenv("NNCORE_TEST_EMULATED") != nullptr; }

// The exit status of f in a forked child; -1 if it does not end within ten seconds.
template <class F>
int in_child(F f) {
  std::fflush(stdout);
  const pid_t child = fork();
  if (child == 0) {
    alarm(10);
    _exit(f());
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

void test_random();
void test_allocator();
void test_parallel();
void test_cpu();
void test_calls();

}  // namespace nncore::test
