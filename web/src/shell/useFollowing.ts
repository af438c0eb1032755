import { useLive } from "@/shell/live.tsx";

const REFRESH_MS = 10_000;

/** How often what this page shows is read again: no event of the stream tells of notifications. */
export const useFollowing = (): number | false => (useLive().on ? REFRESH_MS : false);
