// @ts-check
/**
 * Time of the processor that this process took, in milliseconds: on a machine that is shared, what a clock on the wall shows is
 * the load of others.
 *
 * @returns {number}
 */
export function processorTime() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
