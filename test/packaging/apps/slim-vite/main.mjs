import { load, spectralNorm } from "spectral-norm/slim";
import address from "spectral-norm/spectral_norm.wasm?url";
import { sigma } from "../sigma.mjs";

load(new URL(address, globalThis.location.href))
  .then(() => sigma(spectralNorm))
  .then(console.log);
