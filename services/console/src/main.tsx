import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { App } from "@/app";
import { Safely } from "@/components/safely";
import { ApiError } from "@/lib/api";
import "@/styles/base.css";

const RETRIES = 2;

const queries = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 5000,
      refetchOnWindowFocus: true,
      retry: (count, error) => count < RETRIES && !(error instanceof ApiError && error.status > 0 && error.status < 500),
    },
  },
});

const place = document.getElementById("root");
if (place !== null) {
  createRoot(place).render(
    <StrictMode>
      <QueryClientProvider client={queries}>
        <Safely>
          <App />
        </Safely>
      </QueryClientProvider>
    </StrictMode>,
  );
}
