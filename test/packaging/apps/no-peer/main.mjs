// The adapter's peer is not installed here: what somebody who forgot it is told.
const said = await import("spectral-norm/jax").then(
  () => "imported",
  ({ code, message }) => `refused ${code}: ${message.split("\n")[0]}`,
);
console.log(said);
