import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { logIn, sessionQuery } from "@/api/session.ts";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { first } from "@/parts/filters.ts";
import { SecretInput } from "@/parts/SecretInput.tsx";
import { safeReturn } from "./safe-return.ts";
import { Threshold } from "./Threshold.tsx";

const route = getRouteApi("/login");

export function LoginPage() {
  const back = safeReturn(first(route.useSearch(), "return"));
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const cache = useQueryClient();
  const router = useRouter();
  const entry = useMutation({
    mutationFn: () => logIn({ email: email.trim(), password }),
    onSuccess: async () => {
      cache.removeQueries();
      await cache.fetchQuery(sessionQuery);
      router.history.push(back);
    },
  });
  const errors = fieldErrors(entry.error, ["email", "password"]);
  return (
    <Threshold title="Log in">
      <Form
        onSubmit={() => entry.mutate()}
        error={entry.error}
        errors={errors}
        failure="You were not logged in."
      >
        <TextInput
          label="E-mail"
          type="email"
          size="sm"
          autoComplete="username"
          autoFocus
          value={email}
          onChange={(event) => setEmail(event.currentTarget.value)}
          error={errors.email}
        />
        <SecretInput
          label="Password"
          size="sm"
          autoComplete="current-password"
          value={password}
          onChange={(event) => setPassword(event.currentTarget.value)}
          error={errors.password}
        />
        <Button type="submit" size="sm" loading={entry.isPending}>
          Log in
        </Button>
      </Form>
    </Threshold>
  );
}
