/** Instants as a clock in some zone shows them, in 24 hours as cron counts. Pure: the zone is an argument. */

const FORMAT: Intl.DateTimeFormatOptions = {
  weekday: "short",
  day: "numeric",
  month: "short",
  hour: "2-digit",
  minute: "2-digit",
  hourCycle: "h23",
};

export const viewersZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** "Mon, 23 Nov, 02:30"; a zone that this browser does not know is shown in UTC and says so. */
export function shownIn(zone: string, at: string): string {
  const instant = new Date(at);
  try {
    return instant.toLocaleString(undefined, { ...FORMAT, timeZone: zone });
  } catch {
    return `${instant.toLocaleString(undefined, { ...FORMAT, timeZone: "UTC" })} UTC`;
  }
}

/** The browser's own list; the hub knows the same names and has the last word. */
export function knownZones(): string[] {
  const names = typeof Intl.supportedValuesOf === "function" ? Intl.supportedValuesOf("timeZone") : [];
  return [...new Set(["UTC", viewersZone(), ...names])];
}
