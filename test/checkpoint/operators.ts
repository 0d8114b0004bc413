/**
 * The package's operators, as ts/audit.ts gives them to the audit.
 */
import { dominantTriplet, operatorProduct, operatorScale, operatorSum } from "spectral-norm";
import type { Operators } from "../../ts/checkpoint/products.js";

export const operators: Operators = { operatorProduct, operatorScale, operatorSum, dominantTriplet } as Operators;
