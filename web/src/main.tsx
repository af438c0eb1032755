import "@mantine/core/styles.layer.css";
import "@fontsource-variable/inter";
import "@fontsource-variable/jetbrains-mono";
import "./theme/tokens.css";
import "./theme/base.css";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App, makeApp } from "./app.tsx";

const place = document.getElementById("root");
if (!place) throw new Error("index.html has no element with the id root");
createRoot(place).render(
  <StrictMode>
    <App app={makeApp()} />
  </StrictMode>,
);
