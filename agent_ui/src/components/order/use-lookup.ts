import { onBeforeUnmount, ref, type Ref } from 'vue'

import { asProblem, type Problem } from '@/api/problem'

export interface Lookup<Q, A> {
  answer: Ref<A | null>
  problem: Ref<Problem | null>
  ask(question: Q, delay?: number): void
  clear(): void
}

/** Questions that are typed but not yet answered, over all fields: saving waits for them. */
export const unanswered = ref(0)

/** Ask the service while someone types: after a pause, the newest question only, older answers thrown away. */
export function useLookup<Q, A>(request: (question: Q, signal: AbortSignal) => Promise<A>, onAnswer: (answer: A) => void = () => {}): Lookup<Q, A> {
  const answer = ref<A | null>(null) as Ref<A | null>
  const problem = ref<Problem | null>(null)
  let timer: number | undefined
  let running: AbortController | undefined
  let waiting = false

  function wait(now: boolean): void {
    if (now !== waiting) unanswered.value += now ? 1 : -1
    waiting = now
  }

  async function run(question: Q): Promise<void> {
    const mine = new AbortController()
    running = mine
    try {
      const found = await request(question, mine.signal)
      if (mine.signal.aborted) return
      answer.value = found
      problem.value = null
      onAnswer(found)
    } catch (error) {
      if (!mine.signal.aborted) problem.value = asProblem(error)
    } finally {
      if (!mine.signal.aborted) wait(false)
    }
  }

  function clear(): void {
    window.clearTimeout(timer)
    running?.abort()
    wait(false)
    answer.value = null
    problem.value = null
  }

  function ask(question: Q, delay = 300): void {
    window.clearTimeout(timer)
    running?.abort()
    wait(true)
    timer = window.setTimeout(() => void run(question), delay)
  }

  onBeforeUnmount(clear)
  return { answer, problem, ask, clear }
}
