/** Words for instants and spans. Pure: the present is an argument. */

const UNITS: [Intl.RelativeTimeFormatUnit, number][] = [
  ["year", 31_536_000],
  ["month", 2_592_000],
  ["day", 86_400],
  ["hour", 3_600],
  ["minute", 60],
];

const SHORT: Partial<Record<Intl.RelativeTimeFormatUnit, string>> = {
  year: "y",
  month: "mo",
  day: "d",
  hour: "h",
  minute: "min",
};

/** "3 min ago", "in 20 s"; clocks that disagree by a few seconds read "just now". */
export function relative(instant: Date, now: Date): string {
  const seconds = Math.round((now.getTime() - instant.getTime()) / 1_000);
  if (Math.abs(seconds) < 10) return "just now";
  const size = Math.abs(seconds);
  const [unit, length] = UNITS.find(([, each]) => size >= each) ?? ["second", 1];
  const words = `${Math.floor(size / length)} ${SHORT[unit] ?? "s"}`;
  return seconds > 0 ? `${words} ago` : `in ${words}`;
}

export function exact(instant: Date): string {
  return instant.toLocaleString(undefined, {
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    timeZoneName: "short",
  });
}

/** "1 d 3 h", "12 min 5 s": two units are enough to compare runs. */
export function span(totalSeconds: number | null | undefined): string {
  if (totalSeconds === null || totalSeconds === undefined || !Number.isFinite(totalSeconds)) return "—";
  let left = Math.max(0, Math.round(totalSeconds));
  const words: string[] = [];
  for (const [name, length] of [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const) {
    const amount = Math.floor(left / length);
    left -= amount * length;
    if (amount > 0) words.push(`${amount} ${name}`);
    if (words.length === 2) break;
  }
  return words.length === 0 ? "0 s" : words.join(" ");
}
