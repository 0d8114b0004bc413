import { spectralNorm } from "spectral-norm";
import { sigma } from "../sigma.mjs";

export default {
  async test() {
    console.log(await sigma(spectralNorm));
  },
};
