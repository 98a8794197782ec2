/**
 * The crowd of the relay suite in a process of its own: relay-load-process.ts NG_PORT. It is asked
 * `grow N` and `run SECONDS`, so that the call whose latency is measured has an idle event loop.
 */
import { RelayLoad } from './relay-load.ts';
import { Stack } from './stage.ts';

const stack = new Stack();
const load = await RelayLoad.open(Number(process.argv[2]), 'crowd', stack);

async function answer(question: string): Promise<void> {
  const [what, amount] = question.split(' ');
  if (what === 'grow') process.send?.(await load.grow(Number(amount)));
  else {
    const { sent, received } = await load.run(Number(amount));
    process.send?.({ sent, received });
  }
}

process.on('message', (question: string) => void answer(question));
process.once('disconnect', () => void stack.close().then(() => process.exit(0)));
process.send?.({});
