import { Button, TextInput } from "@mantine/core";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { ApiError } from "@/api/client.ts";
import { logIn, sessionQuery, setUpHub } from "@/api/session.ts";
import { Notice } from "@/parts/EmptyState.tsx";
import { Form, fieldErrors } from "@/parts/Form.tsx";
import { first } from "@/parts/filters.ts";
import { SecretInput } from "@/parts/SecretInput.tsx";
import { Threshold } from "./Threshold.tsx";

const route = getRouteApi("/setup");
const FIELDS = ["company", "name", "email", "password"];

export function SetupPage() {
  const token = first(route.useSearch(), "token") ?? "";
  const [company, setCompany] = useState("");
  const [name, setName] = useState("");
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const cache = useQueryClient();
  const navigate = useNavigate();
  const setUp = useMutation({
    mutationFn: () =>
      setUpHub({ token, company: company.trim(), name: name.trim(), email: email.trim(), password }),
    onSuccess: async () => {
      cache.removeQueries();
      try {
        await cache.fetchQuery(sessionQuery);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 401) throw error;
        await logIn({ email: email.trim(), password });
      }
      await navigate({ to: "/integrations" });
    },
  });
  const errors = fieldErrors(setUp.error, FIELDS);
  return (
    <Threshold title="Set up this hub">
      {token === "" ? (
        <Notice tone="warning">
          The address lacks its one-time token. Open the whole line the hub printed after “setup:” when it
          started; it is also in the file setup-url in its data directory. <Link to="/login">Log in</Link> if
          the hub is set up.
        </Notice>
      ) : (
        <Form
          onSubmit={() => setUp.mutate()}
          error={setUp.error}
          errors={errors}
          failure="The hub was not set up."
        >
          <TextInput
            label="Company"
            description="Whose scans these are. More can be added later."
            size="sm"
            autoComplete="organization"
            autoFocus
            value={company}
            onChange={(event) => setCompany(event.currentTarget.value)}
            error={errors.company}
          />
          <TextInput
            label="Your name"
            size="sm"
            autoComplete="name"
            value={name}
            onChange={(event) => setName(event.currentTarget.value)}
            error={errors.name}
          />
          <TextInput
            label="E-mail"
            type="email"
            size="sm"
            autoComplete="username"
            value={email}
            onChange={(event) => setEmail(event.currentTarget.value)}
            error={errors.email}
          />
          <SecretInput
            label="Password"
            size="sm"
            autoComplete="new-password"
            value={password}
            onChange={(event) => setPassword(event.currentTarget.value)}
            error={errors.password}
          />
          <Button type="submit" size="sm" loading={setUp.isPending}>
            Set up
          </Button>
        </Form>
      )}
    </Threshold>
  );
}
