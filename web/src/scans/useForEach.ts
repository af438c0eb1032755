import { useRef, useState } from "react";

export type Refusal<Item> = { item: Item; reason: string };

/** One deed for many things, as far as it has come. */
export type Work<Item> = {
  name: string;
  total: number;
  done: number;
  refused: Refusal<Item>[];
  over: boolean;
};

const AT_ONCE = 4;

/** Does one thing for each of many, a few at a time. Each keeps its own answer; until all have it nothing else starts. */
export function useForEach<Item>(onOver: () => void) {
  const busy = useRef(false);
  const [work, setWork] = useState<Work<Item> | null>(null);

  const start = async (name: string, items: readonly Item[], act: (item: Item) => Promise<unknown>) => {
    if (busy.current) return;
    busy.current = true;
    let done = 0;
    const refused: Refusal<Item>[] = [];
    const tell = (over: boolean) => setWork({ name, total: items.length, done, refused: [...refused], over });
    tell(false);
    const waiting = [...items];
    const each = async () => {
      for (let item = waiting.shift(); item !== undefined; item = waiting.shift()) {
        try {
          await act(item);
          done += 1;
        } catch (error) {
          refused.push({ item, reason: error instanceof Error ? error.message : String(error) });
        }
        tell(false);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, each));
    busy.current = false;
    tell(true);
    onOver();
  };

  return { work, start };
}
