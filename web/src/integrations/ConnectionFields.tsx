/** The fields of a connection, as the connector's own catalogue entry asks for them. */
import { Select, Textarea, TextInput } from "@mantine/core";
import type { Connector, SecretHint } from "@/api/contract.ts";
import { useNow } from "@/parts/RelativeTime.tsx";
import { SecretInput } from "@/parts/SecretInput.tsx";
import { relative } from "@/parts/time.ts";

export type Connection = {
  name: string;
  baseUrl: string;
  authMethod: string;
  credentials: Record<string, string>;
  caPem: string;
};

type Props = {
  connector: Connector;
  value: Connection;
  onChange: (value: Connection) => void;
  errors: Record<string, string>;
  /** What the hub already holds; absent for a new connection. */
  held?: Record<string, SecretHint>;
  /** The host differs from the saved one, so saved secrets must not be sent to it. */
  hostChanged?: boolean;
};

const authFields = (connector: Connector, method: string) =>
  (connector.auth_methods.find((each) => each.id === method) ?? connector.auth_methods[0])?.fields ?? [];

export const connectionErrorFields = (connector: Connector, method: string) => [
  "name",
  "base_url",
  "auth_method",
  "ca_pem",
  ...authFields(connector, method).map((field) => `credentials.${field.name}`),
  "credentials",
];

export function ConnectionFields({
  connector,
  value,
  onChange,
  errors,
  held = {},
  hostChanged = false,
}: Props) {
  const now = useNow();
  const set = (part: Partial<Connection>) => onChange({ ...value, ...part });
  const setCredential = (name: string, text: string) =>
    set({ credentials: { ...value.credentials, [name]: text } });
  return (
    <>
      <TextInput
        label="Name"
        value={value.name}
        onChange={(event) => set({ name: event.currentTarget.value })}
        error={errors.name}
      />
      <TextInput
        label="Address"
        description="Where its API answers, with https:// and port."
        placeholder={connector.base_url_example}
        value={value.baseUrl}
        onChange={(event) => set({ baseUrl: event.currentTarget.value })}
        error={errors.base_url}
        type="url"
      />
      {connector.auth_methods.length > 1 ? (
        <Select
          label="Sign-in method"
          allowDeselect={false}
          data={connector.auth_methods.map((method) => ({ value: method.id, label: method.label }))}
          value={value.authMethod}
          onChange={(method) => set({ authMethod: method ?? value.authMethod, credentials: {} })}
          error={errors.auth_method}
        />
      ) : null}
      {authFields(connector, value.authMethod).map((field) => {
        const hint = held[field.name];
        const kept = hint?.set === true && !hostChanged;
        const words = [
          field.help,
          kept
            ? `Set${hint.updated_at ? ` ${relative(new Date(hint.updated_at), now)}` : ""}${hint.hint ? `, ${hint.hint}` : ""}. Left empty, it stays; typing one asks for all.`
            : "",
          hint?.set && hostChanged ? "The address changed, so this is asked again." : "",
        ]
          .filter((each) => each !== "")
          .join(" ");
        const Input = field.secret ? SecretInput : TextInput;
        return (
          <Input
            key={field.name}
            label={field.label}
            description={words === "" ? undefined : words}
            withAsterisk={!kept}
            autoComplete={field.secret ? "new-password" : "off"}
            value={value.credentials[field.name] ?? ""}
            onChange={(event) => setCredential(field.name, event.currentTarget.value)}
            error={errors[`credentials.${field.name}`]}
          />
        );
      })}
      {errors.credentials ? (
        <p style={{ color: "var(--severity-critical)", fontSize: 12 }}>{errors.credentials}</p>
      ) : null}
      <Textarea
        label="Own certificate authority"
        description="PEM text. Only needed when the scanner's certificate is not publicly trusted."
        placeholder="-----BEGIN CERTIFICATE-----"
        autosize
        minRows={2}
        maxRows={8}
        value={value.caPem}
        onChange={(event) => set({ caPem: event.currentTarget.value })}
        error={errors.ca_pem}
        styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
      />
    </>
  );
}

/** Only what was typed: an empty secret means "keep", not "clear". */
export const typedCredentials = (credentials: Record<string, string>) =>
  Object.fromEntries(Object.entries(credentials).filter(([, text]) => text !== ""));

export function hostOf(address: string): string {
  try {
    return new URL(address).host;
  } catch {
    return address;
  }
}
