/** Whether a stream shows colours: a terminal that has some, and nobody who asked for none (https://no-color.org). */
export function hasColours(stream: NodeJS.WriteStream): boolean {
  return stream.isTTY && stream.hasColors();
}
