import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";
import { Console } from "@/components/console";
import { LoginPage } from "@/components/login/login-page";
import { fetchSession, type Session } from "@/lib/api";
import { useTheme } from "@/lib/theme";

/** The session decides: sign-in page or console. */
export function App() {
  useTheme();
  const queries = useQueryClient();
  const session = useQuery({ queryKey: ["session"], queryFn: fetchSession, staleTime: Number.POSITIVE_INFINITY, retry: 1 });
  const setSession = (next: Session | null): void => {
    queries.setQueryData(["session"], next);
  };

  if (session.isPending) return <main aria-busy="true" className="h-full" />;
  if (session.isError) {
    return (
      <main className="h-full">
        <Notice
          title="The gateway does not answer"
          action={
            <Button look="outline" onClick={() => void session.refetch()}>
              Try again
            </Button>
          }
        >
          Look at <code className="numbers">make logs</code>, or start the stack with <code className="numbers">make up</code>.
        </Notice>
      </main>
    );
  }
  if (session.data === null) return <LoginPage onSession={setSession} />;
  return <Console session={session.data} onSignedOut={() => setSession(null)} />;
}
