/**
 * One instance of a WebAssembly module for one memory, kept for its next call.
 *
 * jax-js makes an instance a call, thousands a second, of kernels that keep nothing between two calls. Chromium tells its
 * browser process of each, which keeps a second processor busy: on a machine of two, the page then waits to be drawn.
 *
 * @module
 */
interface Kept {
  readonly memory: WebAssembly.ImportValue | undefined;
  readonly instance: WebAssembly.Instance;
}

/** From here on, a module that is given one memory, `env.memory`, and nothing else has one instance for it. */
export function keepInstances(): void {
  const kept = new WeakMap<WebAssembly.Module, Kept>();
  const construct = WebAssembly.Instance;
  WebAssembly.Instance = new Proxy(construct, {
    construct(_, [module, imports]: [WebAssembly.Module, WebAssembly.Imports?]) {
      const { memory, ...others } = imports?.["env"] ?? {};
      const isAlone = memory instanceof WebAssembly.Memory && Object.keys(others).length === 0;
      if (!isAlone) return new construct(module, imports);
      const last = kept.get(module);
      if (last?.memory === memory) return last.instance;
      const instance = new construct(module, imports);
      kept.set(module, { memory, instance });
      return instance;
    },
  });
}
