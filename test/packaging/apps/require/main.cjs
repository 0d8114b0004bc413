const { spectralNorm } = require("spectral-norm");
const { sigma } = require("../sigma.mjs");

sigma(spectralNorm).then(console.log);
