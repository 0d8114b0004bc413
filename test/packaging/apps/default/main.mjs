import { spectralNorm } from "spectral-norm";
import { sigma } from "../sigma.mjs";

sigma(spectralNorm).then(console.log);
