declare module "*.wasm?packed" {
  const packed: string;
  export default packed;
}

declare module "*.wasm?digest" {
  const digest: string;
  export default digest;
}

declare module "*.wat?assembled" {
  const base64: string;
  export default base64;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}
