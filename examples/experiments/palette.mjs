// @ts-check
/**
 * How methods look and what they are called, the same in every figure.
 *
 * Colors are those of Okabe and Ito, which the color-blind tell apart, darker on white and lighter on black where the contrast
 * asks for it. Lines are labeled directly, so that color is not all there is.
 *
 * @module
 */

/** @typedef {"light" | "dark"} Theme */

/** The page behind, the ink, and what recedes. */
export const THEMES = {
  light: { background: "#ffffff", ink: "#222222", quiet: "#767676" },
  dark: { background: "#0d1117", ink: "#e6edf3", quiet: "#8b949e" },
};

/** How methods are drawn, in the order of tables. @type {Readonly<{ [name: string]: { label: string, light: string, dark: string, dashes?: string } }>} */
export const METHODS = {
  none: { label: "none", light: "#666666", dark: "#aaaaaa", dashes: "2 3" },
  weightClipping: { label: "weight clipping", light: "#8c6d00", dark: "#f0e442", dashes: "6 3" },
  frobeniusClipping: { label: "Frobenius clipping", light: "#8c6d00", dark: "#f0e442", dashes: "2 2" },
  frobeniusPenalty: { label: "Frobenius penalty", light: "#8c6d00", dark: "#f0e442" },
  gradientPenalty: { label: "gradient penalty", light: "#c14d00", dark: "#ff8c42" },
  oneSidedPenalty: { label: "one-sided penalty", light: "#c14d00", dark: "#ff8c42", dashes: "5 3" },
  spectralArticle: { label: "spectral, article", light: "#2a7fb8", dark: "#56b4e9", dashes: "6 3" },
  spectralTorch: { label: "spectral, persistent", light: "#0058a3", dark: "#56b4e9" },
  spectralConstraint: { label: "spectral, after update", light: "#a8507f", dark: "#e59cc4" },
  spectralCertified: { label: "spectral, certified", light: "#00765a", dark: "#2fc79a" },
  frobenius: { label: "λ‖W‖_F²", light: "#8c6d00", dark: "#f0e442" },
  spectral: { label: "λ‖W‖₂²", light: "#0058a3", dark: "#56b4e9" },
  gradient: { label: "gradient penalty", light: "#c14d00", dark: "#ff8c42" },
  normalized: { label: "normalized", light: "#00765a", dark: "#2fc79a" },
};

/** @param {string} method @param {Theme} theme @returns {{ label: string, color: string, dashes: string }} */
export function styleOf(method, theme) {
  const style = METHODS[method];
  if (style === undefined)
    throw new Error(`method expected one of ${Object.keys(METHODS).join(", ")}, got "${method}"`);
  return { label: style.label, color: style[theme], dashes: style.dashes ?? "none" };
}

/** What data are called. @type {Readonly<{ [name: string]: string }>} */
export const DATA = {
  eightGaussians: "8 Gaussians",
  twentyFiveGaussians: "25 Gaussians",
  swissRoll: "Swiss roll",
  digits: "digits",
};
