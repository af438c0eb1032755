import { PasswordInput, type PasswordInputProps } from "@mantine/core";

/** Mantine colours a faulty password field but does not tell assistive technology; every other input does both. */
export function SecretInput(props: PasswordInputProps) {
  return <PasswordInput {...props} aria-invalid={props.error ? true : undefined} />;
}
