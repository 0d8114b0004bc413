declare module "*.css";

declare module "*.csv?url" {
  /** Where the file is. */
  const address: string;
  export default address;
}

declare module "*.csv?raw" {
  const text: string;
  export default text;
}

declare module "virtual:critic" {
  /** Output channels. */
  export const filters: number;
  /** `[filters, 1, 3, 3]`, row-major, of spectral norm 1 by PyTorch's count. */
  export const kernel: readonly number[];
}

declare module "*.safetensors?url" {
  /** Where the file is. */
  const address: string;
  export default address;
}

declare module "*.json?raw" {
  const text: string;
  export default text;
}
