/** Small per-browser preferences. Storage may be blocked; the console then starts with its defaults each time. */

export function recall(key: string): string | null {
  try {
    return globalThis.localStorage.getItem(key);
  } catch {
    return null;
  }
}

export function remember(key: string, value: string): void {
  try {
    globalThis.localStorage.setItem(key, value);
  } catch {
    // Not kept; the choice still holds until the page is left.
  }
}
