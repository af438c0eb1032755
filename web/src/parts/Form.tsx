/**
 * A form whose faults come from the hub: each is shown at its field, the rest on top, and the first faulty field
 * gets the focus. Submitting is never blocked by a greyed button; typed text is never lost.
 */
import { type FormEvent, type ReactNode, useEffect, useRef } from "react";
import { ApiError } from "@/api/client.ts";
import styles from "./Form.module.css";
import { ProblemNotice } from "./ProblemNotice.tsx";

/** Codes that speak of one field although the hub names none. */
const CODE_FIELDS: Record<string, string> = {
  scan_name_taken: "name",
  integration_name_taken: "name",
};

export function fieldErrors(error: unknown, fields: readonly string[]): Record<string, string> {
  const found: Record<string, string> = {};
  if (!(error instanceof ApiError)) return found;
  for (const each of error.fields) {
    const field = fields.find(
      (name) => each.field === name || each.field.startsWith(`${name}.`) || each.field.startsWith(`${name}[`),
    );
    if (field) found[field] = found[field] ? `${found[field]} ${each.detail}` : each.detail;
  }
  const named = CODE_FIELDS[error.code];
  if (named && fields.includes(named) && !found[named]) found[named] = error.message;
  return found;
}

type Props = {
  onSubmit: () => void;
  error: unknown;
  errors: Record<string, string>;
  failure: string;
  children: ReactNode;
};

export function Form({ onSubmit, error, errors, failure, children }: Props) {
  const form = useRef<HTMLFormElement>(null);
  useEffect(() => {
    if (error) form.current?.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  }, [error]);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form ref={form} className={styles.form} noValidate onSubmit={submit}>
      {error && Object.keys(errors).length === 0 ? <ProblemNotice error={error} what={failure} /> : null}
      {children}
    </form>
  );
}
