import "./theme/nonce";
import "./theme/fonts.css";
import "./theme/tokens.css";
import "@mantine/core/styles.layer.css";
import "./theme/global.css";
import { MantineProvider } from "@mantine/core";
import { QueryClientProvider } from "@tanstack/react-query";
import { RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { queryClient } from "./api/queryClient";
import { loadEarly } from "./part";
import { loadAssetPage, loadListPage, router } from "./routes";
import { guardSession } from "./session/guard";
import { ensureSession } from "./session/session";
import { styleNonce } from "./theme/nonce";
import { theme, variables } from "./theme/theme";

// Both at once: who is signed in, and the pages that most people come to.
if (window.location.pathname !== "/login") void ensureSession().catch(() => {});
if (/^\/(experiments|notebooks|commands|tensorboards)?$/.test(window.location.pathname)) loadEarly(loadListPage);
if (/^\/(experiments|notebooks|commands|tensorboards)\/\d+$/.test(window.location.pathname)) loadEarly(loadAssetPage);
guardSession(router);

const root = document.getElementById("root");
if (!root) throw new Error("index.html has no root");

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={variables}
      defaultColorScheme="auto"
      getStyleNonce={() => styleNonce ?? ""}
    >
      <QueryClientProvider client={queryClient}>
        <RouterProvider router={router} />
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
