/**
 * The pages of the site, in the order of its navigation. A page that is not here is not linked from anywhere.
 *
 * @module
 */
export const PAGES = [
  {
    path: "checkpoint/",
    title: "Checkpoint",
    description:
      "Drop a checkpoint and see the spectral norm of every weight, with certified intervals, stable ranks and stale spectral normalization; nothing leaves the tab.",
    summary:
      "Drop a model’s file and see the norm of every weight in it, and which are not finite, stale or out of line. It stays in the tab.",
    figure: "depths",
  },
  {
    path: "gan-lab/",
    title: "GAN lab",
    description:
      "Two to four WGANs train side by side in this tab, each with another constraint on its critic, from the same seed.",
    summary:
      "Train WGANs side by side, each with another constraint, and watch what their critics’ Lipschitz constants become.",
    figure: "field",
  },
  {
    path: "power-iteration/",
    title: "Power iteration",
    description:
      "Power iteration on a 2×2 matrix that you drag: both forms, where they fail, and what a few steps are worth.",
    summary:
      "Drag a matrix by its columns, watch both forms of the iteration approach its norm, and see where they fail.",
    figure: "ellipse",
  },
  {
    path: "convolution/",
    title: "Convolution",
    description:
      "A kernel that you edit, its frequency response, and the norm of the convolution as it runs beside that of the reshaped kernel.",
    summary: "Edit a kernel and compare the norm that layers divide by with that of the convolution as it runs.",
    figure: "response",
  },
  {
    path: "perturbation/",
    title: "Perturbation",
    description:
      "Draw a digit, disturb it, and see what a plain, an L2, a spectrally regularized and a normalized model answer, each with its certified radius.",
    summary:
      "Draw a digit, disturb it, and see what four models trained in the tab answer, and which of the answers are certified.",
    figure: "digit",
  },
];

/** The front page, which links to all others. */
export const HOME = {
  path: "",
  title: "spectral-norm: norms to touch",
  description:
    "Spectral norms, power iteration, convolutions and WGANs in training to touch, computed in this tab by the package spectral-norm.",
};

/** Documents of the project that the site carries along, so that its links work without the network. */
export const DOCUMENTS = [
  { source: "README.md", path: "docs/readme.html", title: "Guide and functions" },
  { source: "docs/checkpoint.md", path: "docs/checkpoint.html", title: "Checkpoints" },
  { source: "docs/audit.md", path: "docs/audit.html", title: "Audit" },
  { source: "docs/repair.md", path: "docs/repair.html", title: "Repair" },
  { source: "docs/numerics.md", path: "docs/numerics.html", title: "Numerics" },
  { source: "docs/jax.md", path: "docs/jax.html", title: "jax-js" },
  { source: "docs/tfjs.md", path: "docs/tfjs.html", title: "TensorFlow.js" },
];
