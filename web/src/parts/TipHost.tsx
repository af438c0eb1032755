/**
 * One tooltip for the whole console: anything with `data-tip` shows its text on hover and on keyboard focus, and
 * Escape dismisses it (WCAG 1.4.13). One element instead of one per cell keeps long virtual tables fast.
 */
import { useEffect, useRef, useState } from "react";
import { createPortal } from "react-dom";
import styles from "./TipHost.module.css";

type Tip = { text: string; left: number; top: number; above: boolean };

const GAP = 6;
const EDGE = 8;

export function TipHost() {
  const [tip, setTip] = useState<Tip | null>(null);
  const box = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const show = (event: Event) => {
      const target = event.target instanceof Element ? event.target.closest("[data-tip]") : null;
      if (event.type === "focusin" && target && !target.matches(":focus-visible")) return;
      setTip(target ? place(target) : null);
    };
    const hide = () => setTip(null);
    const onKey = (event: KeyboardEvent) => {
      if (event.key === "Escape") hide();
    };
    document.addEventListener("pointerover", show);
    document.addEventListener("focusin", show);
    document.addEventListener("focusout", hide);
    document.addEventListener("keydown", onKey);
    document.addEventListener("scroll", hide, true);
    return () => {
      document.removeEventListener("pointerover", show);
      document.removeEventListener("focusin", show);
      document.removeEventListener("focusout", hide);
      document.removeEventListener("keydown", onKey);
      document.removeEventListener("scroll", hide, true);
    };
  }, []);

  useEffect(() => {
    if (!tip || !box.current) return;
    const half = box.current.offsetWidth / 2;
    const left = Math.min(Math.max(tip.left, half + EDGE), window.innerWidth - half - EDGE);
    box.current.style.left = `${left}px`;
  }, [tip]);

  if (!tip) return null;
  return createPortal(
    <div
      ref={box}
      className={styles.tip}
      role="tooltip"
      data-above={tip.above || undefined}
      style={{ left: tip.left, top: tip.top }}
    >
      {tip.text}
    </div>,
    document.body,
  );
}

function place(target: Element): Tip | null {
  const text = target.getAttribute("data-tip");
  if (!text) return null;
  const around = target.getBoundingClientRect();
  const above = around.bottom > window.innerHeight - 80;
  return {
    text,
    left: around.left + around.width / 2,
    top: above ? around.top - GAP : around.bottom + GAP,
    above,
  };
}
