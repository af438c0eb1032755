import { queryOptions } from "@tanstack/react-query";
import { answer, hub } from "./client.ts";

export const sessionQuery = queryOptions({
  queryKey: ["session"],
  queryFn: ({ signal }) => answer(hub.GET("/api/v1/session", { signal })),
  staleTime: 5 * 60_000,
  retry: false,
});

export const logIn = (body: { email: string; password: string }) =>
  answer(hub.POST("/api/v1/session", { body }));

export const logOut = () => answer(hub.DELETE("/api/v1/session"));

export const switchCompany = (companyId: string) =>
  answer(hub.POST("/api/v1/session/company", { body: { company_id: companyId } }));

export const setUpHub = (body: {
  token: string;
  company: string;
  name: string;
  email: string;
  password: string;
}) => answer(hub.POST("/api/v1/setup", { body }));
