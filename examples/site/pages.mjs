/**
 * The pages of the site, in the order of its navigation. A page that is not here is not linked from anywhere.
 *
 * @module
 */
export const PAGES = [
  {
    path: "gan-lab/",
    title: "GAN lab",
    summary:
      "Train WGANs side by side, each with another constraint, and watch what their critics’ Lipschitz constants become.",
    figure: "field",
  },
  {
    path: "power-iteration/",
    title: "Power iteration",
    summary:
      "Drag a matrix by its columns, watch both forms of the iteration approach its norm, and see where they fail.",
    figure: "ellipse",
  },
  {
    path: "convolution/",
    title: "Convolution",
    summary: "Edit a kernel and compare the norm that layers divide by with that of the convolution as it runs.",
    figure: "response",
  },
  {
    path: "perturbation/",
    title: "Perturbation",
    summary:
      "Draw a digit, disturb it, and see what four models trained in the tab answer, and which of the answers are certified.",
    figure: "digit",
  },
];

/** Documents of the project that the site carries along, so that its links work without the network. */
export const DOCUMENTS = [
  { source: "README.md", path: "docs/readme.html", title: "Guide and functions" },
  { source: "docs/numerics.md", path: "docs/numerics.html", title: "Numerics" },
  { source: "docs/jax.md", path: "docs/jax.html", title: "jax-js" },
  { source: "docs/tfjs.md", path: "docs/tfjs.html", title: "TensorFlow.js" },
];
