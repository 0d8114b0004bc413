import { spectralNorm } from "spectral-norm";

const sigma = await spectralNorm([
  [3, 0],
  [0, 4],
]);
console.log(Number(sigma.toFixed(6)));
