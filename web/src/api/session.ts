import { queryOptions } from "@tanstack/react-query";
import { call } from "./client.ts";
import type { Session } from "./contract.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => call<Session>("GET", "/api/v1/session", { signal }),
  staleTime: 5 * 60_000,
  retry: false,
});

export const logIn = (body: { email: string; password: string }) =>
  call<unknown>("POST", "/api/v1/session", { body });

export const logOut = () => call<unknown>("DELETE", "/api/v1/session");

export const switchCompany = (companyId: string) =>
  call<unknown>("POST", "/api/v1/session/company", { body: { company_id: companyId } });

export const setUpHub = (body: {
  token: string;
  company: string;
  name: string;
  email: string;
  password: string;
}) => call<unknown>("POST", "/api/v1/setup", { body });
