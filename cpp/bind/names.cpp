#include "names.h"

#include <map>
#include <set>
#include <string>

namespace nncore::bind {

namespace py = pybind11;

namespace {

std::map<std::string, Public> marks;
std::set<std::string> published;

}  // namespace

void mark(const py::detail::function_record& function, Public where) {
  if (PyModule_Check(function.scope.ptr())) marks[function.name] = where;
}

void publish(py::module_& m, Public group) {
  if (!py::hasattr(m, "__all__")) {
    m.attr("__all__") = py::list();
    m.attr("functional") = py::list();
  }
  py::list core = m.attr("__all__"), functional_names = m.attr("functional");
  for (const auto& item : py::dict(m.attr("__dict__"))) {
    const std::string name = py::cast<std::string>(item.first);
    if (name.starts_with('_') || name == "functional" || !published.insert(name).second) continue;
    const auto found = marks.find(name);
    const Public where = found == marks.end() ? group : found->second;
    if (where.nncore) core.append(name);
    if (where.functional) functional_names.append(name);
  }
}

}  // namespace nncore::bind
