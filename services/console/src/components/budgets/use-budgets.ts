import { keepPreviousData, useQuery, useQueryClient, type UseQueryResult } from "@tanstack/react-query";
import { useEffect } from "react";
import { fetchBudgets, fetchBudgetsAbove, fetchRequests } from "@/lib/budgets";
import type { BudgetRecord, BudgetRequestRecord } from "@/lib/generated/proto";
import { useFleet } from "@/store/hooks";

/** The stream tells of changes; this often it is asked all the same. */
const EVERY_MS = 10_000;
/** Changes come in crowds: they are read together. */
const TOGETHER_MS = 500;
const REQUESTS_MAX = 200;

const KEYS = [["budgets"], ["budgets-above"], ["budget-requests"]];

/** Asks anew for everything about budgets. */
export function useBudgetsChanged(): () => void {
  const queries = useQueryClient();
  const { readTasks } = useFleet();
  return () => {
    void readTasks();
    for (const queryKey of KEYS) void queries.invalidateQueries({ queryKey });
  };
}

/** Listens for news of budgets on the stream; once for the whole console. */
export function useBudgetNews(): void {
  const { control, readTasks } = useFleet();
  const queries = useQueryClient();
  useEffect(() => {
    const timer = setInterval(() => {
      if (control.taskList().some((task) => task.tokenBudget > 0)) void readTasks();
    }, EVERY_MS);
    return () => clearInterval(timer);
  }, [control, readTasks]);
  useEffect(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const stop = control.onBudgetNews(() => {
      timer ??= setTimeout(() => {
        timer = undefined;
        for (const queryKey of KEYS) void queries.invalidateQueries({ queryKey });
      }, TOGETHER_MS);
    });
    return () => {
      stop();
      clearTimeout(timer);
    };
  }, [control, queries]);
}

export function useBudgets(): UseQueryResult<BudgetRecord[]> {
  return useQuery({ queryKey: ["budgets"], queryFn: fetchBudgets, refetchInterval: EVERY_MS });
}

/** Budgets above a run, or above the whole root. */
export function useBudgetsAbove(query: { runId: string } | { rootTaskId: string } | null): BudgetRecord[] {
  const found = useQuery({
    queryKey: ["budgets-above", query],
    queryFn: () => fetchBudgetsAbove(query ?? {}),
    enabled: query !== null,
    refetchInterval: EVERY_MS,
    placeholderData: keepPreviousData,
  });
  return query === null ? [] : (found.data ?? []);
}

export function usePendingRequests(): UseQueryResult<BudgetRequestRecord[]> {
  return useQuery({ queryKey: ["budget-requests", "pending"], queryFn: () => fetchRequests("pending", REQUESTS_MAX), refetchInterval: EVERY_MS });
}
