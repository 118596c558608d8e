#include "documentation.h"

namespace nncore::bind {

std::string documentation(const FormulaText& f) {
  std::string text = std::string(f.formula) + ", element by element; derivative " + f.derivative + ".";
  if (f.source) text += std::string(" Source: ") + f.source + ".";
  if (!f.example.x) return text;
  const std::string scalars = f.example.scalars;
  return text + "\n\n>>> nncore." + f.name + "(nncore.tensor(" + f.example.x + ")" +
         (scalars.empty() ? "" : ", ") + scalars + ")\ntensor(" + f.example.y + ")";
}

py::dict description(const FormulaText& f) {
  py::dict d;
  d["name"] = f.name;
  d["formula"] = f.formula;
  d["derivative"] = f.derivative;
  d["ulp"] = f.ulp;
  if (!f.is_unary) return d;
  d["layer"] = f.layer.name;
  d["inplace"] = f.layer.inplace;
  d["source"] = f.source;
  d["example"] = py::make_tuple(f.example.x, f.example.y, f.example.scalars);
  py::list scalars;
  for (const Scalar& s : f.scalars)
    scalars.append(py::make_tuple(s.name, has_default(s) ? py::float_(s.value) : py::object(py::none()),
                                  s.shown_by_name));
  d["scalars"] = scalars;
  return d;
}

}  // namespace nncore::bind
