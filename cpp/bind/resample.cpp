#include "../ops/resample.h"

#include "module.h"

namespace nncore::bind {

namespace {

template <class T>
struct Choice {
  const char* name;
  T value;
};

// The value of the named choice; an error lists all of them.
template <class T, size_t n>
T choice_of(const char* op, const char* argument, const std::string& name, const Choice<T> (&choices)[n]) {
  std::string all;
  for (const Choice<T>& c : choices) {
    if (name == c.name) return c.value;
    all += std::string(all.empty() ? "'" : ", '") + c.name + "'";
  }
  raise<ValueError>(op, ": ", argument, " is '", name, "'; expected one of ", all);
}

constexpr Choice<Interpolation> kinds[] = {{"nearest", Interpolation::nearest},
                                           {"nearest-exact", Interpolation::nearest_exact},
                                           {"linear", Interpolation::linear},
                                           {"bicubic", Interpolation::cubic}};
constexpr Choice<Interpolation> grid_kinds[] = {{"bilinear", Interpolation::linear},
                                                {"nearest", Interpolation::nearest},
                                                {"bicubic", Interpolation::cubic}};
constexpr Choice<Beyond> paddings[] = {
    {"zeros", Beyond::zeros}, {"border", Beyond::border}, {"reflection", Beyond::reflection}};

}  // namespace

void bind_resample(py::module_& m) {
  m.def(
      "interpolate_to",
      [](const Tensor& x, const Shape& size, const std::vector<double>& scales, const std::string& mode,
         bool align_corners) {
        const auto kind = choice_of("interpolate", "mode", mode, kinds);
        return ops::interpolate(x, kind, size, scales, align_corners);
      },
      py::arg("input"), py::arg("size"), py::arg("scales"), py::arg("mode"), py::arg("align_corners"),
      "Planes with new sizes. scales: the factors from the old sizes, or none.", internal);
  m.def(
      "grid_sample",
      [](const Tensor& x, const Tensor& grid, const std::string& mode, const std::string& padding,
         std::optional<bool> align_corners) {
        return ops::grid_sample(x, grid, choice_of("grid_sample", "mode", mode, grid_kinds),
                                choice_of("grid_sample", "padding_mode", padding, paddings),
                                align_corners.value_or(false));
      },
      py::arg("input"), py::arg("grid"), py::arg("mode") = "bilinear", py::arg("padding_mode") = "zeros",
      py::arg("align_corners") = py::none(),
      "The values of the input (N, C, H, W) at the points grid (N, h, w, 2): (N, C, h, w).\n\n"
      "A point (x, y) has -1 at the left or upper end of the input and 1 at the right or lower end. The ends "
      "are the middles of the first and last pixels with align_corners, else their outer edges. A value is "
      "interpolated by `mode` 'bilinear', 'nearest' or 'bicubic' (Keys 1981, a = -0.75). Beyond the ends, "
      "the input has 'zeros', the pixels of its 'border', or their 'reflection', as padding_mode says. An "
      "input (N, C, D, H, W) needs a grid (N, d, h, w, 3); 'bilinear' is then trilinear, and there is no "
      "'bicubic'. A NaN in the grid counts as -1. Both input and grid have gradients. Raises ValueError for "
      "shapes that do not fit and TypeError for dtypes that differ. Jaderberg et al. 2015.\n\n"
      ">>> image = nncore.arange(4.0).reshape(1, 1, 2, 2)\n"
      ">>> grid = nncore.tensor([[[[-1.0, -1.0], [0.0, 0.0], [1.0, 0.0]]]])\n"
      ">>> nncore.nn.functional.grid_sample(image, grid, align_corners=True).tolist()\n"
      "[[[[0.0, 1.5, 2.0]]]]",
      functional);
  m.def("pixel_shuffle", &ops::pixel_shuffle, py::arg("input"), py::arg("upscale_factor"),
        "Channels as pixels: (..., C f^2, H, W) to (..., C, H f, W f), f = upscale_factor.\n\n"
        "y[c, h f + i, w f + j] = x[c f^2 + i f + j, h, w]. Raises ValueError for channels that f^2 does not "
        "divide. Shi et al. 2016.\n\n"
        ">>> nncore.pixel_shuffle(nncore.arange(4.0).reshape(4, 1, 1), 2).tolist()\n"
        "[[[0.0, 1.0], [2.0, 3.0]]]",
        everywhere);
  m.def("pixel_unshuffle", &ops::pixel_unshuffle, py::arg("input"), py::arg("downscale_factor"),
        "Pixels as channels: (..., C, H f, W f) to (..., C f^2, H, W), f = downscale_factor.\n\n"
        "The inverse of pixel_shuffle. Raises ValueError for planes whose sizes f does not divide.\n\n"
        ">>> nncore.pixel_unshuffle(nncore.arange(4.0).reshape(1, 2, 2), 2).flatten().tolist()\n"
        "[0.0, 1.0, 2.0, 3.0]",
        everywhere);
  m.def("channel_shuffle", &ops::channel_shuffle, py::arg("input"), py::arg("groups"),
        "The channels of (N, C, ...) in another order: those of all groups in turn.\n\n"
        "y[:, i g + j] = x[:, j C / g + i] with g = groups. Raises ValueError for channels that g does not "
        "divide. Zhang et al. 2018.\n\n"
        ">>> nncore.channel_shuffle(nncore.arange(4.0).reshape(1, 4, 1), 2).flatten().tolist()\n"
        "[0.0, 2.0, 1.0, 3.0]",
        everywhere);
}

}  // namespace nncore::bind
