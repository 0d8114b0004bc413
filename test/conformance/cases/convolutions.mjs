/** Convolutions of every rank, layout and padding, with bounds of every kind, their gradients and normalization. */
import { DTYPES, noise, SHORT } from "../data.mjs";

const LAYERS = {
  "1d circular": { shape: [3, 2, 4], padding: [[1, 2]], paddingMode: "circular", inputSize: 9 },
  "2d zeros": { shape: [4, 3, 3, 3], padding: 1, inputSize: [7, 6] },
  "2d stride": { shape: [4, 2, 4, 4], stride: 2, padding: 1, groups: 2, inputSize: 8 },
  "2d reflect": { shape: [2, 3, 3, 3], padding: 2, paddingMode: "reflect", dilation: 2, inputSize: 7 },
  "2d same HWIO": { shape: [3, 3, 2, 5], layout: "HWIO", padding: "same", stride: 2, inputSize: 9 },
  "2d depthwise": { shape: [3, 3, 4, 2], layout: "HWIM", padding: "same", inputSize: 5 },
  "2d transposed": { shape: [4, 3, 3, 3], stride: 2, outputPadding: 1, transposed: true, inputSize: 4 },
  "3d replicate": { shape: [2, 2, 2, 3, 2], padding: 1, paddingMode: "replicate", inputSize: [3, 4, 3] },
  "2d large": { shape: [12, 10, 3, 3], padding: 1, inputSize: 12 },
};

/** Pairs of a name and a function of an engine. */
export function* convolutions() {
  for (const [name, layer] of Object.entries(LAYERS)) {
    for (const dtype of DTYPES) {
      const at = `${name} ${SHORT[dtype]}`;
      const given = { ...layer, kernel: noise(dtype, layer.shape, 31, 0).data };
      yield [`convolutionNorm ${at}`, (engine) => engine.convolutionNorm(given)];
      yield [`convolutionNormGradient ${at}`, (engine) => engine.convolutionNormGradient(given)];
      yield [`convolutionNormalize ${at}`, (engine) => engine.convolutionNormalize(given, { by: "upper", target: 2 })];
      if (layer.paddingMode === undefined) {
        const { inputSize, ...anywhere } = given;
        yield [`convolutionNorm any size ${at}`, (engine) => engine.convolutionNorm(anywhere)];
      }
    }
  }
}
