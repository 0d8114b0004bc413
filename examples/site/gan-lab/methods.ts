/**
 * The methods of examples/shared by name, for the page: what is compiled by jax-js stays in the workers.
 *
 * @module
 */

/** What the page calls each method, and what it does to the critic. */
export const METHODS = {
  none: { label: "no constraint", does: "Nothing holds the critic’s slopes back: its scores are no distance." },
  weightClipping: {
    label: "weight clipping",
    does: "Every weight is clamped to ±0.1: the constant is small, and so are the gradients that the generator learns from.",
  },
  frobeniusClipping: {
    label: "Frobenius clipping",
    does: "Each weight matrix is scaled down to Frobenius norm 2 after the update.",
  },
  frobeniusPenalty: {
    label: "Frobenius penalty",
    does: "The excess of each Frobenius norm over 2 is added to the loss.",
  },
  gradientPenalty: {
    label: "gradient penalty",
    does: "Slopes other than 1 cost, at points between real and generated ones, and only there.",
  },
  oneSidedPenalty: {
    label: "one-sided penalty",
    does: "Slopes above 1 cost, at points between real and generated ones.",
  },
  spectralArticle: {
    label: "spectral, article",
    does: "Each weight is divided by its norm as the article estimates it: 5 steps from all ones.",
  },
  spectralTorch: {
    label: "spectral, 1 step",
    does: "Each weight is divided by its norm as PyTorch estimates it: 1 step of power iteration, kept from update to update.",
  },
  spectralConstraint: {
    label: "spectral, after update",
    does: "Each weight is divided by its norm after the update, so that gradients know nothing of it.",
  },
  spectralCertified: {
    label: "spectral, certified",
    does: "Each weight is divided by a certified upper bound of its norm: the critic is 1-Lipschitz by proof.",
  },
} as const satisfies Record<string, { readonly label: string; readonly does: string }>;

export type MethodName = keyof typeof METHODS;

export const METHOD_NAMES = Object.keys(METHODS) as readonly MethodName[];

/** How many methods train side by side. */
export const FEWEST = 2;
export const MOST = 4;

/** A place on the page, and with it a color; empty where no method is. */
export type Slots = readonly (MethodName | undefined)[];

/** The slots with a method put into the first free place, or taken out; unchanged where that would be too few or too many. */
export function toggled(slots: Slots, name: MethodName): Slots {
  const places = Array.from({ length: MOST }, (_, index) => slots[index]);
  const at = places.indexOf(name);
  const count = places.filter((place) => place !== undefined).length;
  const put = (index: number, value: MethodName | undefined): Slots =>
    places.map((place, other) => (other === index ? value : place));
  if (at >= 0) return count > FEWEST ? put(at, undefined) : slots;
  const free = places.indexOf(undefined);
  return free >= 0 ? put(free, name) : slots;
}
