/** Has the browser save a file, as a click on a link to it would. */
/** The browser needs the address for a moment after the click. */
const KEEP_MS = 60_000;

export function saveFile(file: File): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement('a');
  link.href = url;
  link.download = file.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), KEEP_MS);
}
