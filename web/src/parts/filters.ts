/**
 * Filters are the URL: every page keeps them as repeated query parameters, so a view can be reloaded, shared and
 * gone back to. Values this version does not know, or more of them than a
 * filter takes, are kept and shown as such, never sent to the hub.
 */

export type FilterChoice = {
  value: string;
  label: string;
  /** Told of it on hover. */
  detail?: string;
  /** How many rows it would leave. */
  count?: number;
};

export type FilterSpec = {
  key: string;
  label: string;
  /** Without choices any text is accepted. */
  choices?: readonly FilterChoice[];
  single?: boolean;
  /** Its choices are asked for when somebody looks at them. */
  onOpen?: () => void;
  /** What stands in place of choices that are not there yet. */
  waiting?: string;
};

export type Search = Record<string, string[]>;

export function parseSearch(text: string): Search {
  const search: Search = {};
  for (const [key, value] of new URLSearchParams(text)) {
    if (value === "") continue;
    const values = search[key] ?? [];
    if (!values.includes(value)) values.push(value);
    search[key] = values;
  }
  return search;
}

export function stringifySearch(search: Record<string, unknown>): string {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(search)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== undefined && each !== null && each !== "") query.append(key, String(each));
    }
  }
  const text = query.toString();
  return text === "" ? "" : `?${text}`;
}

/** Keeps the parameters a page knows, drops the rest. */
export function pickSearch(raw: Record<string, unknown>, keys: readonly string[]): Search {
  const search: Search = {};
  for (const key of keys) {
    const value = raw[key];
    const values = (Array.isArray(value) ? value : [value]).filter(
      (each) => typeof each === "string" && each !== "",
    );
    if (values.length > 0) search[key] = values as string[];
  }
  return search;
}

export const first = (search: Search, key: string): string | undefined => search[key]?.[0];

export type Chip = { key: string; value: string; label: string; known: boolean };

export function chips(specs: readonly FilterSpec[], search: Search): Chip[] {
  return specs.flatMap((spec) =>
    (search[spec.key] ?? []).map((value, index) => {
      const choice = spec.choices?.find((each) => each.value === value);
      const known = (spec.choices === undefined || choice !== undefined) && !(spec.single && index > 0);
      return { key: spec.key, value, label: `${spec.label}: ${choice?.label ?? value}`, known };
    }),
  );
}

export function withValue(spec: FilterSpec, search: Search, value: string): Search {
  const before = search[spec.key] ?? [];
  const after = spec.single ? [value] : before.includes(value) ? before : [...before, value];
  return { ...search, [spec.key]: after };
}

export function withoutValue(search: Search, key: string, value: string): Search {
  const after = Object.entries(search).map(([each, values]) =>
    each === key ? ([each, values.filter((one) => one !== value)] as const) : ([each, values] as const),
  );
  return Object.fromEntries(after.filter(([, values]) => values.length > 0));
}

export function withoutFilters(specs: readonly FilterSpec[], search: Search): Search {
  const filtered = new Set([...specs.map((spec) => spec.key), "q"]);
  return Object.fromEntries(Object.entries(search).filter(([key]) => !filtered.has(key)));
}

/** Only what the hub understands. */
export function knownValues(specs: readonly FilterSpec[], search: Search): Search {
  const known: Search = {};
  for (const chip of chips(specs, search)) {
    if (chip.known) known[chip.key] = [...(known[chip.key] ?? []), chip.value];
  }
  return known;
}

/** First click ascending, second descending, third removes the order. */
export function nextSort(current: string | undefined, key: string): string | undefined {
  if (current === key) return `-${key}`;
  return current === `-${key}` ? undefined : key;
}
