import { Button, Menu } from "@mantine/core";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { useShortcut } from "@/shell/shortcuts.ts";
import styles from "./FilterBar.module.css";
import {
  chips,
  type FilterSpec,
  first,
  type Search,
  withoutFilters,
  withoutValue,
  withValue,
} from "./filters.ts";
import { CloseIcon, FilterIcon, SearchIcon } from "./icons.tsx";

type Props = {
  specs: readonly FilterSpec[];
  search: Search;
  onChange: (search: Search) => void;
  searchLabel: string;
  children?: ReactNode;
};

const TYPING_MS = 300;

export function FilterBar({ specs, search, onChange, searchLabel, children }: Props) {
  const active = chips(specs, search);
  const unknown = active.filter((chip) => !chip.known);
  return (
    <search className={styles.bar} aria-label="Filters">
      <SearchBox label={searchLabel} search={search} onChange={onChange} />
      <FilterMenu specs={specs} search={search} onChange={onChange} />
      {specs
        .filter((spec) => spec.choices === undefined && search[spec.key] === undefined)
        .map((spec) => (
          <FreeFilter
            key={spec.key}
            spec={spec}
            onAdd={(value) => onChange(withValue(spec, search, value))}
          />
        ))}
      {active.map((chip) => (
        <button
          key={`${chip.key}=${chip.value}`}
          type="button"
          className={chip.known ? styles.chip : styles.unknownChip}
          onClick={() => onChange(withoutValue(search, chip.key, chip.value))}
          aria-label={`Remove filter ${chip.label}`}
        >
          {chip.label}
          <CloseIcon size={11} />
        </button>
      ))}
      {active.length > 1 ? (
        <Button variant="subtle" color="gray" onClick={() => onChange(withoutFilters(specs, search))}>
          Clear
        </Button>
      ) : null}
      {unknown.length > 0 ? (
        <span className={styles.note} role="status">
          Not known here and not applied: {unknown.map((chip) => chip.label).join(", ")}
        </span>
      ) : null}
      {children ? <div className={styles.end}>{children}</div> : null}
    </search>
  );
}

type SearchProps = { label: string; search: Search; onChange: (search: Search) => void };

function SearchBox({ label, search, onChange }: SearchProps) {
  const applied = first(search, "q") ?? "";
  const [text, setText] = useState(applied);
  const input = useRef<HTMLInputElement>(null);
  const latest = useRef({ search, onChange });
  useEffect(() => {
    latest.current = { search, onChange };
  });
  useShortcut("/", "Search this page", () => input.current?.focus());

  useEffect(() => setText(applied), [applied]);
  useEffect(() => {
    if (text === applied) return;
    const timer = setTimeout(() => {
      const { q: _, ...rest } = latest.current.search;
      latest.current.onChange(text.trim() === "" ? rest : { ...rest, q: [text] });
    }, TYPING_MS);
    return () => clearTimeout(timer);
  }, [text, applied]);

  return (
    <span className={styles.search}>
      <SearchIcon size={14} />
      <input
        ref={input}
        className={styles.input}
        type="search"
        aria-label={label}
        placeholder={`${label}  /`}
        value={text}
        onChange={(event) => setText(event.currentTarget.value)}
        onKeyDown={(event) => {
          if (event.key === "Escape") input.current?.blur();
        }}
      />
    </span>
  );
}

function FilterMenu({ specs, search, onChange }: Omit<Props, "searchLabel">) {
  return (
    <Menu position="bottom-start" closeOnItemClick={false}>
      <Menu.Target>
        <Button variant="default" leftSection={<FilterIcon size={14} />}>
          Filter
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        {specs
          .filter((spec) => (spec.choices?.length ?? 0) > 0 || spec.onOpen)
          .map((spec) => (
            <Menu.Sub key={spec.key} onChange={(opened) => opened && spec.onOpen?.()}>
              <Menu.Sub.Target>
                <Menu.Sub.Item>{spec.label}</Menu.Sub.Item>
              </Menu.Sub.Target>
              <Menu.Sub.Dropdown className={styles.choices}>
                {spec.waiting ? <Menu.Label role="status">{spec.waiting}</Menu.Label> : null}
                {spec.choices?.map((choice) => {
                  const chosen = search[spec.key]?.includes(choice.value) ?? false;
                  return (
                    <Menu.CheckboxItem
                      key={choice.value}
                      checked={chosen}
                      title={choice.detail}
                      rightSection={
                        choice.count === undefined ? null : (
                          <span className={styles.count}>{choice.count.toLocaleString("en")}</span>
                        )
                      }
                      onChange={() =>
                        onChange(
                          chosen
                            ? withoutValue(search, spec.key, choice.value)
                            : withValue(spec, search, choice.value),
                        )
                      }
                    >
                      {choice.label}
                    </Menu.CheckboxItem>
                  );
                })}
              </Menu.Sub.Dropdown>
            </Menu.Sub>
          ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** A filter whose values only the hub knows: typed, applied with Enter. */
function FreeFilter({ spec, onAdd }: { spec: FilterSpec; onAdd: (value: string) => void }) {
  const [text, setText] = useState("");
  return (
    <input
      className={`${styles.input} ${styles.free}`}
      aria-label={`${spec.label}, Enter to filter`}
      placeholder={spec.label}
      value={text}
      onChange={(event) => setText(event.currentTarget.value)}
      onKeyDown={(event) => {
        if (event.key === "Enter" && text.trim() !== "") onAdd(text.trim());
      }}
    />
  );
}
