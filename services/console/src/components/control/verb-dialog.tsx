import { type FormEvent, useEffect, useMemo, useRef, useState } from "react";
import { ReachView } from "@/components/control/reach-view";
import { useScopes } from "@/components/control/use-scopes";
import { verbIcon } from "@/components/control/verb-icons";
import { VerbOutcomeView } from "@/components/control/verb-outcome";
import { Button } from "@/components/ui/button";
import { Choice } from "@/components/ui/choice";
import { Dialog } from "@/components/ui/dialog";
import { Fault, Field } from "@/components/ui/field";
import { clearMarks, closeVerb, useVerbQuestion, type VerbQuestion } from "@/lib/acting";
import {
  DESTRUCTIVE, doVerb, LIMITS_MIN, ordersOf, PAUSE_MODES, type Reach, reachOf, type Scope, scopeId, scopeObject, TYPED_FROM,
  type Verb, VERB_NAMES, type VerbOptions, type VerbOutcome,
} from "@/lib/control";
import { plural } from "@/lib/format";
import { useControl, useFleetSnapshot } from "@/store/hooks";

const NAMES_SHOWN = 6;

const FIRST: VerbOptions = { reason: "", mode: "boundary", limitMin: null, onExpiry: "resume" };

const ABOUT: Record<Verb, string> = {
  pause: "Agents are held, not ended. What is held goes on when you resume.",
  resume: "Lifts the pause of exactly this scope. Pauses above or below it stay.",
  stop: "Ends the processes and cuts the calls under way. Resume does not bring them back.",
  restart: "Begins again what was stopped, as new runs. The old runs stay shut out.",
};

function limitWords(minutes: number): string {
  return minutes < 60 ? `${minutes} min` : `${minutes / 60} h`;
}

function PauseOptions({ options, onChange }: { options: VerbOptions; onChange: (change: Partial<VerbOptions>) => void }) {
  return (
    <>
      <Choice
        label="How"
        isList
        value={options.mode}
        options={PAUSE_MODES.map((mode) => ({ value: mode.value, label: mode.label, does: mode.does }))}
        onChange={(mode) => onChange({ mode })}
      />
      <div className="flex flex-wrap gap-x-6 gap-y-3">
        <Choice
          label="Time limit"
          value={options.limitMin === null ? "" : String(options.limitMin)}
          options={[{ value: "", label: "as set (AOP_FREEZE_SECONDS)" }, ...LIMITS_MIN.map((minutes) => ({ value: String(minutes), label: limitWords(minutes) }))]}
          onChange={(value) => onChange({ limitMin: value === "" ? null : Number(value) })}
        />
        <Choice
          label="At the limit"
          value={options.onExpiry}
          options={[
            { value: "resume", label: "resume" },
            { value: "stop", label: "stop" },
          ]}
          onChange={(onExpiry) => onChange({ onExpiry })}
        />
      </div>
    </>
  );
}

function ScopeChoice({ scope, asked, onChange }: { scope: Scope; asked: Scope; onChange: (scope: Scope) => void }) {
  const [control] = useControl();
  const scopes = useScopes(asked);
  return (
    <Choice
      label="Scope"
      value={scopeId(scope)}
      options={scopes.map((one) => ({ value: scopeId(one), label: <span className="max-w-56 truncate">{scopeObject(one, control)}</span> }))}
      onChange={(id) => onChange(scopes.find((one) => scopeId(one) === id) ?? scope)}
    />
  );
}

interface ConfirmProps {
  verb: Verb;
  reach: Reach;
  typed: string;
  onType: (text: string) => void;
}

/** The second step: who, by name, and from ten agents on the verb typed out. */
function Confirm({ verb, reach, typed, onType }: ConfirmProps) {
  const names = reach.runs.slice(0, NAMES_SHOWN).map((run) => run.actor);
  const more = reach.runs.length - names.length;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-body text-ink">{ABOUT[verb]}</p>
      {names.length === 0 ? (
        <p className="text-body text-dim">No agent runs there now. What comes later is held out as well.</p>
      ) : (
        <ul aria-label="Agents that it touches" className="hairline rounded-base bg-canvas px-3 py-2 text-body">
          {names.map((name, i) => (
            <li key={reach.runs[i]?.id} className="truncate">
              {name}
            </li>
          ))}
          {more > 0 ? <li className="text-faint">and {more} more</li> : null}
        </ul>
      )}
      {reach.agents < TYPED_FROM ? null : (
        <Field label={`Type "${verb}" to go on`} autoFocus autoComplete="off" value={typed} onChange={(event) => onType(event.target.value)} />
      )}
    </div>
  );
}

type Step = "ask" | "confirm" | "sending" | "done";

function actionWords(verb: Verb, reach: Reach, object: string): string {
  return DESTRUCTIVE[verb] ? `${VERB_NAMES[verb]} ${plural(reach.agents, "agent")}` : `${VERB_NAMES[verb]} ${object}`;
}

function Question({ verb, scope: asked }: VerbQuestion) {
  const [control, { version }] = useControl();
  const { root, isComplete, version: runsVersion } = useFleetSnapshot();
  const [scope, setScope] = useState(asked);
  const [options, setOptions] = useState(FIRST);
  const [step, setStep] = useState<Step>("ask");
  const [typed, setTyped] = useState("");
  const [outcome, setOutcome] = useState<VerbOutcome | null>(null);
  const back = useRef<HTMLButtonElement>(null);
  const reach = useMemo(() => reachOf(root ?? "", scope, verb, control), [root, scope, verb, control, version, runsVersion]);
  const object = scopeObject(scope, control);
  const orders = ordersOf(root ?? "", scope, control);
  const needsTyping = step === "confirm" && reach.agents >= TYPED_FROM;
  // The second step is deliberate: the key that led to it does not confirm it too.
  useEffect(() => {
    if (step === "confirm" && reach.agents < TYPED_FROM) back.current?.focus();
  }, [step]);

  const send = (event: FormEvent): void => {
    event.preventDefault();
    if (step === "ask" && DESTRUCTIVE[verb]) {
      setStep("confirm");
      return;
    }
    setStep("sending");
    void doVerb(verb, orders, options).then((result) => {
      for (const receipt of result.receipts) if (control.receipt(receipt.id) === undefined) control.takeReceipt(receipt);
      if (scope.kind === "selection" && result.faults.length === 0) clearMarks();
      setOutcome(result);
      setStep("done");
    });
  };
  const title = `${VERB_NAMES[verb]} ${object}`;
  if (outcome !== null) return <VerbOutcomeView verb={verb} title={title} outcome={outcome} onClose={closeVerb} />;
  const isAsking = step === "ask";
  return (
    <form onSubmit={send} className="flex flex-col gap-4 p-4" autoComplete="off">
      <h2 className="flex items-center gap-2 text-title font-semibold">
        <span className="text-dim">{verbIcon(verb, 17)}</span>
        <span className="min-w-0 truncate">{title}</span>
      </h2>
      {isAsking ? <ScopeChoice scope={scope} asked={asked} onChange={setScope} /> : null}
      <ReachView reach={reach} verb={verb} isComplete={isComplete} />
      {isAsking ? (
        <>
          {verb === "pause" ? <PauseOptions options={options} onChange={(change) => setOptions({ ...options, ...change })} /> : <p className="text-body text-dim">{ABOUT[verb]}</p>}
          <Field
            label="Reason"
            name="reason"
            autoFocus
            maxLength={2048}
            placeholder="Stands in the receipt and the audit log"
            value={options.reason}
            onChange={(event) => setOptions({ ...options, reason: event.target.value })}
          />
        </>
      ) : (
        <Confirm verb={verb} reach={reach} typed={typed} onType={setTyped} />
      )}
      {orders.length === 0 ? <Fault>No agent chosen here has a task, so it cannot be named to control. Choose the tree or its tier.</Fault> : null}
      <div className="flex justify-end gap-2">
        {isAsking ? (
          <Button onClick={closeVerb}>Cancel</Button>
        ) : (
          <Button ref={back} onClick={() => setStep("ask")}>
            Back
          </Button>
        )}
        <Button
          type="submit"
          look={isAsking || !DESTRUCTIVE[verb] ? "primary" : "danger"}
          disabled={step === "sending" || orders.length === 0 || (needsTyping && typed.trim().toLowerCase() !== verb)}
        >
          {isAsking && DESTRUCTIVE[verb] ? "Go on…" : actionWords(verb, reach, object)}
        </Button>
      </div>
    </form>
  );
}

/** Asks about a verb: on what, how, why, and what it would touch. */
export function VerbDialog() {
  const question = useVerbQuestion();
  if (question === null) return null;
  return (
    <Dialog label={`${VERB_NAMES[question.verb]} agents`} onClose={closeVerb} className="mt-[6vh] w-[580px]">
      <Question verb={question.verb} scope={question.scope} />
    </Dialog>
  );
}
