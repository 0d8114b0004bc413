/** Tools that npm does not pin for us. `wasm-bindgen` in crate/Cargo.toml must name the same version as here. */
export const WASM_PACK = "0.15.1";
export const WASM_BINDGEN = "0.2.130";

/** The oldest Node that can `require` an ES module without a flag; same as `engines` in package.json. */
export const NODE_FLOOR = [20, 19];

export const WASM_TARGET = "wasm32-unknown-unknown";
