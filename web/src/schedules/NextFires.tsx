import styles from "./schedules.module.css";
import { shownIn, viewersZone } from "./zone-time.ts";

/** The next times on the schedule's clock and on the reader's, side by side when they differ. */
export function NextFires({ fires, tz, label }: { fires: readonly string[]; tz: string; label: string }) {
  const own = viewersZone();
  const both = own !== tz;
  return (
    <table className={styles.fires} aria-label={label}>
      <thead>
        <tr>
          <th scope="col">{tz}</th>
          {both ? <th scope="col">Your time ({own})</th> : null}
        </tr>
      </thead>
      <tbody>
        {fires.map((at) => (
          <tr key={at}>
            <td>
              <time dateTime={at}>{shownIn(tz, at)}</time>
            </td>
            {both ? <td className="quiet">{shownIn(own, at)}</td> : null}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
