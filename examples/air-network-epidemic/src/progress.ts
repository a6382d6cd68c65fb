const WIDTH = 30;
const STRIDE = 20;

/** Tells on stderr how far each branch is: a bar on a terminal, a line every 20 days otherwise. */
export function progressTo(ticks: number): (branch: string, tick: number) => void {
  const { stderr } = process;
  return (branch, tick) => {
    if (stderr.isTTY) {
      const done = Math.round((tick / ticks) * WIDTH);
      stderr.write(
        `\r${branch.padEnd(9)} ${'█'.repeat(done)}${'░'.repeat(WIDTH - done)} day ${tick}/${ticks}`,
      );
      if (tick === ticks) stderr.write('\n');
    } else if (tick % STRIDE === 0 || tick === ticks) {
      stderr.write(`${branch}: day ${tick} of ${ticks}\n`);
    }
  };
}
