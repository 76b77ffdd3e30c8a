import { defineStore } from 'pinia'
import { computed, ref } from 'vue'

import { api } from '@/api/client'
import { asProblem, type Problem } from '@/api/problem'
import type { Task, TaskResult } from '@/api/types'

import { useClock } from './clock'
import { useSession } from './session'

/** Lost callers waiting for a call back: all open ones, due first. */
export const useTasks = defineStore('tasks', () => {
  const all = ref<Task[]>([])
  const busy = ref<string | null>(null)
  const problem = ref<{ id: string; problem: Problem } | null>(null)
  const clock = useClock()
  const session = useSession()

  const open = computed(() =>
    all.value.filter((task) => task.state !== 'done').sort((one, other) => Date.parse(one.due_at) - Date.parse(other.due_at)))
  const mine = computed(() => open.value.filter((task) => !task.owner || isMine(task)))
  const late = computed(() => mine.value.filter((task) => Date.parse(task.due_at) < clock.now).length)
  const soon = computed(() => mine.value.filter((task) => {
    const left = Date.parse(task.due_at) - clock.now
    return left >= 0 && left <= 300_000
  }).length)

  function isMine(task: Task): boolean {
    return task.owner?.id === session.me?.id
  }

  function replace(tasks: Task[]): void {
    all.value = tasks
  }

  function put(task: Task): void {
    const index = all.value.findIndex((known) => known.id === task.id)
    if (index < 0) all.value.push(task)
    else all.value[index] = task
  }

  async function load(): Promise<void> {
    replace((await api.tasks()).items)
  }

  async function change(id: string, request: () => Promise<Task>): Promise<void> {
    if (busy.value) return
    busy.value = id
    problem.value = null
    try {
      put(await request())
    } catch (error) {
      problem.value = { id, problem: asProblem(error) }
    } finally {
      busy.value = null
    }
  }

  /** Numbers this person has asked to see; the service wrote down who looked. */
  const revealed = ref<Record<string, string>>({})

  async function reveal(id: string): Promise<void> {
    problem.value = null
    try {
      revealed.value[id] = (await api.revealTask(id)).number
    } catch (error) {
      problem.value = { id, problem: asProblem(error) }
    }
  }

  const claim = (id: string): Promise<void> => change(id, () => api.claimTask(id))
  const close = (id: string, result: TaskResult, note = ''): Promise<void> => change(id, () => api.closeTask(id, result, note))

  return { all, open, mine, late, soon, busy, problem, isMine, replace, load, claim, close, revealed, reveal }
})
