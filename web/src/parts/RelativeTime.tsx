import { useSyncExternalStore } from "react";
import styles from "./RelativeTime.module.css";
import { exact, relative } from "./time.ts";

const TICK_MS = 10_000;
const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;
let present = Date.now();

/** One clock for all relative times, stopped while nobody looks at one. */
function subscribe(listener: () => void) {
  listeners.add(listener);
  present = Date.now();
  timer ??= setInterval(() => {
    present = Date.now();
    for (const each of listeners) each();
  }, TICK_MS);
  return () => {
    listeners.delete(listener);
    if (listeners.size === 0) {
      clearInterval(timer);
      timer = undefined;
    }
  };
}

export function useNow(): Date {
  return new Date(useSyncExternalStore(subscribe, () => present));
}

type Props = { at: string | null | undefined; stale?: boolean };

/** Relative words, the exact instant with its zone on hover and focus. */
export function RelativeTime({ at, stale = false }: Props) {
  const now = useNow();
  const instant = at ? new Date(at) : null;
  if (!at || !instant || Number.isNaN(instant.getTime())) return <span className="quiet">—</span>;
  const words = relative(instant, now);
  return (
    <time
      className={stale ? styles.stale : styles.time}
      dateTime={at}
      data-tip={exact(instant)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: the exact time must be reachable by keyboard too
      tabIndex={0}
    >
      {stale ? words.replace(/ ago$/, " old") : words}
    </time>
  );
}
