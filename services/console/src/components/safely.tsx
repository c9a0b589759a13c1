import { Component, type ReactNode } from "react";
import { Button } from "@/components/ui/button";
import { Notice } from "@/components/ui/notice";

interface SafelyState {
  error: Error | null;
}

/** Says what went wrong where a part of the page cannot be drawn, instead of showing nothing. */
export class Safely extends Component<{ children: ReactNode }, SafelyState> {
  override state: SafelyState = { error: null };

  static getDerivedStateFromError(error: Error): SafelyState {
    return { error };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (error === null) return this.props.children;
    return (
      <main className="h-full">
        <Notice
          title="The console could not draw this"
          action={
            <Button look="outline" onClick={() => window.location.reload()}>
              Load again
            </Button>
          }
        >
          <span className="numbers break-words">{error.message}</span>
        </Notice>
      </main>
    );
  }
}
