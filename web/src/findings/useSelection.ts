import { useState } from "react";

export type Selection = {
  ids: ReadonlySet<string>;
  /** Whatever matches the filter is meant, of which `ids` are only some. */
  all: boolean;
};

const NOTHING: Selection = { ids: new Set(), all: false };

/** What is selected in a view. In another one nothing is: what was chosen by sight is never applied unseen. */
export function useSelection(view: object) {
  const under = JSON.stringify(view);
  const [held, setHeld] = useState({ under, selection: NOTHING });
  if (held.under !== under) setHeld({ under, selection: NOTHING });
  return {
    selection: held.under === under ? held.selection : NOTHING,
    /** Choosing single rows takes "all" back. */
    choose: (ids: ReadonlySet<string>) => setHeld({ under, selection: { ids, all: false } }),
    chooseAll: () => setHeld({ under, selection: { ...held.selection, all: true } }),
    chooseNone: () => setHeld({ under, selection: NOTHING }),
  };
}
