/**
 * Long names are cut in the middle, because their ends tell them apart ("prod-eu…cluster-7"). The text stays whole
 * in the document: two halves, of which only the first may shrink, so copying gives the whole name. Read aloud, two
 * halves would be two words, so assistive technology is given the name in one piece.
 */
import styles from "./MiddleEllipsis.module.css";

const TAIL = 10;

export function MiddleEllipsis({ text, tail = TAIL }: { text: string; tail?: number }) {
  const characters = Array.from(text);
  if (characters.length <= tail * 2) return <span className={styles.short}>{text}</span>;
  return (
    <span className={styles.whole} data-tip={characters.length > 28 ? text : undefined}>
      <span className={`visually-hidden ${styles.spoken}`}>{text}</span>
      <span aria-hidden="true" className={styles.head}>
        {characters.slice(0, -tail).join("")}
      </span>
      <span aria-hidden="true" className={styles.tail}>
        {characters.slice(-tail).join("")}
      </span>
    </span>
  );
}
