import { Button } from "@mantine/core";
import { type ErrorComponentProps, Link, useRouter } from "@tanstack/react-router";
import { EmptyState } from "../components/EmptyState";
import { ErrorPanel } from "../components/ErrorPanel";

/** In place of a page that failed: the frame around it stays. */
export function PageError({ error, reset }: ErrorComponentProps) {
  const router = useRouter();
  return (
    <div style={{ padding: "24px 0" }}>
      <ErrorPanel
        error={error}
        onRetry={() => {
          reset();
          void router.invalidate();
        }}
      />
    </div>
  );
}

export function NotFound() {
  return (
    <EmptyState title="There is no such page">
      <Button component={Link} to="/commands" variant="default" size="xs" mt={8}>
        Go to commands
      </Button>
    </EmptyState>
  );
}
