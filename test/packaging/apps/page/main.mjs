// A page without any tool: the file as it lies in node_modules.
import { spectralNorm } from "/node_modules/spectral-norm/dist/index.js";
import { sigma } from "../sigma.mjs";

sigma(spectralNorm).then(console.log, (error) => console.log(`refused ${error.code}: ${error.message}`));
