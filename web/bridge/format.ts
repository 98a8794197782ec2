/** Figures as people read them. */

export function formatDuration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  const hours = Math.floor(seconds / 3_600);
  const minutes = Math.floor(seconds / 60) % 60;
  const clock = `${pad(minutes)}:${pad(seconds % 60)}`;
  return hours > 0 ? `${hours}:${clock}` : clock;
}

/** Where on a call's axis: m:ss with so many digits behind, and before the answer a minus. */
export function formatClock(ms: number, digits: number): string {
  const seconds = Math.abs(ms) / 1_000;
  const minutes = Math.floor(seconds / 60);
  const rest = (seconds - 60 * minutes).toFixed(digits);
  return `${ms < 0 ? '−' : ''}${minutes}:${rest.padStart(digits === 0 ? 2 : 3 + digits, '0')}`;
}

/** 1024-based, as file managers show it. */
export function formatBytes(bytes: number): string {
  if (bytes < 1_024) return `${bytes} B`;
  if (bytes < 1_024 * 1_024) return `${(bytes / 1_024).toFixed(1)} kB`;
  return `${(bytes / 1_024 / 1_024).toFixed(1)} MB`;
}

export function formatMs(ms: number): string {
  return ms < 1_000 ? `${Math.round(ms)} ms` : `${(ms / 1_000).toFixed(1)} s`;
}

export function formatDbfs(dbfs: number): string {
  return dbfs <= -90 ? '−∞' : dbfs.toFixed(0).replace('-', '−');
}

export function formatTime(date: Date): string {
  return `${pad(date.getHours())}:${pad(date.getMinutes())}:${pad(date.getSeconds())}`;
}

function pad(value: number): string {
  return String(value).padStart(2, '0');
}
