import { CirclePause, CirclePlay, CircleStop, RotateCcw } from "lucide-react";
import type { ReactNode } from "react";
import type { Verb } from "@/lib/control";

/** The pictures of the verbs: in circles, so that none is taken for a pause of the view. */
export function verbIcon(verb: Verb, size = 15): ReactNode {
  switch (verb) {
    case "pause":
      return <CirclePause size={size} aria-hidden="true" />;
    case "resume":
      return <CirclePlay size={size} aria-hidden="true" />;
    case "stop":
      return <CircleStop size={size} aria-hidden="true" />;
    case "restart":
      return <RotateCcw size={size} aria-hidden="true" />;
  }
}
