import styles from "./notifications.module.css";

type Props = { state: { word: string; color: string }; hollow?: boolean; tip?: string | null };

/** A state as word and dot; a hollow dot is for what does nothing, so that it differs in grey print too. */
export function Mark({ state, hollow = false, tip = null }: Props) {
  return (
    <span
      className={styles.mark}
      data-hollow={hollow || undefined}
      data-tip={tip ?? undefined}
      style={{ color: state.color }}
    >
      {state.word}
    </span>
  );
}
