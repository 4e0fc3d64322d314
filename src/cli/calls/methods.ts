// What `system.methods` says.

import { z } from 'zod'

const METHODS = z.array(z.object({ name: z.string(), parameters: z.array(z.string()), doc: z.string() }))

export type Method = z.infer<typeof METHODS>[number]

/** @throws Error for what is none */
export function readMethods(result: unknown): readonly Method[] {
  return METHODS.parse(result)
}
