/**
 * Messages gone wrong, for fuzzing: real ones with bytes flipped, lines lost, doubled and moved,
 * parameters blown up. Drawn by fast-check, so that a failure is shrunk and can be run again.
 */
import fc from 'fast-check';

type Mutation = (message: Buffer) => Buffer;

const SPLICES = [
  '',
  ' ',
  '\r\n',
  '\r\n\r\n',
  '\0',
  '"',
  '<',
  '>',
  ';',
  ',',
  ':',
  '@',
  '%',
  '\\',
  '[',
  '?',
  '=',
  'é',
  '\uFEFF',
  'SIP/2.0',
  '99999999999',
  '-1',
  'x'.repeat(3000),
  ';a'.repeat(800),
  ','.repeat(500),
  '('.repeat(500),
];

const splice = fc
  .record({ at: fc.nat(), remove: fc.nat(12), insert: fc.constantFrom(...SPLICES) })
  .map(({ at, remove, insert }): Mutation => (message) => {
    const from = at % (message.length + 1);
    return Buffer.concat([
      message.subarray(0, from),
      Buffer.from(insert),
      message.subarray(from + remove),
    ]);
  });

const flip = fc
  .record({ at: fc.nat(), value: fc.nat(255) })
  .map(({ at, value }): Mutation => (message) => {
    const copy = Buffer.from(message);
    if (copy.length > 0) copy[at % copy.length] = value;
    return copy;
  });

/** Works on whole lines. */
const shuffle = fc
  .record({ from: fc.nat(), to: fc.nat(), how: fc.constantFrom('drop', 'double', 'move') })
  .map(({ from, to, how }): Mutation => (message) => {
    const lines = message.toString('latin1').split('\r\n');
    const [line = ''] =
      how === 'double' ? [lines[from % lines.length]] : lines.splice(from % lines.length, 1);
    if (how !== 'drop') lines.splice(to % (lines.length + 1), 0, line);
    return Buffer.from(lines.join('\r\n'), 'latin1');
  });

const cut = fc.nat().map(
  (at): Mutation =>
    (message) =>
      message.subarray(0, at % (message.length + 1)),
);

/** One of the messages with one to five things done to it. */
export function mutated(messages: readonly Buffer[]): fc.Arbitrary<Buffer> {
  return fc
    .tuple(
      fc.constantFrom(...messages),
      fc.array(fc.oneof(splice, splice, flip, shuffle, cut), { minLength: 1, maxLength: 5 }),
    )
    .map(([message, mutations]) => mutations.reduce((data, mutate) => mutate(data), message));
}
