import { readFixture } from "../values/inputs.ts";
import { type Fixture, testCritics, testLayers } from "./keras-cases.ts";
import { backends } from "./support.ts";

const { fixture } = readFixture<{ readonly fixture: Fixture }>("tfjs");

for (const backend of backends) {
  testLayers(backend, fixture);
  testCritics(backend, fixture);
}
