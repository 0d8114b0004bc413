// @ts-check
/**
 * Machine code of x64 as steps, with the arithmetic of float32 in registers of 128 bits told apart.
 *
 * @module
 */

/** @typedef {import("./loops.mjs").Step} Step */
/** @typedef {import("./loops.mjs").Kind} Kind */

/** A decoder; the package that knows the instructions is one of bench/package.json. @returns {Promise<(code: Uint8Array) => Step[]>} */
export async function createDecoder() {
  const iced = (await import("iced-x86")).default;
  const { Mnemonic, OpKind, Register, FlowControl } = iced;
  /** @type {(kind: Kind, ...mnemonics: number[]) => [number, Kind][]} */
  const each = (kind, ...mnemonics) => mnemonics.map((mnemonic) => [mnemonic, kind]);
  const registers = new Map([
    ...each("control", Mnemonic.Cmp, Mnemonic.Test),
    ...each("multiplication", Mnemonic.Mulps, Mnemonic.Vmulps),
    ...each("addition", Mnemonic.Addps, Mnemonic.Vaddps),
    ...each("place", Mnemonic.Lea, Mnemonic.Add, Mnemonic.Sub, Mnemonic.Mov, Mnemonic.Shl, Mnemonic.Inc),
  ]);
  const aligned = [Mnemonic.Movaps, Mnemonic.Vmovaps];
  const unaligned = [Mnemonic.Movups, Mnemonic.Vmovups, Mnemonic.Movdqu, Mnemonic.Vmovdqu];
  const moves = new Set([Mnemonic.Mov, ...aligned, ...unaligned]);
  const stack = new Set([Register.RBP, Register.RSP]);
  const jumps = new Set([FlowControl.ConditionalBranch, FlowControl.UnconditionalBranch]);

  /** What is loaded or stored by one, if that is all it does. @param {import("iced-x86").Instruction} one @returns {Kind | undefined} */
  const moveOf = (one) => {
    const place = Array.from({ length: one.opCount }, (_, index) => one.opKind(index)).indexOf(OpKind.Memory);
    if (place < 0 || !moves.has(one.mnemonic)) return undefined;
    if (stack.has(one.memoryBase)) return "spilled";
    return place === 0 ? "store" : "load";
  };
  /** @param {import("iced-x86").Instruction} one @returns {Kind} */
  const kindOf = (one) =>
    jumps.has(one.flowControl) ? "control" : (moveOf(one) ?? registers.get(one.mnemonic) ?? "other");

  return (code) => {
    const decoder = new iced.Decoder(64, code, iced.DecoderOptions.None);
    const steps = [];
    while (decoder.canDecode) {
      const one = decoder.decode();
      const isJump = jumps.has(one.flowControl) && one.op0Kind === OpKind.NearBranch64;
      const target = isJump ? { target: Number(one.nearBranchTarget) } : {};
      if (one.mnemonic !== Mnemonic.Nop) steps.push({ at: Number(one.ip), kind: kindOf(one), ...target });
      one.free();
    }
    decoder.free();
    return steps;
  };
}
