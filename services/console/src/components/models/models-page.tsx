import { Page } from "@/components/ui/page";

/** Which models there are, how they do and why they were chosen. */
export default function ModelsPage() {
  return (
    <Page title="Models" about="Which models answer, how they have been doing, what they cost, and why one was chosen.">
      {null}
    </Page>
  );
}
