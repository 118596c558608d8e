#include "signature.h"

#include <algorithm>
#include <cstring>
#include <string>
#include <string_view>
#include <vector>

namespace nncore::bind {

namespace {

using std::string_view;

struct Argument {
  string_view name;   // with its stars
  std::string value;  // the default, or empty
};

// The parts of pybind11's "(x: Tensor, dim: int = 0) -> Tensor" between the outer parentheses.
std::vector<string_view> parts_of(string_view signature) {
  std::vector<string_view> parts;
  size_t begin = 1;
  int depth = 0;
  bool in_string = false;
  for (size_t i = 0; i < signature.size(); i++) {
    const char c = signature[i];
    if (c == '\'') in_string = !in_string;
    if (in_string) continue;
    if (c == '(' || c == '[') depth++;
    if (c == ')' || c == ']') depth--;
    if ((c == ',' && depth == 1) || depth == 0) {
      if (i > begin) parts.push_back(signature.substr(begin, i - begin));
      begin = i + 2;
    }
    if (depth == 0) break;
  }
  return parts;
}

// The text of a default that Python can read, or "...".
std::string readable(string_view value) {
  const bool is_literal = value == "None" || value == "True" || value == "False" || value.front() == '\'' ||
                          value.find_first_not_of("-+.0123456789e") == string_view::npos;
  return std::string(is_literal ? value : "...");
}

std::vector<Argument> arguments_of(const py::detail::function_record& overload) {
  std::vector<Argument> arguments;
  for (const string_view part : parts_of(overload.signature)) {
    const size_t colon = part.find(':'), equals = part.rfind(" = ");
    arguments.push_back({part.substr(0, colon), equals == string_view::npos || colon == string_view::npos
                                                    ? std::string()
                                                    : readable(part.substr(equals + 3))});
  }
  return arguments;
}

// The arguments of the longest overload. Those that another overload lacks get the default "...".
std::vector<Argument> merged(const py::detail::function_record* first) {
  std::vector<std::vector<Argument>> overloads;
  for (const auto* f = first; f; f = f->next) overloads.push_back(arguments_of(*f));
  std::vector<Argument> longest =
      *std::ranges::max_element(overloads, [](const auto& a, const auto& b) { return a.size() <= b.size(); });
  bool has_default = false;
  for (Argument& a : longest) {
    if (a.name.starts_with('*') || a.name == "/") {
      has_default = has_default && a.name == "/";
      continue;
    }
    const bool is_common = std::ranges::all_of(overloads, [&](const auto& arguments) {
      return std::ranges::count(arguments, a.name, &Argument::name) > 0;
    });
    if (a.value.empty() && (!is_common || has_default)) a.value = "...";
    has_default = !a.value.empty();
  }
  return longest;
}

}  // namespace

void write_signature(py::handle function, PyMethodDef* definition) {
  const auto* record = py::detail::function_record_ptr_from_PyObject(
      PyCFunction_GET_SELF(py::detail::get_function(function).ptr()));
  if (!record || !definition->ml_doc) return;
  std::string text = std::string(definition->ml_name) + "(";
  for (const Argument& a : merged(record)) {
    if (!text.ends_with('(')) text += ", ";
    text += std::string(a.name) + (a.value.empty() ? "" : "=" + a.value);
  }
  text += std::string(")\n--\n\n") + definition->ml_doc;
  std::free(const_cast<char*>(std::exchange(definition->ml_doc, strdup(text.c_str()))));
}

}  // namespace nncore::bind
